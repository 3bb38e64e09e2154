"""Finds the files that ship beside the code: the schema, the validation page and the WordPress plugin."""

from pathlib import Path

_INSTALLED = Path(__file__).parent / "_data"
_CHECKOUT = Path(__file__).parent.parent


def path(name: str) -> Path:
    """Return where a shipped file or folder lies, in an installed package or in a checkout.

    :param name: path relative to the project's top level, such as ``sql/mysql.sql`` or ``wp-plugin``
    :raises FileNotFoundError: if the installation is incomplete
    """
    for folder in (_INSTALLED, _CHECKOUT):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"{name} is missing from this installation of homa-bridge: install it again")
