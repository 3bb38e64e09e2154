"""The schema is the same in ``sql/``, in the declarations, and in the databases."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, create_engine, inspect, make_url
from sqlalchemy.dialects import mysql

from homa_bridge import resources
from homa_bridge.extensions import Model
from homa_bridge.privacy.tables import KeptWrite
from homa_bridge.status.service import OPTIONAL, REQUIRED, inspect_database

from ..conftest import services_of
from ..servers import MariaDB

COLUMN = re.compile(r"^  `(\w+)` ([a-z]+(?:\(\d+\))?)(.*?),?$", re.MULTILINE)
KEY = re.compile(r"^  (PRIMARY |UNIQUE |)KEY (?:`(\w+)` )?\((.*?)\)", re.MULTILINE)
TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS `\{prefix\}(\w+)` \((.*?)\n\) ENGINE=InnoDB[^;]*;", re.DOTALL)


def script() -> dict[str, str]:
    """Return the definition of every table in sql/mysql.sql."""
    return dict(TABLE.findall(resources.path("sql/mysql.sql").read_text("utf-8")))


def test_the_declarations_are_the_script() -> None:
    tables: dict[str, Any] = {model.__tablename__: model.__table__ for model in (*REQUIRED, *OPTIONAL)}
    models = {table.name for table in Model.metadata.tables.values()}
    assert tables.keys() == script().keys() == models - {KeptWrite.__tablename__}, "the plugin creates its own"
    for name, body in script().items():
        declared = {}
        for column in tables[name].columns:
            kind = column.type.compile(mysql.dialect()).lower().replace("integer", "int")
            declared[column.name] = (kind, column.nullable, column.server_onupdate is not None)
        written = {
            column: (kind, "NOT NULL" not in rest, "ON UPDATE" in rest) for column, kind, rest in COLUMN.findall(body)
        }
        assert list(declared.items()) == list(written.items()), name
        defaults = {
            column.name: str(column.server_default.arg) for column in tables[name].columns if column.server_default
        }
        written_defaults = {
            column: found[1]
            for column, _, rest in COLUMN.findall(body)
            if (found := re.search(r"DEFAULT ([^ ,]+)", rest)) and found[1] != "NULL"
        }
        assert defaults == written_defaults, name
        declared_keys = {
            (key.name, tuple(column.name for column in key.columns), bool(getattr(key, "unique", True)))
            for key in [*tables[name].indexes, *tables[name].constraints]
            if key.name
        }
        written_keys = {
            (key, tuple(columns.replace("`", "").split(", ")), kind == "UNIQUE ")
            for kind, key, columns in KEY.findall(body)
            if kind != "PRIMARY "
        }
        assert declared_keys == written_keys, name


def test_mariadb_has_what_the_script_says(make_app: Callable[..., Flask], mariadb: MariaDB, mariadb_url: str) -> None:
    make_app(mariadb_url, HOMA_TABLE_PREFIX="wp_2_")
    database = make_url(mariadb_url).database
    with mariadb.connect("information_schema") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT TABLE_NAME, ENGINE FROM TABLES WHERE TABLE_SCHEMA = %s", (database,))
        assert dict(cursor.fetchall()) == {f"wp_2_{name}": "InnoDB" for name in script()}
        for name, body in script().items():
            cursor.execute(
                "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, EXTRA FROM COLUMNS WHERE TABLE_SCHEMA = %s "
                "AND TABLE_NAME = %s ORDER BY ORDINAL_POSITION",
                (database, f"wp_2_{name}"),
            )
            found = [
                (column, kind, nullable == "YES", "on update" in extra, "auto_increment" in extra)
                for column, kind, nullable, extra in cursor.fetchall()
            ]
            assert found == [
                (
                    column,
                    "longtext" if kind == "json" else kind,  # MariaDB's rendering
                    "NOT NULL" not in rest,
                    "ON UPDATE" in rest,
                    "AUTO_INCREMENT" in rest,
                )
                for column, kind, rest in COLUMN.findall(body)
            ], name
            cursor.execute(
                "SELECT INDEX_NAME, GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX), MIN(NON_UNIQUE) FROM STATISTICS "
                "WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s GROUP BY INDEX_NAME",
                (database, f"wp_2_{name}"),
            )
            assert set(cursor.fetchall()) == {
                (key or "PRIMARY", columns.replace("`", "").replace(", ", ","), 0 if kind.strip() else 1)
                for kind, key, columns in KEY.findall(body)
            }, name
        cursor.execute("SELECT COUNT(*) FROM CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = %s", (database,))
        assert cursor.fetchall() == ((3,),), "every json column is checked"


def test_sqlite_has_the_same_names_order_and_keys(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/memory.sqlite3"
    make_app(url)
    engine = create_engine(url)
    inspector = inspect(engine)
    for name, body in script().items():
        columns = [column["name"] for column in inspector.get_columns(f"wp_{name}")]
        assert columns == [column for column, _, _ in COLUMN.findall(body)]
        keys = {tuple(index["column_names"]) for index in inspector.get_indexes(f"wp_{name}")}
        assert keys == {
            tuple(key.replace("`", "").split(", ")) for kind, _, key in KEY.findall(body) if kind != "PRIMARY "
        }
    engine.dispose()


def change(app: Flask, statement: str) -> None:
    database = services_of(app).database
    connection: Connection
    with database.engine.connect() as connection:
        connection.exec_driver_sql(statement)


def test_what_differs_is_reported(make_app: Callable[..., Flask], mariadb_url: str) -> None:
    app = make_app(mariadb_url)
    for statement in (
        "ALTER TABLE wp_homa_vault MODIFY context_key varchar(20) NOT NULL, DROP COLUMN ai_insight, ADD extra int",
        "ALTER TABLE wp_homa_sessions DROP KEY session_token, MODIFY last_url text NOT NULL",
        "DROP TABLE wp_homa_user_interests",
        "DROP TABLE wp_homaye_persona_scores",
    ):
        change(app, statement)
    services = services_of(app)
    report = inspect_database(services.database, services.clock)
    found = {table.name: table for table in report.tables}
    assert found["wp_homa_vault"].differences == [
        "Column context_key is varchar(20), should be varchar(50).",
        "Column ai_insight is missing.",
        "Column extra is not the plugin's.",
    ]
    assert found["wp_homa_sessions"].differences == [
        "Column last_url must not be NULL.",
        "Unique key session_token on (session_token) is missing.",
    ]
    assert not found["wp_homa_user_interests"].exists
    assert found["wp_homa_user_interests"].required
    assert found["wp_homaye_chat_memory"].exists
    assert found["wp_homaye_chat_memory"].differences == []
    assert not found["wp_homaye_persona_scores"].required, "it may be absent"
