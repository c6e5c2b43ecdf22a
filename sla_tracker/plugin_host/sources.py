"""Finds plugins: entry points of packages, and files of the plugin folder.

Finding a plugin imports nothing; it is loaded only if the settings enable it.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import field, replace
from functools import partial
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType, ModuleType, SimpleNamespace

from sla_tracker import PROJECT
from sla_tracker.domain.toml_reader import TomlFile
from sla_tracker.errors import N_, PluginError
from sla_tracker.i18n import gettext
from sla_tracker.plugin_host.trust import LARGEST_CHECKLIST, LARGEST_PYTHON, read_trusted
from sla_tracker.services.deployment import Origin
from sla_tracker.trusted_files import Trusted
from sla_tracker.value_class import dataclass

CHECKLIST_SUFFIX = ".toml"
PYTHON_SUFFIX = ".py"
LEFT_OUT = (".", "_")
"""How the names of files begin that are in the folder and no plugins: hidden ones and drafts."""
_OF_EDITORS = (".", "~", "#", "__")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A loaded plugin.

    An object with hooks, the SHA-256 of its files, and the checklist that it was read from.
    """

    hooks: object
    digest: str
    version: str = ""
    checklist: TomlFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A plugin that was found but not loaded.

    `load` loads it and raises its errors; `refusal` says why it must not be loaded. `fingerprint` changes with its
    files and is known without loading it; empty for what is no file.
    """

    name: str
    origin: Origin
    place: str
    load: Callable[[], Loaded]
    version: str = ""
    enabled: bool = False
    refusal: PluginError | None = field(default=None)
    fingerprint: Callable[[], str] = str

    @property
    def is_code(self) -> bool:
        """Return whether loading it runs code, rather than only reading a checklist."""
        return self.origin is not Origin.CHECKLIST


def installed(
    enabled: Iterable[str],
    offered: Iterable[EntryPoint] | None = None,
    overriding: Mapping[str, Path] = MappingProxyType({}),
) -> Iterator[Found]:
    """Yield the plugins of installed packages.

    Enabled ones in order, then the others by name. `overriding` are checklists of the deployment by the name of the
    plugin whose checklist they replace.

    An enabled name that no package offers is yielded as refused, so that it is listed with the other plugins.
    """
    wanted = tuple(dict.fromkeys(enabled))
    points = tuple(entry_points(group=PROJECT) if offered is None else offered)
    by_name = {point.name: point for point in points}
    for name in wanted:
        override = overriding.get(name)
        yield (
            _of_entry_point(by_name[name], enabled=True, override=override)
            if name in by_name
            else _missing(name, by_name)
        )
    for name in sorted(by_name.keys() - set(wanted)):
        yield _of_entry_point(by_name[name], enabled=False)


def handed_over(plugins: Mapping[str, object]) -> Iterator[Found]:
    """Yield plugins given as objects (as tests of plugins do) or as paths of files."""
    for name, plugin in plugins.items():
        if isinstance(plugin, Path) and plugin.suffix == CHECKLIST_SUFFIX:
            yield replace(_checklist_file(plugin, plugin.parent), name=name)
        elif isinstance(plugin, Path):
            yield replace(_python_file(plugin, plugin.parent, None, is_allowed=True), name=name)
        else:
            loaded = Loaded(hooks=plugin, digest="")
            place = getattr(plugin, "__name__", type(plugin).__name__)
            yield Found(
                name=name, origin=Origin.ENTRY_POINT, place=place, load=partial(_return, loaded), enabled=True
            )


def _return(loaded: Loaded) -> Loaded:
    return loaded


def in_folder(folder: Path, python_allowed: Iterable[str], allowed_by: Path | None = None) -> Iterator[Found]:
    """Yield the plugins of a folder by file name: checklists and allowed Python files.

    `allowed_by` is the settings file with the allow-list; it must be as trustworthy as the code, or the code is not
    run.
    """
    allowed = tuple(python_allowed)
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in there:
        if path.name.startswith(LEFT_OUT):
            continue
        if path.suffix == CHECKLIST_SUFFIX:
            yield _checklist_file(path, folder)
        elif path.suffix == PYTHON_SUFFIX:
            yield _python_file(path, folder, allowed_by, is_allowed=path.name in allowed)
    for name in sorted(set(allowed) - {path.name for path in there}):
        yield Found(
            name=Path(name).stem,
            origin=Origin.PYTHON_FILE,
            place=str(folder / name),
            load=_load_nothing,
            refusal=PluginError(
                N_("The settings allow {file}, but there is no such file in {folder}."),
                file=name,
                folder=folder,
            ),
        )


def unread_in(folder: Path) -> Iterator[tuple[str, PluginError]]:
    """Yield name and reason of each file of the plugin folder that is not read.

    Files that editors leave there are passed over.
    """
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(_OF_EDITORS) or path.name.endswith("~"):
            continue
        if path.name.startswith(LEFT_OUT):
            yield path.name, PluginError(N_("It is a draft; without the _ before its name it would be read."))
        elif path.suffix not in (CHECKLIST_SUFFIX, PYTHON_SUFFIX):
            yield (
                path.name,
                PluginError(N_("Nothing reads it. A plugin here is a file that ends with .toml or .py.")),
            )


def _of_entry_point(point: EntryPoint, *, enabled: bool, override: Path | None = None) -> Found:
    own = () if override is None else (override,)
    return Found(
        name=point.name,
        origin=Origin.ENTRY_POINT,
        place=point.value if override is None else str(override),
        version=point.dist.version if point.dist else "",
        load=lambda: _load_entry_point(point, override),
        enabled=enabled,
        fingerprint=lambda: _stamps(point.value, *_files_of(point.module), *own),
    )


def _files_of(module: str) -> Iterator[Path]:
    """Yield the files that may define a module, without importing anything."""
    top, *inner = module.split(".")
    folder = _package_folder(top)
    if folder is not None:
        place = folder.joinpath(*inner)
        yield from (place / "__init__.py", place.with_suffix(".py"), place.with_suffix(CHECKLIST_SUFFIX))


def _stamps(name: str, *files: Path) -> str:
    """Return a text that changes with the size or time of the files."""
    found = []
    for file in files:
        with suppress(OSError):
            status = file.stat()
            found.append(f"{status.st_mtime_ns}:{status.st_size}")
    return " ".join((name, *found))


def _missing(name: str, by_name: Iterable[str]) -> Found:
    return Found(
        name=name,
        origin=Origin.ENTRY_POINT,
        place="",
        load=_load_nothing,
        refusal=PluginError(
            N_("The settings enable “{name}”, but no installed package offers it; offered are {known}."),
            name=name,
            known=", ".join(sorted(by_name)) or "-",
        ),
    )


def _load_nothing() -> Loaded:
    raise PluginError(N_("There is nothing to load."))


def _load_entry_point(point: EntryPoint, override: Path | None = None) -> Loaded:
    """Load the module of an entry point, or the checklist of that name in its package.

    Where both exist, the checklist declares and the module adds hooks that need code. `override` is read instead of
    the checklist.
    """
    package, _, stem = point.module.rpartition(".")
    folder = _package_folder(package) if package else None
    checklist = folder / f"{stem}{CHECKLIST_SUFFIX}" if folder else None
    if folder is None or checklist is None or not checklist.is_file():
        if override is not None:
            raise PluginError(
                N_("“{name}” is code; {file} can override a packaged checklist only. Take it away."),
                name=point.name,
                file=override.name,
            )
        return Loaded(hooks=point.load(), digest=_digest_of(_package_folder(point.module.partition(".")[0])))
    declared = _read_checklist(Trusted(path=checklist, content=_read_bounded(checklist)))
    if override is not None:
        declared = _overridden(declared, override, point.name)
    if not (folder / f"{stem}.py").is_file():
        return declared
    digest = (
        sha256(f"{_digest_of(folder)}{declared.digest}".encode()).hexdigest()
        if override
        else _digest_of(folder)
    )
    return replace(declared, hooks=_merged(declared.hooks, point.load()), digest=digest)


def _overridden(packaged: Loaded, override: Path, name: str) -> Loaded:
    """Return what a deployment's file declares instead of a packaged checklist.

    Warns when the package has changed since the file was made of it.
    """
    declared = _read_checklist(read_trusted(override, override.parent, LARGEST_CHECKLIST))
    said = _said_by(declared, "overrides")
    if said != name:
        raise PluginError(
            N_('overrides = "{said}" names another plugin; this file is called like “{name}”.'),
            said=said,
            name=name,
        )
    based_on = _said_by(declared, "based_on")
    if based_on and based_on != packaged.digest:
        warnings.warn(
            gettext(
                N_(
                    'The package has changed since {file} was made of it; compare both, then set based_on = "{digest}".'
                ),
                file=override.name,
                digest=packaged.digest,
            ),
            stacklevel=2,
        )
    return declared


def _said_by(declared: Loaded, key: str) -> str:
    return str(declared.checklist.tree.get(key, "")) if declared.checklist else ""


def _merged(declared: object, code: object) -> object:
    """Return a plugin with the hooks of a checklist and its module.

    Raises PluginError on a clash.
    """
    names = [name for name in dir(declared) if name.startswith("sla_")]
    clash = [name for name in names if hasattr(code, name)]
    if clash:
        raise PluginError(
            N_("The checklist beside the module declares already; take {names} out."), names=", ".join(clash)
        )
    return SimpleNamespace(**{name: getattr(declared, name) for name in names}, **vars(code))


def _package_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def _read_bounded(path: Path) -> bytes:
    with path.open("rb") as stream:
        content = stream.read(LARGEST_CHECKLIST + 1)
    if len(content) > LARGEST_CHECKLIST:
        raise PluginError(
            N_("{path} is larger than {limit} KiB, which is the most for such a file."),
            path=path,
            limit=LARGEST_CHECKLIST // 1024,
        )
    return content


def _digest_of(folder: Path | None) -> str:
    """Return the SHA-256 of a package's own files, by name and content.

    Empty for a single module.
    """
    if folder is None:
        return ""
    total = sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", CHECKLIST_SUFFIX) and path.is_file():
            content = path.read_bytes()
            total.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            total.update(content)
    return total.hexdigest()


def _checklist_file(path: Path, folder: Path) -> Found:
    def load() -> Loaded:
        loaded = _read_checklist(read_trusted(path, folder, LARGEST_CHECKLIST))
        if overridden := _said_by(loaded, "overrides"):
            raise PluginError(
                N_(
                    "It overrides the plugin “{name}”, which the settings do not enable; enable it, or take this away."
                ),
                name=overridden,
            )
        return loaded

    return Found(name=path.stem, origin=Origin.CHECKLIST, place=str(path), load=load, enabled=True)


def _read_checklist(source: Trusted) -> Loaded:
    # Imported here because pydantic takes as long to import as all the rest, and not every deployment has a checklist.
    from sla_tracker.plugin_host.checklists.reader import ChecklistPlugin, read_checklist

    checklist, file = read_checklist(source.content, source.path.name)
    return Loaded(
        hooks=ChecklistPlugin(checklist), digest=source.digest, version=checklist.version, checklist=file
    )


def _python_file(path: Path, folder: Path, allowed_by: Path | None, *, is_allowed: bool) -> Found:
    refusal = None
    if not is_allowed:
        refusal = PluginError(
            N_(
                "{file} is Python code and not on the allow-list; "
                "add it to python = […] under [plugins] in the settings."
            ),
            file=path.name,
        )

    def load() -> Loaded:
        if allowed_by is not None:
            read_trusted(allowed_by, allowed_by.parent, LARGEST_PYTHON)
        source = read_trusted(path, folder, LARGEST_PYTHON)
        return Loaded(hooks=_run(f"sla_plugin_{path.stem}", source), digest=source.digest)

    return Found(
        name=path.stem,
        origin=Origin.PYTHON_FILE,
        place=str(path),
        load=load,
        enabled=is_allowed,
        refusal=refusal,
        fingerprint=lambda: _stamps(str(path), path),
    )


class _BytesLoader(importlib.abc.ExecutionLoader):
    """Runs a module from the bytes that were checked and hashed.

    Reading the file again could run code that has been replaced since the check.
    """

    def __init__(self, source: Trusted) -> None:
        self.source = source

    def get_source(self, fullname: str) -> str:
        """Return the module's source; raises SyntaxError when it is not text."""
        return importlib.util.decode_source(self.source.content)

    def get_filename(self, fullname: str) -> str:
        """Return the file's path, which tracebacks show."""
        return str(self.source.path)

    def is_package(self, fullname: str) -> bool:
        """Return False: a single file is not a package."""
        return False


def _run(name: str, source: Trusted) -> ModuleType:
    spec = importlib.util.spec_from_loader(name, _BytesLoader(source), origin=str(source.path))
    if spec is None or spec.loader is None:
        raise PluginError(N_("{path} cannot be loaded."), path=source.path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module
