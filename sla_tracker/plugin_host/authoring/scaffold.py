"""Creates the files of a new plugin: a sample checklist, or a package with tests."""

from __future__ import annotations

import re

from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.clean import clean
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, UsageError
from sla_tracker.plugin_host.authoring.draft import checklist_text
from sla_tracker.plugin_host.field_checks import ID
from sla_tracker.services.authoring.draft import Draft, DraftEvent, DraftEvidence, DraftObligation


def new_checklist(department: str, name: Text, consumer: str, consumer_name: Text | None = None) -> str:
    """Return a sample checklist with one obligation of each kind.

    Raises UsageError for a bad id.

    With `consumer_name` it declares the consumer too.
    """
    must_be_id(department)
    must_be_id(consumer)
    file_evidence = DraftEvidence(id="file", label=Text("文件", "The file"), kind=FieldKind.REFERENCE)
    return checklist_text(
        Draft(
            department=department,
            name=name,
            consumers={} if consumer_name is None else {consumer: consumer_name},
            event_types=(
                DraftEvent(
                    id=f"{department}-finished",
                    title=Text("事情办完", "Something was finished"),
                    subject=Text("合同号", "Contract"),
                ),
            ),
            obligations=(
                DraftObligation(
                    id=f"{department}-monthly-report",
                    title=Text("月报", "Monthly report"),
                    consumer=consumer,
                    due={"day": 5},
                    evidence=(file_evidence,),
                    guide=Text("**交什么**：……\n\n**用来做什么**：……", ""),
                ),
                DraftObligation(
                    id=f"{department}-papers",
                    title=Text("办完后交单据", "Papers after it is finished"),
                    consumer=consumer,
                    due={"workdays": 1},
                    on_event=f"{department}-finished",
                    evidence=(DraftEvidence(id="papers", label=Text("单据齐全", "Papers complete")),),
                ),
                DraftObligation(
                    id=f"{department}-look-up",
                    title=Text("协助查询", "Look something up"),
                    consumer=consumer,
                    due={"workdays": 1},
                    answer={"working_hours": 4},
                    on_request=True,
                    evidence=(
                        DraftEvidence(id="finding", label=Text("查询结果", "Finding"), kind=FieldKind.TEXT),
                    ),
                ),
            ),
        )
    )


def new_package(plugin: str, department: str, name: Text, consumer: str) -> dict[str, str]:
    """Return the files of a Python package by relative path.

    The files are metadata, the plugin, and its tests. Raises UsageError for a bad id.
    """
    for id in (plugin, department, consumer):
        must_be_id(id)
    module = "sla_" + re.sub(r"[^a-z0-9]", "_", plugin)
    values = {
        "plugin": plugin,
        "module": module,
        "department": department,
        "consumer": consumer,
        "zh": repr(name.zh),
        "en": repr(name.en or name.zh),
    }
    return {
        "pyproject.toml": _filled(_METADATA, values),
        f"{module}/__init__.py": _filled('"""What the department @department owes others."""\n', values),
        f"{module}/plugin.py": _filled(_PLUGIN, values),
        "tests/test_plugin.py": _filled(_TESTS, values),
    }


def must_be_id(id: str) -> None:
    """Raise UsageError for what is no id."""
    if not ID.fullmatch(id):
        raise UsageError(
            N_("“{id}” is no id; use a to z, 0 to 9 and -, beginning with a letter or digit, at most 64."),
            id=clean(id, limit=80),
        )


def _filled(template: str, values: dict[str, str]) -> str:
    return re.sub(r"@([a-z]+)\b", lambda match: values.get(match[1], match[0]), template)


_METADATA = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "@module"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["sla_tracker"]

# A deployment takes it into use with enabled = ["@plugin"] under [plugins].
[project.entry-points.sla_tracker]
@plugin = "@module.plugin"
"""

_PLUGIN = '''\
"""What the department @department owes others."""

from collections.abc import Mapping
from datetime import time

from sla_tracker import (
    DayOfMonth,
    Department,
    Duty,
    Field,
    FieldKind,
    Obligation,
    Recurring,
    Text,
    hookimpl,
)

MONTHLY_REPORT = Obligation(
    id="@department-monthly-report",
    title=Text("月报", "Monthly report"),
    provider="@department",
    consumer="@consumer",
    triggers=(Recurring(due=DayOfMonth(day=5, at=time(12))),),
    evidence=(Field(id="pages", kind=FieldKind.NUMBER, label=Text("页数", "Pages")),),
)


@hookimpl
def sla_register_departments() -> tuple[Department, ...]:
    """Declare the department."""
    return (Department(id="@department", name=Text(@zh, @en)),)


@hookimpl
def sla_register_obligations() -> tuple[Obligation, ...]:
    """Declare what it owes."""
    return (MONTHLY_REPORT,)


@hookimpl
def sla_review_delivery(duty: Duty, evidence: Mapping[str, str]) -> tuple[Text, ...]:
    """Object to a report without a page; leave this out when the fields' own checks are enough."""
    if duty.obligation == MONTHLY_REPORT.id and evidence.get("pages") == "0":
        return (Text("报表是空的。", "The report is empty."),)
    return ()
'''

_TESTS = '''\
"""The plugin keeps the contract of sla_tracker."""

from @module import plugin
from sla_tracker.testing.plugin_contract import PluginContract


class TestPlugin(PluginContract):
    """Run every test of the contract; `departments` are those that other plugins bring."""

    plugin = plugin
    departments = ("@consumer",)
'''
