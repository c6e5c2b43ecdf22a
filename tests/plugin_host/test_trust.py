"""Files of the plugin folder are believed only when nobody else could have written them."""

import os
import stat
from pathlib import Path

import pytest

from sla_tracker import trusted_files
from sla_tracker.os_login import is_private_group
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.plugin_host.trust import Untrusted, read_trusted
from sla_tracker.services.deployment import Origin, PluginState
from tests.plugin_host.samples import GOOD_CHECKLIST, GOOD_PYTHON, declaring, department, hosted, status


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "plugins"
    made.mkdir(mode=0o755)
    return made


def written(path: Path, content: str, mode: int = 0o644) -> Path:
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)
    return path


def refusal(path: Path, folder: Path) -> str:
    with pytest.raises(Untrusted) as refused:
        read_trusted(path, folder, 1000)
    return str(refused.value)


def test_a_file_of_ours_is_read(folder: Path) -> None:
    source = read_trusted(written(folder / "a.toml", "x = 1"), folder, 1000)
    assert source.content == b"x = 1"
    assert len(source.digest) == 64


@pytest.mark.parametrize("mode", [0o666, 0o646, 0o777])
def test_a_file_that_everybody_writes_is_refused(folder: Path, mode: int) -> None:
    said = refusal(written(folder / "a.toml", "x = 1", mode), folder)
    assert "can be written by everybody" in said
    assert "chmod o-w" in said


def test_a_file_that_another_group_writes_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(folder / "a.toml", "x = 1", 0o664)
    monkeypatch.setattr(trusted_files, "is_private_group", lambda gid, uid: False)
    assert "chmod g-w" in refusal(path, folder)
    monkeypatch.setattr(trusted_files, "is_private_group", lambda gid, uid: True)
    assert read_trusted(path, folder, 1000).content == b"x = 1"


def test_a_folder_that_everybody_writes_is_refused(folder: Path) -> None:
    path = written(folder / "a.toml", "x = 1")
    folder.chmod(0o777)
    assert f"{folder} can be written by everybody" in refusal(path, folder)


