"""The store's own commands on the real program: PostgreSQL is set up, a store moves, and wrong input ends well."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from click.testing import CliRunner, Result

from sla_tracker import i18n
from sla_tracker.cli.main import build
from sla_tracker.config.load import read_config
from sla_tracker.deployment.migration import Moves
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.errors import StoreBusy
from sla_tracker.os_login import login_name
from sla_tracker.storage.codec import SCHEMA
from sla_tracker.storage.journal import Journal, LockTimeout
from sla_tracker.storage.postgres import PostgresStore
from sla_tracker.storage.tinydb import INDEXES
from sla_tracker.testing.store_contract import an_event, put
from tests.storage import per_person
from tests.storage.postgres_server import ADMIN, Server, running_server

pytestmark = pytest.mark.postgres

EVENING = "2026-11-20T18:30:00+08:00"
ROBOT = "robot"
SECRET = "geheim"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Run a server of this module's own: the dealer's people are other people than those of the small company."""
    with running_server() as running:
        yield running


@dataclass
class Place:
    """A deployment of the dealer beside a database of its own."""

    folder: Path
    server: Server
    variables: dict[str, str] = field(default_factory=dict)

    @cached_property
    def database(self) -> str:
        return self.server.new_database()

    def url(self, login: str = ROBOT) -> str:
        return f"postgresql://{login}@/{self.database}?host={self.server.folder}&port={self.server.port}"

    def attempt(self, *words: str) -> Result:
        return CliRunner().invoke(
            build(DeploymentService()),
            ["--deployment", str(self.folder), *words],
            env={"SLA_NOW": EVENING, "SLA_LANG": "en"} | self.variables,
        )

    def sla(self, *words: str, person: str = "", code: int = 0) -> Result:
        outcome = self.attempt(*(["--as", person] if person else []), *words)
        assert outcome.exit_code == code, f"{outcome.exit_code}: {outcome.output}"
        return outcome

    def json(self, *words: str, person: str = "") -> Any:
        return json.loads(self.sla(*words, "--json", person=person).stdout)

    def set_up(self) -> None:
        self.sla("pg", "setup", "--service", ROBOT, "--apply", self.url(ADMIN))

    def keep_in(self, **section: str) -> None:
        """Write another store into the settings."""
        file = self.folder / "sla_tracker.toml"
        settings = tomlkit.parse(file.read_text(encoding="utf-8"))
        settings["store"] = section
        file.write_text(tomlkit.dumps(settings), encoding="utf-8")

    def keep_on_server(self, login: str = ROBOT) -> None:
        self.set_up()
        self.keep_in(kind="postgres")
        self.work_as(login)

    def work_as(self, login: str) -> None:
        self.variables["SLA_DATABASE_URL"] = self.url(login)

    @contextmanager
    def store(self) -> Iterator[PostgresStore]:
        with closing(PostgresStore.open(self.url(), patience=5)) as store:
            yield store

    def sequence(self) -> int:
        with self.store() as store:
            return store.sequence()

    def put(self, id: str) -> None:
        """Write to the database directly, past the services."""
        with self.store() as store:
            put(store, an_event(id))

    def some_work(self) -> str:
        """Open duties by an event, deliver one, and return its reference."""
        told = self.json("event", "add", "vehicle-delivered", "鄂F·12345", "--at", "16:40", "-f", "cash=no")
        (reference,) = (one["reference"] for one in told["opened"] if one["obligation"] == "decoration-sheet")
        self.sla("deliver", reference, "--all-ticks", "-e", "amount=3")
        return str(reference)


def a_place(folder: Path, server: Server, *, trial: bool) -> Place:
    mode = ["--trial"] if trial else []
    words = ["init", *mode, str(folder), "--config", "dealership"]
    words += ["--in-force-from", "2026-10-01"] if trial else []
    assert CliRunner().invoke(build(DeploymentService()), words).exit_code == 0
    return Place(folder, server)


@pytest.fixture
def dealer(tmp_path: Path, server: Server) -> Place:
    return a_place(tmp_path / "dealer", server, trial=True)


