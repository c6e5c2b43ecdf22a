"""Locates the settings files that ship with the program, in a wheel or a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
# A wheel carries the folder inside the package; a checkout keeps it beside the package.
_FOLDERS = (_PACKAGE / "configs", _PACKAGE.parent / "configs")


def packaged_configs() -> tuple[str, ...]:
    """Return the names of the shipped settings files, sorted."""
    folder = _folder()
    return tuple(sorted(path.stem for path in folder.glob("*.toml"))) if folder else ()


def packaged_config(name: str) -> Path:
    """Return the path of a shipped settings file, named without its `.toml`.

    Raises LookupError when there is none; `packaged_configs` lists the names.
    """
    folder = _folder()
    if folder is None or name not in packaged_configs():
        raise LookupError(name)
    return folder / f"{name}.toml"


def _folder() -> Path | None:
    return next((folder for folder in _FOLDERS if folder.is_dir()), None)