def test_a_link_is_followed_to_where_it_leads(folder: Path, tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    target = written(open_to_all / "a.toml", "x = 1")
    (folder / "a.toml").symlink_to(target)
    assert read_trusted(folder / "a.toml", folder, 1000).path == target
    open_to_all.chmod(0o777)
    assert str(open_to_all) in refusal(folder / "a.toml", folder)


def test_a_file_of_somebody_else_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(folder / "a.toml", "x = 1")
    owner = path.stat().st_uid
    stranger = owner + 1 if owner else 12345
    real = os.fstat

    def of_a_stranger(handle: int) -> os.stat_result:
        fields = list(real(handle))
        fields[stat.ST_UID] = stranger
        return os.stat_result(fields)

    monkeypatch.setattr(os, "fstat", of_a_stranger)
    assert "must belong to root, to you" in refusal(path, folder)
    monkeypatch.setenv("SLA_OWNER", str(stranger))
    assert read_trusted(path, folder, 1000).owner == stranger


def test_what_is_no_file_is_refused_without_waiting(folder: Path) -> None:
    (folder / "inner").mkdir()
    os.mkfifo(folder / "pipe")
    assert "cannot be read" in refusal(folder / "missing", folder)
    assert "no regular file" in refusal(folder / "pipe", folder)
    assert "no regular file" in refusal(folder / "inner", folder) or "cannot be read" in refusal(
        folder / "inner", folder
    )


def test_a_loop_of_links_is_refused(folder: Path) -> None:
    (folder / "a.toml").symlink_to(folder / "b.toml")
    (folder / "b.toml").symlink_to(folder / "a.toml")
    assert "cannot be read" in refusal(folder / "a.toml", folder)


def test_a_file_has_a_largest_size(folder: Path) -> None:
    assert "larger than" in refusal(written(folder / "a.toml", "x" * 2000), folder)


# --- the folder as a whole --------------------------------------------------------------------------------------------


def test_a_checklist_in_the_folder_is_in_use_at_once(folder: Path) -> None:
    written(folder / "yard.toml", 'version = "2.1"\n' + GOOD_CHECKLIST)
    host = load_plugins(folder=folder, offered=())
    found = status(host, "yard")
    assert (found.state, found.origin, found.version) == (PluginState.ACTIVE, Origin.CHECKLIST, "2.1")
    assert list(host.catalogue.obligations) == ["car-parked"]
    assert host.digests == {"yard": found.digest}
    assert len(found.digest) == 64


@pytest.mark.parametrize("python", [(), ("workshop.py",)], ids=["waits for leave", "has leave"])
def test_a_file_that_is_enabled_by_name_too_is_told_once(folder: Path, python: tuple[str, ...]) -> None:
    written(folder / "yard.toml", GOOD_CHECKLIST)
    written(folder / "workshop.py", "raise SystemExit\n")
    host = load_plugins(enabled=["yard", "workshop"], folder=folder, python_allowed=python, offered=())
    assert {plugin.name: plugin.state for plugin in host.plugins} == {
        "workshop": PluginState.REFUSED,
        "yard": PluginState.REFUSED,
    }
    assert len(host.plugins) == 2
    assert status(host, "yard").origin is Origin.CHECKLIST
    assert "yard.toml needs no enabling by its name; take “yard” out" in status(host, "yard").reason
    said = "take “workshop” out of enabled" if python else "add it to python = […]"
    assert said in status(host, "workshop").reason


def test_python_waits_for_leave(folder: Path) -> None:
    written(folder / "workshop.py", "raise SystemExit\n")
    found = status(load_plugins(folder=folder, offered=()), "workshop")
    assert found.state is PluginState.REFUSED
    assert "allow-list" in found.reason
    assert "python = […]" in found.reason


def test_allowed_python_runs(folder: Path) -> None:
    written(folder / "workshop.py", GOOD_PYTHON)
    host = load_plugins(folder=folder, python_allowed=["workshop.py"], offered=())
    assert (status(host, "workshop").state, list(host.catalogue.departments)) == (
        PluginState.ACTIVE,
        ["workshop"],
    )


def test_python_that_cannot_be_compiled_is_named(folder: Path) -> None:
    written(folder / "workshop.py", "def broken(:\n")
    found = status(load_plugins(folder=folder, python_allowed=["workshop.py"], offered=()), "workshop")
    assert "SyntaxError" in found.reason
    assert "workshop.py" in found.traceback


def test_leave_that_others_could_have_given_is_none(folder: Path, tmp_path: Path) -> None:
    written(folder / "workshop.py", GOOD_PYTHON)
    settings = written(tmp_path / "sla_tracker.toml", "", 0o666)
    host = load_plugins(folder=folder, python_allowed=["workshop.py"], allowed_by=settings, offered=())
    assert status(host, "workshop").state is PluginState.REFUSED
    assert str(settings) in status(host, "workshop").reason


def test_leave_for_a_file_that_is_not_there_is_named(folder: Path) -> None:
    host = load_plugins(folder=folder, python_allowed=["workshop.py"], offered=())
    assert "no such file" in status(host, "workshop").reason
    assert not host.is_complete


def test_an_untrusted_file_costs_itself_only(folder: Path) -> None:
    written(folder / "yard.toml", GOOD_CHECKLIST, 0o666)
    host = hosted(folder, good=declaring(department()))
    assert status(host, "yard").state is PluginState.REFUSED
    assert status(host, "good").state is PluginState.ACTIVE


def test_a_name_stands_for_one_plugin(folder: Path) -> None:
    written(folder / "yard.toml", GOOD_CHECKLIST)
    host = hosted(folder, yard=declaring(department()))
    states = [plugin.state for plugin in host.plugins]
    assert states == [PluginState.ACTIVE, PluginState.REFUSED]
    assert "another plugin called “yard”" in host.plugins[1].reason


def test_hidden_and_other_files_are_passed_over(folder: Path) -> None:
    for name in (".yard.toml", "_draft.toml", "notes.txt", "yard.toml~"):
        written(folder / name, GOOD_CHECKLIST)
    assert load_plugins(folder=folder, offered=()).plugins == ()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert load_plugins(folder=tmp_path / "none", offered=()).plugins == ()


def test_a_private_group_has_nobody_else_in_it() -> None:
    import grp
    import pwd

    me = pwd.getpwuid(os.getuid())
    group = grp.getgrgid(me.pw_gid)
    alone = group.gr_name == me.pw_name and set(group.gr_mem) <= {me.pw_name}
    assert is_private_group(me.pw_gid, me.pw_uid) is alone
    assert is_private_group(2**31 - 2, me.pw_uid) is False
