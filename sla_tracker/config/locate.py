"""Finds the deployments that ship with the program, in a wheel and in a checkout alike."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
# A wheel carries the folder inside the package; a checkout keeps it beside the package.
_FOLDERS = (_PACKAGE / "configs", _PACKAGE.parent / "configs")


def packaged_configs() -> tuple[str, ...]:
    """Name the deployments that ship with the program, sorted."""
    folder = _folder()
    return tuple(sorted(path.stem for path in folder.glob("*.toml"))) if folder else ()


def packaged_config(name: str) -> Path:
    """Locate the shipped deployment called `name`, given without its `.toml`.

    Raises LookupError when there is none; `packaged_configs` lists what there is.
    """
    folder = _folder()
    if folder is None or name not in packaged_configs():
        raise LookupError(name)
    return folder / f"{name}.toml"


def _folder() -> Path | None:
    return next((folder for folder in _FOLDERS if folder.is_dir()), None)