@pytest.fixture
def real(tmp_path: Path, server: Server) -> Place:
    return a_place(tmp_path / "real", server, trial=False)


# --- setting up -------------------------------------------------------------------------------------------------------


def test_the_script_is_printed_and_run_and_may_run_again(dealer: Place) -> None:
    printed = dealer.sla("pg", "setup", "--service", ROBOT)
    assert printed.stdout.startswith("BEGIN;")
    assert "--service LOGIN" in dealer.sla("pg", "setup", "--apply", dealer.url(ADMIN), code=7).stderr
    assert 'GRANT sla_service TO "robot";' in printed.stdout
    assert "psql" in printed.stderr
    dealer.variables["SLA_DATABASE_URL"] = dealer.url(ADMIN)
    folder = resources.files("sla_tracker.storage").joinpath("migrations")
    count = sum(file.name.endswith(".sql") for file in folder.iterdir())
    told = dealer.sla("pg", "setup", "--service", ROBOT, "--apply").stdout
    assert told == (
        f"The database is up to date; {count} migration was new.\nMay use it from now on: {ROBOT}.\n"
    )
    again = dealer.sla("pg", "setup", "--apply", dealer.url(ADMIN))
    assert again.stdout == "The database is up to date; 0 migrations were new.\n"
    mistyped = dealer.sla("pg", "setup", "--service", "robott", "--apply", dealer.url(ADMIN))
    assert "May use it from now on: robott." in mistyped.stdout
    assert f"May not use it any more: {ROBOT}." in mistyped.stderr


def test_a_company_whose_people_had_logins_reads_as_before(dealer: Place) -> None:
    """The setup takes the logins away, and the settings then say what the database's policies did."""
    per_person.set_up(dealer.server, dealer.database, {"some.body": "sales"}, ["old-robot"], 10)
    told = dealer.sla("pg", "setup", "--service", ROBOT, "--apply", dealer.url(ADMIN)).stdout
    assert "People have no logins in it any more" in told
    assert "[access] reading" in told
    assert str(read_config(dealer.folder).config.access.reading) == "own"
    again = dealer.sla("pg", "setup", "--apply", dealer.url(ADMIN)).stdout
    assert "logins" not in again


