"""The databases and applications that the tests run on."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from homa_bridge import create_app
from homa_bridge.application import KEY, Services
from homa_bridge.config import Settings, load_settings

from .servers import AS_IN_A_CLUSTER, MariaDB

MakeSettings = Callable[..., Settings]


@pytest.fixture(scope="session")
def mariadb_in() -> Iterator[Callable[[str], MariaDB]]:
    """Return a private MariaDB whose system is in the given time zone, and which gives out ids as a cluster's does.

    The servers that tests make for themselves have MariaDB's own settings.
    """
    servers: dict[str, MariaDB] = {}

    def in_zone(zone: str) -> MariaDB:
        if zone not in servers:
            servers[zone] = MariaDB(zone, *AS_IN_A_CLUSTER)
        return servers[zone]

    yield in_zone
    for server in servers.values():
        server.remove()


@pytest.fixture(scope="session")
def mariadb(mariadb_in: Callable[[str], MariaDB]) -> MariaDB:
    """Return a private MariaDB in UTC."""
    return mariadb_in("UTC")


@pytest.fixture(params=["sqlite", "mariadb"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/memory.sqlite3"
    server: MariaDB = request.getfixturevalue("mariadb")
    return server.create_database(f"t{uuid.uuid4().hex}")


@pytest.fixture
def mariadb_url(mariadb: MariaDB) -> str:
    """Return an empty MariaDB database."""
    return mariadb.create_database(f"t{uuid.uuid4().hex}")


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Return what creates an application with its tables; it limits nothing unless told."""
    made: list[Flask] = []

    def make(url: str, **environ: str) -> Flask:
        app = create_app(load_settings({"HOMA_DATABASE_URL": url, "HOMA_RATE_LIMITS": "off", **environ}, tmp_path))
        app.testing = True
        services_of(app).omnistore.create_tables()
        made.append(app)
        return app

    yield make
    for app in made:
        services_of(app).database.close()


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    """Return an application on each kind of database."""
    return make_app(database_url)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a visitor."""
    return app.test_client()


def services_of(app: Flask) -> Services:
    """Return what an application is made of."""
    services: Services = app.extensions[KEY]
    return services
