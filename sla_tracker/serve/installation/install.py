"""Writes the staff's program, and passes this program's calls to the service."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from sla_tracker.durable_files import replace_file
from sla_tracker.errors import N_, SYSTEM_MESSAGES, ExitCode, UsageError
from sla_tracker.i18n import gettext, speaking
from sla_tracker.serve import client, finding, relay, seen_commit, sentences
from sla_tracker.version import VERSION

CLIENT_MODE = 0o755
_OWN_IMPORTS = re.compile(r"^(?: {12})?from sla_tracker\.serve\.\w+ import .*\n\n?", re.MULTILINE)
_PART_BEGINS = "# --- from here on part of the client's file"
_CLIENT_BEGINS = "# --- filled in by"
_CLIENT_STARTS = 'if __name__ == "__main__":'
INTERPRETER = "#!/usr/bin/python3 -ISE"
_MAGIC_BYTES = 4
# The code is there twice: compiled, and as source for an interpreter of another version.
_LAUNCHER = """\
{interpreter}
import marshal
import _frozen_importlib_external
if _frozen_importlib_external.MAGIC_NUMBER == {magic!r}:
    code = marshal.loads({code!r})
else:
    code = compile({source!r}, "sla", "exec")
exec(code)
"""


def installed_program() -> str:
    """Return the command of this installation, for systemd."""
    beside = Path(sys.executable).with_name("sla")
    return str(beside) if beside.is_file() else f"{sys.executable} -m sla_tracker"


def client_text(service_file: Path) -> str:
    """Return the text of the staff's program: one file on the standard library.

    Its constants are filled in.
    """
    beside = Path(sys.executable).with_name("sla")
    direct = (str(beside),) if beside.is_file() else (sys.executable, "-m", "sla_tracker")
    text = _one_file()
    filled = {
        'SERVICE_FILE = "/etc/sla/service.toml"': f"SERVICE_FILE = {str(service_file)!r}",
        'VERSION = ""': f"VERSION = {VERSION!r}",
        "DIRECT: tuple[str, ...] = ()": f"DIRECT: tuple[str, ...] = {direct!r}",
        "CHINESE: dict[str, str] = {}": f"CHINESE: dict[str, str] = {_translations(text)!r}",
    }
    for constant, value in filled.items():
        text = text.replace(f"\n{constant}\n", f"\n{value}\n", 1)
    magic, code = _compiled(text)
    return _LAUNCHER.format(interpreter=INTERPRETER, magic=magic, code=code, source=text)


def _compiled(source: str) -> tuple[bytes, bytes]:
    """Return magic number and byte code of a source for the staff's interpreter.

    Compiling at every call would cost more than the call.
    """
    program = (
        "import marshal, sys, _frozen_importlib_external as e; sys.stdout.buffer.write(e.MAGIC_NUMBER + "
        "marshal.dumps(compile(sys.stdin.buffer.read(), 'sla', 'exec')))"
    )
    words = [*INTERPRETER.removeprefix("#!").split(), "-c", program]
    try:
        made = subprocess.run(words, input=source.encode(), capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise UsageError(
            N_("The staff's program needs {program}: {reason}"), program=words[0], reason=error
        ) from error
    return made[:_MAGIC_BYTES], made[_MAGIC_BYTES:]


def _one_file() -> str:
    """Return the source of the client with its other parts in it."""
    text = _OWN_IMPORTS.sub("", Path(client.__file__).read_text(encoding="utf-8"))
    start, mark, rest = text.partition(_CLIENT_BEGINS)
    before, end, after = rest.partition(_CLIENT_STARTS)
    parts = "\n\n\n".join(map(_part_of, (sentences, finding, seen_commit)))
    return f"{start}{mark}{before}{parts}\n\n\n{_part_of(relay)}\n\n\n{end}{after}"


def _part_of(module: ModuleType) -> str:
    """Return what a module adds to the client's file."""
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    return text.partition(_PART_BEGINS)[2].partition("\n")[2].strip()


def _translations(text: str) -> dict[str, str]:
    """Return the Chinese of the client's sentences, whose file has no catalogue."""
    marked = (
        node.args[0].value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
        if isinstance(node.args[0], ast.Constant)
    )
    chinese = Chinese()
    said = [sentence for sentence in marked if isinstance(sentence, str)]
    return {sentence: chinese.get(sentence, sentence) for sentence in [*said, *sorted(SYSTEM_MESSAGES)]}


class Chinese(dict[str, str]):
    """The Chinese of the client's sentences when it runs inside the whole program."""

    def get(self, sentence: str, default: object = None) -> str:
        """Return the translation from the catalogue."""
        with speaking("zh_CN"):
            return gettext(sentence)


def through_service(arguments: list[str]) -> int | None:
    """Pass a call to this host's service and return the exit code.

    Returns None where the call is to be run directly.
    """
    if client.wants_direct(arguments):
        return None
    sentences.CHINESE, client.VERSION = Chinese(), VERSION
    return client.main(arguments)


def install_client(target: Path, service_file: Path) -> int:
    """Write the staff's program to a file, in the place of an older one."""
    try:
        replace_file(target, client_text(service_file.absolute()).encode(), mode=CLIENT_MODE)
    except OSError as error:
        raise UsageError(N_("{file} cannot be written: {reason}"), file=target, reason=error) from error
    sys.stdout.write(f"{target}\n")
    return ExitCode.OK