def test_without_the_driver_it_says_what_to_install(dealer: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("sla_tracker.storage.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for words in (("pg", "setup"), ("migrate", "--to", dealer.url())):
        assert "pip install 'sla_tracker[postgres]'" in dealer.sla(*words, code=6).stderr


# --- wrong input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("pg", "setup", "--apply"), 6, "SLA_DATABASE_URL, which holds the address"),
        (("pg", "setup", "--apply", ""), 2, "--apply is empty"),
        (("pg", "setup", "--apply", "mysql://localhost"), 2, "begins with postgresql://"),
        (("pg", "setup", "--apply", "postgresql://["), 2, "cannot be understood"),
        (("pg", "setup", "--apply", "postgresql://127.0.0.1:1/x"), 7, "cannot be set up"),
        (("migrate",), 2, "--to PLACE is missing: "),
        (("migrate", "--to", "mysql://db/sla"), 2, "begins with postgresql://"),
        (("migrate", "--to", "postgres"), 6, "SLA_DATABASE_URL, which holds the address"),
        (("migrate", "--to", "postgresql://["), 2, "cannot be understood"),
        (("migrate", "--to", "postgresql://127.0.0.1:1/x"), 7, "does not answer"),
        (("migrate", "--to", "{folder}/store"), 4, "has already"),
        (("migrate", "--to", "{folder}/sla_tracker.toml"), 7, ""),
        (("export", "{folder}/sla_tracker.toml"), 2, "already"),
        (("export", "{folder}/nowhere/file"), 2, "cannot be written"),
        (("import", "{folder}/nowhere"), 2, "cannot be read"),
        (("import", "{folder}/sla_tracker.toml"), 2, "Line 1 is no line of an export"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_an_exit_code(
    dealer: Place, words: tuple[str, ...], code: int, sentence: str
) -> None:
    told = dealer.sla(*(word.format(folder=dealer.folder) for word in words), code=code)
    assert told.stdout == ""
    assert sentence in told.stderr
    assert "fault of the program" not in told.stderr
    chinese = dealer.sla("--lang", "zh", *(word.format(folder=dealer.folder) for word in words), code=code)
    assert any("\u4e00" <= char <= "\u9fff" for char in chinese.stderr)


@pytest.mark.parametrize("mark", ["", "@", "/", "?", "#", "%", " ", ":", "'", "\\", "="])
def test_a_password_is_never_repeated(dealer: Place, mark: str) -> None:
    address = f"postgresql://robot:{SECRET}{mark}{SECRET}@127.0.0.1:1/x"
    dealer.variables["SLA_DATABASE_URL"] = address
    told = [dealer.attempt("pg", "setup", "--apply", address), dealer.attempt("migrate", "--to", address)]
    dealer.keep_in(kind="postgres")
    told += [dealer.attempt("log"), dealer.attempt("verify"), dealer.attempt("export", "-")]
    for outcome in told:
        assert outcome.exit_code in {2, 7}
        assert SECRET not in outcome.output


# --- moving -----------------------------------------------------------------------------------------------------------


def duties(place: Place) -> Any:
    return place.json("due", "--all")["duties"]


def test_a_store_moves_to_a_server_and_back_and_shows_the_same(dealer: Place) -> None:
    reference = dealer.some_work()
    before, history = duties(dealer), dealer.json("log", "--last", "0")["changes"]
    dealer.set_up()
    told = dealer.sla("migrate", "--to", dealer.url())
    assert told.stdout.startswith(f"{len(history)} changes.\n")
    assert "\n  1 event\n" in told.stdout
    assert "digest: " in told.stdout
    assert 'kind = "postgres"\n    url_from = "SLA_DATABASE_URL"' in told.stderr
    dealer.keep_on_server()
    assert duties(dealer) == before
    dealer.sla("accept", reference, person="li.na")
    dealer.sla("verify")
    before, history = duties(dealer), dealer.json("log", "--last", "0")["changes"]
    back = dealer.json("migrate", "--to", str(dealer.folder / "again"))
    assert back["settings"] == ["[store]", 'kind = "tinydb"', 'folder = "again"']
    assert back["changes"] == len(history)
    dealer.keep_in(kind="tinydb", folder="again")
    assert duties(dealer) == before
    assert dealer.json("log", "--last", "0")["changes"][: len(history)] == history
    dealer.sla("verify")


def test_the_address_may_come_from_the_variable_and_a_second_time_copies_nothing(dealer: Place) -> None:
    dealer.some_work()
    dealer.set_up()
    dealer.work_as(ROBOT)
    first, second = (dealer.json("migrate", "--to", "postgres") for _ in range(2))
    assert first == second
    assert dealer.sequence() == first["changes"]


def test_a_copy_that_was_cut_off_goes_on(dealer: Place) -> None:
    dealer.some_work()
    dealer.set_up()
    moves = Moves(deployment=read_config(dealer.folder), now=datetime.fromisoformat(EVENING))

    def pull_the_plug(sequence: int) -> None:
        if sequence == 2:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        moves.migrate(dealer.url(), pull_the_plug)
    assert dealer.sequence() == 2
    assert dealer.json("migrate", "--to", dealer.url())["changes"] > 2


def test_who_may_not_use_the_store_moves_nothing(dealer: Place) -> None:
    dealer.some_work()
    dealer.set_up()
    told = dealer.sla("migrate", "--to", dealer.url("stranger"), code=7)
    assert "does not let this login in" in told.stderr
    dealer.server.execute("CREATE ROLE passer_by LOGIN")
    dealer.server.execute(f'GRANT CONNECT ON DATABASE "{dealer.database}" TO passer_by')
    told = dealer.sla("migrate", "--to", dealer.url("passer_by"), code=7)
    assert "may not use the store" in told.stderr


def test_a_server_that_holds_something_else_is_not_copied_into(dealer: Place) -> None:
    dealer.some_work()
    dealer.set_up()
    dealer.put("other")
    assert "another history" in dealer.sla("migrate", "--to", dealer.url(), code=7).stderr
    assert dealer.sequence() == 1


def test_a_server_is_not_moved_onto_itself(dealer: Place) -> None:
    dealer.keep_on_server()
    dealer.some_work()
    assert "has already" in dealer.sla("migrate", "--to", dealer.url(), code=4).stderr


def test_nobody_writes_while_the_embedded_store_is_copied(dealer: Place) -> None:
    dealer.some_work()
    moves = Moves(deployment=read_config(dealer.folder), now=datetime.fromisoformat(EVENING))
    kept_out: list[int] = []

    def try_to_write(sequence: int) -> None:
        journal = Journal.open(dealer.folder / "store", indexes=INDEXES, lock_timeout=0.05, schema=SCHEMA)
        assert journal.sequence >= sequence
        with (
            pytest.raises(LockTimeout),
            journal.transaction(who="a", what="b", at=datetime.fromisoformat(EVENING)),
        ):
            pytest.fail("somebody wrote")
        kept_out.append(sequence)
        journal.close()

    copied = moves.migrate(str(dealer.folder / "copy"), try_to_write)
    assert len(kept_out) == copied.changes


def test_whoever_writes_while_a_server_is_copied_is_noticed(dealer: Place) -> None:
    dealer.keep_on_server()
    dealer.some_work()
    moves = Moves(deployment=read_config(dealer.folder), now=datetime.fromisoformat(EVENING))
    others = iter(["e-1"])

    def write_too(_sequence: int) -> None:
        for id in others:
            dealer.put(id)

    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("SLA_DATABASE_URL", dealer.url())
        i18n.use("en")
        with pytest.raises(StoreBusy, match="Somebody wrote to the store"):
            moves.migrate(str(dealer.folder / "copy"), write_too)
        assert moves.migrate(str(dealer.folder / "copy"), write_too).changes == dealer.sequence()


def test_lines_carry_a_store_into_an_empty_deployment(dealer: Place, tmp_path: Path, server: Server) -> None:
    dealer.some_work()
    file = tmp_path / "all.jsonl"
    written = dealer.json("export", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert dealer.sla("export", "-").stdout == file.read_text(encoding="utf-8")
    for name, on_server in (("one", False), ("two", True)):
        other = a_place(tmp_path / name, server, trial=True)
        if on_server:
            other.keep_on_server()
        assert other.json("import", str(file)) == written
        assert other.json("import", str(file)) == written
        assert duties(other) == duties(dealer)
        other.sla("verify")
    assert (
        "another history" in dealer_with_other_work(tmp_path, server).sla("import", str(file), code=7).stderr
    )


def dealer_with_other_work(tmp_path: Path, server: Server) -> Place:
    other = a_place(tmp_path / "three", server, trial=True)
    other.variables["SLA_NOW"] = "2026-11-20T18:31:00+08:00"
    other.sla("event", "add", "vehicle-delivered", "鄂F·99999", "--at", "9:00", "-f", "cash=no")
    return other


def test_a_file_cut_off_is_no_whole_store(dealer: Place, tmp_path: Path, server: Server) -> None:
    dealer.some_work()
    file = tmp_path / "all.jsonl"
    dealer.sla("export", str(file))
    lines = file.read_bytes().splitlines(keepends=True)
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(b"".join(lines[:3]))
    other = a_place(tmp_path / "other", server, trial=True)
    assert "not whole" in other.sla("import", str(cut), code=2).stderr
    assert other.json("import", str(file))["changes"] == len(lines) - 2


# --- backups ----------------------------------------------------------------------------------------------------------


def test_a_backup_is_restored_into_a_new_deployment(dealer: Place, tmp_path: Path, server: Server) -> None:
    dealer.some_work()
    file = tmp_path / "store.backup"
    dealer.sla("backup", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    other = a_place(tmp_path / "other", server, trial=True)
    store = other.folder / "store"
    assert stat.S_IMODE(store.stat().st_mode) == 0o2770
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in store.iterdir() if one.is_file()}
    assert modes.pop("deployment.json") == 0o644  # the store's owner alone says whose it is
    assert set(modes.values()) == {0o660}
    other.sla("restore", str(file))
    assert duties(other) == duties(dealer)
    assert "as it was written" in other.sla("verify").stdout
    assert "has a store already" in other.sla("restore", str(file), code=4).stderr
    assert sorted(one.name for one in other.folder.glob("store*")) == ["store"]


def test_a_backup_that_is_none_leaves_the_unwritten_store(
    dealer: Place, tmp_path: Path, server: Server
) -> None:
    other = a_place(tmp_path / "other", server, trial=True)
    said = other.sla("restore", str(other.folder / "sla_tracker.toml"), code=7).stderr
    assert "sla_tracker.toml is no backup, or it is damaged" in said
    assert "as it was written" in other.sla("verify").stdout
    assert sorted(one.name for one in other.folder.glob("store*")) == ["store"]


def test_a_backup_goes_into_a_new_file_in_a_folder_that_is_there(dealer: Place, tmp_path: Path) -> None:
    file = tmp_path / "store.backup"
    dealer.sla("backup", str(file))
    assert "already; name a new file" in dealer.sla("backup", str(file), code=2).stderr
    said = dealer.sla("backup", str(tmp_path / "nowhere" / "file"), code=2).stderr
    assert f"{tmp_path / 'nowhere'} is not there" in said


def test_only_an_administrator_backs_up_restores_and_moves(real: Place, tmp_path: Path) -> None:
    file = tmp_path / "store.backup"
    real.sla("backup", str(file))
    settings = real.folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace(f'["{login_name()}"]', '["somebody.else"]'), encoding="utf-8")
    for words in (
        ("backup", str(tmp_path / "second")),
        ("restore", str(file)),
        ("export", str(tmp_path / "second")),
        ("import", str(file)),
        ("migrate", "--to", str(tmp_path / "second")),
    ):
        assert "may not administer the deployment" in real.sla(*words, code=5).stderr
    assert not (tmp_path / "second").exists()
    real.sla("verify")


# --- working on a server ----------------------------------------------------------------------------------------------


def test_the_doctor_advises_to_wait_only_for_a_server_that_may_come_back(dealer: Place) -> None:
    dealer.keep_in(kind="postgres")
    dealer.work_as(ADMIN)
    said = dealer.sla("doctor", code=1).stdout
    assert "sla pg setup makes one" in said
    assert "as soon as the database" not in said
    dealer.set_up()
    dealer.server.execute(
        "INSERT INTO sla.migrations (version) SELECT max(version) + 1 FROM sla.migrations", dealer.database
    )
    said = dealer.sla("doctor", code=1).stdout
    assert "A newer version set this database up" in said
    assert "as soon as the database" not in said


def test_a_trial_works_on_a_server(dealer: Place) -> None:
    dealer.keep_on_server()
    reference = dealer.some_work()
    dealer.sla("accept", reference, person="li.na")
    assert [act["what"] for act in dealer.json("show", reference)["duty"]["history"]] == [
        "registered_event",
        "delivered",
        "accepted",
    ]
    assert "3 calendar days later" in dealer.sla("why", reference).stdout
    assert "accepted" in dealer.sla("log", "--duty", reference).stdout
    assert {row["state"] for row in dealer.json("plugins")["plugins"]} >= {"active"}
    seen = dealer.sla("doctor", code=1).stdout
    assert "well  Store: postgres" in seen
    assert "fsync is off" in seen  # the tests' server forgoes it
    assert seen.count("wrong") == 1
    assert "as it was written" in dealer.sla("verify").stdout
    for words in (("backup", "file"), ("restore", str(dealer.folder / "sla_tracker.toml"))):
        assert "pg_dump" in dealer.sla(*words, code=4).stderr


def test_a_month_is_closed_on_a_server(dealer: Place) -> None:
    dealer.keep_on_server()
    dealer.some_work()
    person = "lin.tao"
    dealer.sla("period", "close", "2026-10", "--missed", person=person)
    (month,) = dealer.json("period", "list")["months"]
    assert (month["month"], month["closed_at"][-1]) == ("2026-10", "Z")
    dealer.sla("period", "show", "2026-10")
    dealer.sla("verify")
    dealer.sla("period", "reopen", "2026-10", "--reason", "wrong sum", person=person)
    assert dealer.json("period", "list")["months"] == []


def test_a_single_person_works_on_a_server_directly_with_one_login(real: Place) -> None:
    """Who acts is the login of the machine: the database has one login for all."""
    real.keep_on_server()
    assert real.json("access")["role"] == "admin"
    told = real.json("event", "add", "vehicle-delivered", "鄂F·12345", "-f", "cash=no")
    (reference,) = (one["reference"] for one in told["opened"] if one["obligation"] == "decoration-sheet")
    assert "--as" in real.sla("deliver", reference, person="li.na", code=5).stderr
    (act,) = real.json("show", reference)["duty"]["history"]
    assert act["via"].endswith(f":{login_name()}")
    real.sla("verify")
    real.sla("remind")


def test_what_was_changed_behind_the_back_is_found(dealer: Place) -> None:
    dealer.keep_on_server()
    dealer.some_work()
    dealer.server.execute(
        "SET session_replication_role = replica; UPDATE sla.changes SET who = 'li.na' WHERE sequence = 2",
        dealer.database,
    )
    found = dealer.sla("verify", code=7)
    assert "change 2  The change is not what was sealed." in found.stdout
    assert "Nothing was changed" in found.stderr


def test_reports_from_a_server_are_compared_too(dealer: Place, tmp_path: Path) -> None:
    dealer.keep_on_server()
    dealer.some_work()
    paper = tmp_path / "paper.md"
    dealer.sla("report", "--to", str(paper))
    dealer.put("e-9")
    assert "1 anchor fits" in dealer.sla("verify", "--anchors", str(paper)).stdout
    del dealer.database
    dealer.keep_on_server()
    dealer.put("e-9")
    dealer.sla("verify", "--accept")
    found = dealer.sla("verify", "--anchors", str(paper), code=7).stdout
    assert f"{paper}:" in found
    assert "The store ends at change" in found or "has the hash" in found


def test_a_server_that_went_back_is_noticed_until_it_is_accepted(dealer: Place) -> None:
    dealer.keep_on_server()
    dealer.some_work()
    del dealer.database
    dealer.keep_on_server()
    assert "went back or was exchanged" in dealer.sla("due").stderr
    assert "went back or was exchanged" in dealer.sla("due").stderr
    assert "anchor" in dealer.sla("verify", code=7).stdout
    dealer.sla("verify", "--accept")
    assert "went back" not in dealer.sla("due").stderr


def test_nothing_is_verified_or_kept_of_a_store_in_memory(dealer: Place) -> None:
    dealer.keep_in(kind="memory")
    dealer.sla("due")
    assert "in memory" in dealer.sla("verify", code=4).stderr


def test_settings_of_a_trial_over_a_companys_database_are_refused(dealer: Place, real: Place) -> None:
    real.keep_on_server()
    real.sla("event", "add", "vehicle-delivered", "鄂F·12345", "-f", "cash=no")
    before = real.sequence()
    dealer.keep_in(kind="postgres")
    dealer.variables["SLA_DATABASE_URL"] = real.url(ROBOT)
    lines = dealer.folder / "lines"
    lines.write_bytes(b"")
    for words in (["due"], ["note", "abcdef", "x"], ["import", str(lines)], ["export", "-"]):
        assert "holds a company's store" in dealer.sla(*words, person="lin.tao", code=6).stderr
    assert "公司的数据" in dealer.sla("--lang", "zh", "due", code=6).stderr
    assert real.sequence() == before
