"""Creates a deployment folder from settings that ship with the program."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import tomlkit
from tomlkit.items import AoT

from sla_tracker import i18n
from sla_tracker.config.load import CALENDAR_FOLDER, FILE_NAME, Deployment, read_config
from sla_tracker.config.locate import packaged_config, packaged_configs
from sla_tracker.domain.toml_reader import line_of, unknown_name
from sla_tracker.errors import N_, NotFound, Refused

OURS_ONLY = 0o755
SETTINGS_MODE = 0o644

# Every shipped settings file has this comment where `in_force_from` is inserted.
_START_DAY_COMMENT = re.compile(r"^# in_force_from = .*$", re.MULTILINE)
_LANGUAGE = re.compile(r"^language =", re.MULTILINE)


def create_deployment(
    folder: Path,
    template: str,
    *,
    in_force_from: date,
    login: str = "",
    trial: bool = False,
    demonstration: bool = False,
) -> Deployment:
    """Create a deployment from a shipped settings file and return it.

    `in_force_from` is written into the file. A `trial` maps every login to the default person, the first one where the
    settings name none; otherwise `login` is given to the first administrator without one. A `demonstration` is a trial
    that says so on every screen. A trial names no language where the system's locale does. Raises NotFound when there
    is no such template, Refused when the folder already has a deployment or cannot be written.
    """
    text = _template_text(template)
    try:
        _write(folder, _adapted(text, in_force_from, login, trial=trial, demonstration=demonstration))
    except OSError as reason:
        raise Refused(
            N_("No deployment can be made in {folder} ({reason}); choose another folder."),
            folder=folder,
            reason=reason,
        ) from reason
    return read_config(folder)


def template_zone(template: str) -> ZoneInfo:
    """Return the zone that a shipped settings file names.

    Raises NotFound where there is no such template.
    """
    return ZoneInfo(str(tomlkit.parse(_template_text(template))["zone"]))


def _template_text(template: str) -> str:
    try:
        return packaged_config(template).read_text(encoding="utf-8")
    except LookupError:
        raise NotFound(
            N_("Settings to begin with: {what}"), what=unknown_name(template, packaged_configs())
        ) from None


def _write(folder: Path, settings: str) -> None:
    file = folder / FILE_NAME
    if file.exists():
        raise Refused(N_("There is a deployment in {folder} already; choose another folder."), folder=folder)
    for place in (folder, folder / "plugins", folder / CALENDAR_FOLDER):
        place.mkdir(parents=True, exist_ok=True)
        # Write access to settings or plugins allows acting as any person, so the umask must not decide on it.
        place.chmod(OURS_ONLY)
    file.write_text(settings, encoding="utf-8")
    file.chmod(SETTINGS_MODE)


def _adapted(text: str, in_force_from: date, login: str, *, trial: bool, demonstration: bool) -> str:
    """Return the settings with the new values, keeping every comment."""
    if trial and i18n.system_language(os.environ) is not None:
        text = _LANGUAGE.sub(
            "# language =", text, count=1
        )  # each login reads a trial in its system's language
    settings = tomlkit.parse(_START_DAY_COMMENT.sub(f"in_force_from = {in_force_from}", text, count=1))
    people = settings.get("people")
    if trial:
        section = settings.setdefault("trial", tomlkit.table())
        section["enabled"] = True
        if demonstration:
            section["demonstration"] = True
        section.setdefault("default_person", people[0]["id"] if isinstance(people, AoT) else "")
    if login and not trial and isinstance(people, AoT):
        unclaimed = (
            index for index, one in enumerate(people) if one.get("role") == "admin" and not one.get("logins")
        )
        return _with_logins(tomlkit.dumps(settings), next(unclaimed, None), login)
    return tomlkit.dumps(settings)


def _with_logins(text: str, index: int | None, login: str) -> str:
    """Return the text with a login inserted below a person's role.

    tomlkit would append it to the table, after the heading comment of the next section.
    """
    line = None if index is None else line_of(text, ("people", index, "role"))
    if line is None:
        return text
    lines = text.splitlines(keepends=True)
    lines.insert(line, f"logins = {tomlkit.item([login]).as_string()}\n")
    return "".join(lines)
