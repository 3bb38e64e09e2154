"""The visitor memory of a WordPress shop's AI assistant."""

from flask import Flask

from .config import Settings

__all__ = ["create_app"]


def create_app(config: Settings | None = None) -> Flask:
    """Create the application.

    :param config: the settings; read from the environment by default
    :raises SettingsError: if a setting is wrong
    """
    from . import assembly  # noqa: PLC0415  (who only wants a submodule should not load the whole service)

    return assembly.build(config)
