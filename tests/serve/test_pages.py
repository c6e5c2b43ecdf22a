"""The commands of docs/running.md and docs/coming-from-0.1.md, run as they stand there, with paths of one folder.

What changes the machine itself (useradd, pip, systemctl) is written down; the service is started where systemctl would.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.serve.host import (
    ADMIN,
    PEOPLE,
    ROOT,
    SERVICE,
    SYSTEM_PYTHON,
    WANG,
    Host,
    as_login,
    environment,
    host_folder,
)

pytestmark = pytest.mark.timeout(300)

OLD = ROOT / "tests" / "journeys" / "deployment_0_1" / "deployment.tar.gz"
TRIAL = re.compile(r"^\[trial\]\n(?:\w+ = .*\n)*", re.MULTILINE)
PATHS = ("/opt/sla", "/var/lib", "/etc", "/usr/local/bin", "/run/sla", "/srv", "/var/backups")
STARTING, STOPPING = {"enable", "start", "restart"}, {"disable", "stop", "restart"}


def commands_of(page: str, section: str = "") -> list[str]:
    """Return the lines of the shell blocks of a page, or of one of its sections."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    if section:
        text = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
        assert text, section
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@dataclass
class PlayedHost(Host):
    """A host whose folders lie below one, with stand-ins for the programs that would change this machine."""

    @property
    def service_file(self) -> Path:
        return self.root / "etc" / "sla" / "service.toml"

    @property
    def socket(self) -> Path:
        return self.root / "run" / "sla" / "socket"

    @property
    def deployment(self) -> Path:
        return self.root / "var" / "lib" / "sla" / "company"

    @property
    def sla(self) -> Path:
        return self.root / "usr" / "local" / "bin" / "sla"

    @property
    def asked(self) -> list[str]:
        """Return the calls of the stand-ins."""
        file = self.root / "asked"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    def make(self) -> None:
        folders = "opt var/lib/sla etc/profile.d usr/local/bin run/sla srv var/backups home stand-ins"
        for name in folders.split():
            (self.root / name).mkdir(mode=0o755, parents=True)
        for login in (WANG, ADMIN):
            (self.root / "home" / login).mkdir(mode=0o700)
            shutil.chown(self.root / "home" / login, login, login)
        for name in ("var/lib/sla", "run/sla"):
            shutil.chown(self.root / name, SERVICE, SERVICE)
        program = f"exec {SYSTEM_PYTHON} -m sla_tracker"
        note = f'echo "${{0##*/}} $*" >> {self.root}/asked'
        made = f'case "$*" in *serve*) {program} "$@" --service-file {self.service_file};; *) {program} "$@";; esac'
        self._stand_in("useradd", note)
        self._stand_in("systemctl", note)
        self._stand_in("pip", note)
        self._stand_in("installed", made)
        self._stand_in("sla", made)
        self._stand_in("runuser", f'shift 3; exec {" ".join(as_login(SERVICE))} "$@"')
        there = self.root / "stand-ins"
        self._stand_in(
            "python3",
            f'mkdir -p "$3/bin"; ln -sf {there}/pip "$3/bin/pip"; ln -sf {there}/installed "$3/bin/sla"',
        )

    def _stand_in(self, name: str, text: str) -> None:
        file = self.root / "stand-ins" / name
        file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        file.chmod(0o755)

    def here(self, line: str) -> str:
        """Return a command of a page with the folders and logins of this host."""
        for path in PATHS:
            line = re.sub(rf"(?<![\w.]){path}(?=[/\s\"]|$)", f"{self.root}{path}", line)
        line = line.replace("sla:sla", f"{SERVICE}:{SERVICE}").replace('user = "sla"', f'user = "{SERVICE}"')
        return line.replace("~wangfang", f"{self.root}/home/{ADMIN}").replace("wangfang", ADMIN)

    def play(self, lines: Sequence[str], *, login: str = "root", staff: bool = True, **variables: str) -> str:
        """Run the commands one after the other; each has to succeed. Returns what they printed."""
        said, path = "", f"{self.root}/stand-ins:/usr/sbin:/usr/bin:/bin"
        for line in lines:
            words = self.here(line).partition("  #")[0].split()
            if staff and words[0] == "sla":
                said += self.call(ADMIN, *words[1:]).stdout
                continue
            done = subprocess.run(
                [*(as_login(login) if login != "root" else ()), "/bin/sh", "-c", self.here(line)],
                env=environment(PATH=path, HOME=str(self.root / "home"), **variables),
                cwd=self.root,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            said += done.stdout
            if words[0] == "systemctl":
                self._systemctl(words[1])
        return said

    def _systemctl(self, verb: str) -> None:
        if verb in STOPPING and self.service is not None:
            self.stop()
        if verb in STARTING and self.service is None:
            self.start()


@pytest.fixture
def played() -> Iterator[PlayedHost]:
    with host_folder() as root:
        host = PlayedHost(root)
        host.make()
        try:
            yield host
        finally:
            if host.service is not None:
                host.stop()


def test_running_it_for_a_company(played: PlayedHost) -> None:
    """Installed, looked at, upgraded, put back, moved to another host, removed."""
    printed = played.play(commands_of("running.md", "Install it"))
    assert "[Service]" in printed
    assert [line.split()[0] for line in played.asked] == ["pip", "useradd", "systemctl"]
    assert played.deployment.stat().st_uid == played.deployment.parent.stat().st_uid != 0
    assert "at least" in played.play(commands_of("running.md", "The first day")).lower()
    first = played.json(ADMIN, "access")["person"]
    assert first
    upgrade = commands_of("running.md", "Upgrade")
    before = played.starts
    played.play(upgrade)
    assert played.starts == before + 1
    played.play(commands_of("running.md", "Downgrade"))
    played.call(ADMIN, "verify", "--accept")
    there, away = played.root / "var" / "lib" / "sla", played.root / "var" / "lib" / "old-host"
    packing, *unpacking = _split(commands_of("running.md", "Another host"), "tar -C /var/lib -xpf")
    played.play(packing)
    there.rename(away)
    played.play(unpacking[0])
    assert played.deployment.stat().st_uid == away.stat().st_uid
    shutil.rmtree(played.deployment / ".service" / "logins")
    played.play(["systemctl start sla.socket sla.service"])
    assert played.json(ADMIN, "access")["person"] == first
    played.play(commands_of("running.md", "Remove it"))
    assert not played.sla.exists()
    assert (played.deployment / "store").is_dir()


def _split(lines: list[str], start: str) -> tuple[list[str], list[str]]:
    place = next(place for place, line in enumerate(lines) if line.startswith(start))
    return lines[:place], lines[place:]


def unpacked(host: PlayedHost, name: str, *, trial: bool) -> Path:
    """Put a deployment of version 0.1 where the page has it; without its trial settings for a real one."""
    folder = host.root / "srv" / name
    # Not by tarfile: the filter that newer Pythons ask for is unknown to 3.11.2, which Debian has.
    folder.mkdir()
    subprocess.run(["tar", "-C", str(folder), "-xf", str(OLD)], check=True)
    file = folder / "sla_tracker.toml"
    text = file.read_text(encoding="utf-8")
    if not trial:
        text = TRIAL.sub("", text)
        for person, login in {**PEOPLE, "lin.tao": "root"}.items():
            text = text.replace(f'id = "{person}"\n', f'id = "{person}"\nlogins = ["{login}"]\n', 1)
    file.write_text(text, encoding="utf-8")
    subprocess.run(["chown", "-R", "root:root", str(folder)], check=True)
    return folder


def page(section: str) -> list[str]:
    return commands_of("coming-from-0.1.md", section)


def test_a_trial_of_0_1_goes_on_as_one(played: PlayedHost) -> None:
    folder = unpacked(played, "sla-trial", trial=True)
    assert "902bec" in played.play(page("A trial"), staff=False)
    settings = folder / "sla_tracker.toml"
    settings.write_text(TRIAL.sub("", settings.read_text(encoding="utf-8")), encoding="utf-8")
    refused = subprocess.run(
        [SYSTEM_PYTHON, "-m", "sla_tracker", "--deployment", str(folder), "due"],
        env=environment(HOME=str(played.root)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 6
    assert "trial" in refused.stderr


def test_one_persons_deployment_of_0_1_goes_on_and_goes_back(played: PlayedHost) -> None:
    folder = unpacked(played, "sla", trial=False)
    said = played.play([*page("Before"), *page("One person")], staff=False)
    assert "Everything is as it was written." in said
    played.play(page("Going back"), staff=False)
    assert (folder / "store.newer").is_dir()
    assert "Everything is as it was written." in played.play(
        ["sla --deployment /srv/sla verify --accept"], staff=False
    )


def test_a_team_of_0_1_goes_on_with_its_files(played: PlayedHost) -> None:
    folder = unpacked(played, "sla", trial=False)
    subprocess.run(["chgrp", "-R", WANG, str(folder / "store")], check=True)
    played.play(["sla --deployment /srv/sla due"], staff=False)  # the owner's first start
    said = played.play(page("A team that shares files"), staff=False, login=WANG)
    assert "overdue" in said
    assert (folder / "store" / "deployment.json").stat().st_uid == 0


def test_shared_files_of_0_1_become_the_services(played: PlayedHost) -> None:
    unpacked(played, "sla", trial=False)
    program, rest = _split(commands_of("running.md", "Install it"), "useradd")
    played.play(program)
    played.play(page("From shared files to the service"))
    played.play(_split(rest, "mkdir -p /etc/sla")[1])
    assert played.json(WANG, "access")["person"] == "wang.fang"
    assert len(played.json(WANG, "log", "--last", "0")["changes"]) > 1


@pytest.mark.parametrize("name", ["service", "running", "coming-from-0.1"])
def test_both_languages_of_a_page_have_the_same_structure(name: str) -> None:
    pages = [(ROOT / "docs" / f"{name}{ending}").read_text(encoding="utf-8") for ending in (".md", ".zh.md")]
    shapes = [re.findall(r"^(#+ |\| |- |```)", page, re.MULTILINE) for page in pages]
    assert shapes[0] == shapes[1]
    blocks = [re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL) for page in pages]
    assert [re.sub(r" +#.*", "", block) for block in blocks[0]] == [
        re.sub(r" +#.*", "", block) for block in blocks[1]
    ]
