"""Two heads agree through the service, each as who the kernel says; nobody in another's name."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.serve.host import ADMIN, LI, STRANGER, WANG, Host, a_host

pytestmark = pytest.mark.timeout(300)
SALES, FINANCE = STRANGER, LI  # the logins of the two heads here


@pytest.fixture(scope="module")
def heads() -> Iterator[Host]:
    """Yield a host on which the heads of sales and finance have a login each."""
    with a_host(running=False) as host:
        host.change_settings(f'id = "li.na"\nlogins = ["{LI}"]\n', 'id = "li.na"\n')
        host.change_settings('id = "chen.gang"\n', f'id = "chen.gang"\nlogins = ["{SALES}"]\n')
        host.change_settings('id = "sun.li"\n', f'id = "sun.li"\nlogins = ["{FINANCE}"]\n')
        host.start()
        yield host


def test_two_heads_agree_each_as_oneself(heads: Host) -> None:
    terms = ("--due", "5 days", "--target", "90%")
    for login in (WANG, ADMIN):
        heads.call(login, "agree", "propose", "decoration-sheet", *terms, code=5)
    heads.call(WANG, "--as", "chen.gang", "agree", "propose", "decoration-sheet", *terms, code=5)
    proposed = heads.call(SALES, "agree", "propose", "decoration-sheet", *terms).stdout
    reference = re.findall(r"[0-9a-f]{6}", proposed)[0]
    refused = heads.call(SALES, "agree", "accept", reference, "1", code=4)
    assert "proposed this yourself" in refused.stderr
    for login in (WANG, ADMIN):
        heads.call(login, "agree", "accept", reference, "1", code=5)
    heads.call(SALES, "--as", "sun.li", "agree", "accept", reference, "1", code=5)
    assert "proposed by 陈刚" in heads.call(FINANCE, "agree", "show", reference).stdout
    assert "agreed to by 孙丽" in heads.call(FINANCE, "agree", "accept", reference, "1").stdout
    second = heads.call(FINANCE, "agree", "accept", reference, "1", code=4)
    assert "already agreed to by 孙丽" in second.stderr
    (version,) = heads.json(WANG, "agree", "show", reference)["agreement"]["proposals"]
    assert (version["proposed_by"], version["decided_by"]) == ("chen.gang", "sun.li")
    said = {act["what"]: act["by"] for act in heads.acts()}
    assert said["proposed_agreement"] == "chen.gang"
    assert said["accepted_agreement"] == "sun.li"


def test_the_page_and_the_past_go_to_the_callers_own_files(heads: Host) -> None:
    home = heads.root / "home" / FINANCE
    heads.call(FINANCE, "agree", "list", "--with", "sales", "--to", "terms.html")
    assert "陈刚" in (home / "terms.html").read_text(encoding="utf-8")
    assert (home / "terms.html").owner() == FINANCE
    days = home / "fair.csv"
    days.write_text("date,type\n2026-11-17,off\n", encoding="utf-8")
    days.chmod(0o644)
    shown = heads.call(FINANCE, "calendar", "import", "fair.csv", "--name", "fair").stdout
    assert "2026-11-17" in shown
    theirs = heads.call(ADMIN, "calendar", "import", str(days), "--name", "fair", code=2)
    assert theirs.stderr  # by the login that calls, not by that of the service
    found = heads.json(FINANCE, "plugin", "replay", "--calendar", "fair.csv", "--since", "2026-11")
    assert found["replay"]["obligations"]
