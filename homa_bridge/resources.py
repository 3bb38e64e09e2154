"""Finds the files that ship beside the code: the schema and the validation page."""

from pathlib import Path

_INSTALLED = Path(__file__).parent / "_data"
_CHECKOUT = Path(__file__).parent.parent


def path(name: str) -> Path:
    """Return where a shipped file lies, in an installed package or in a checkout.

    :param name: path relative to the project's top level, such as ``sql/mysql.sql``
    :raises FileNotFoundError: if the installation is incomplete
    """
    for folder in (_INSTALLED, _CHECKOUT):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{name} is missing from this installation of homa-bridge: install it again")
