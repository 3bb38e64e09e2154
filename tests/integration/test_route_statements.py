"""What any route sends to the database finds its rows through an index, also in WordPress's tables."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from pymysql.cursors import Cursor
from sqlalchemy import make_url, text

from homa_bridge.privacy.tables import KeptWrite

from ..api.test_login import KEYS, PASSWORD_HASH, now
from ..api.test_who_may_what import IDENTITIES, LOGINS, MARKS, SITE, TABLE, ask
from ..api.test_who_may_what import fill as remember
from ..conftest import services_of
from ..logins import sessions_text
from ..servers import MariaDB
from .test_indexes import fill

# Columns and keys as WordPress's wp-admin/includes/schema.php has them.
OF_WORDPRESS = (
    "CREATE TABLE wp_users (ID bigint(20) unsigned NOT NULL AUTO_INCREMENT, user_login varchar(60) NOT NULL, "
    "user_pass varchar(255) NOT NULL, PRIMARY KEY (ID), KEY user_login_key (user_login))",
    "CREATE TABLE wp_usermeta (umeta_id bigint(20) unsigned NOT NULL AUTO_INCREMENT, user_id bigint(20) unsigned "
    "NOT NULL, meta_key varchar(255), meta_value longtext, PRIMARY KEY (umeta_id), KEY user_id (user_id), "
    "KEY meta_key (meta_key(191)))",
    "CREATE TABLE wp_options (option_id bigint(20) unsigned NOT NULL AUTO_INCREMENT, option_name varchar(191) NOT NULL "
    "DEFAULT '', option_value longtext NOT NULL, autoload varchar(20) NOT NULL DEFAULT 'yes', PRIMARY KEY (option_id), "
    "UNIQUE KEY option_name (option_name), KEY autoload (autoload))",
)
OF_LAYERS = "wp_homa_bridge_cleanups"  # a row for each layer of the memory, and never another
WHO = ("user", "guest", "signed for the user", "signed for the guest")


@pytest.fixture
def app(make_app: Callable[..., Flask], mariadb: MariaDB, mariadb_url: str) -> Flask:
    """Return an application on the tables of a site with 500 visitors and 1,000 users."""
    app = make_app(mariadb_url, **KEYS, HOMA_SITE_URL=SITE)
    database = services_of(app).database
    with database.engine.begin() as connection:
        database.table(KeptWrite).create(connection)
        for statement in OF_WORDPRESS:
            connection.execute(text(statement))
    fill(mariadb, mariadb_url, 500)
    with mariadb.connect(make_url(mariadb_url).database) as opened, opened.cursor() as cursor:
        users = [(number, LOGINS.get(number, f"user{number}"), PASSWORD_HASH) for number in range(1, 1_001)]
        cursor.executemany("INSERT INTO wp_users VALUES (%s, %s, %s)", users)
        cursor.executemany(
            "INSERT INTO wp_usermeta (user_id, meta_key, meta_value) VALUES (%s, 'session_tokens', %s)",
            [(number, sessions_text({f"session-of-{number}": now() + 86_400})) for number, _, _ in users],
        )
        cursor.executemany(
            "INSERT INTO wp_homa_bridge_outbox (nonce, visitor, path, referer, caller, body, created_at) "
            "VALUES (MD5(%s), %s, '', '', '', '', NOW())",
            [(number, f"user_{number}") for number in range(500)],
        )
        cursor.executemany(
            "INSERT INTO wp_homaye_persona_scores (user_identifier, persona_type, score) VALUES (%s, 'author', 1)",
            [(f"user_{number}",) for number in range(100, 600)],
        )
        cursor.executemany(
            "INSERT INTO wp_options (option_name, option_value) VALUES (%s, '')", [(f"option_{n}",) for n in range(500)]
        )
        cursor.execute(
            "ANALYZE TABLE wp_options, wp_users, wp_usermeta, wp_homa_bridge_outbox, wp_homaye_persona_scores"
        )
    for token in MARKS:
        remember(app, token)
    return app


@pytest.fixture
def examined(mariadb: MariaDB, mariadb_url: str) -> Iterator[Callable[[str], list[tuple[str, str | None]]]]:
    """Return what tells the tables that a statement reads, each with the index that it takes."""
    with mariadb.connect(make_url(mariadb_url).database) as connection, connection.cursor() as cursor:
        yield lambda statement: _plan(cursor, statement)


def test_every_statement_of_every_route_uses_an_index(
    app: Flask, log: Callable[[], list[str]], examined: Callable[[str], list[tuple[str, str | None]]]
) -> None:
    client = app.test_client(use_cookies=False)
    statements: dict[str, tuple[str, str]] = {}
    log()
    for name in WHO:
        who = IDENTITIES[name]()
        for method, route in TABLE:
            with ask(client, who, method, route) as answer:
                assert answer.status_code in {200, 302, 401, 403}, (name, route)
            for statement in log():
                statements.setdefault(statement, (name, route))
            if "clear" in route and who.token is not None:
                remember(app, who.token)
                log()
    looked_at: set[str] = set()
    for statement, where in statements.items():
        if not statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE")) and "SELECT" not in statement:
            continue  # new rows, and the bounds of transactions
        for table, index in examined(statement):
            assert index is not None or table == OF_LAYERS, (where, table, statement)
            looked_at.add(table)
    assert looked_at >= {
        *("wp_homa_vault", "wp_homa_sessions", "wp_homa_user_interests", "wp_homaye_chat_memory"),
        *("wp_homaye_persona_scores", "wp_homa_bridge_outbox", "wp_users", "wp_usermeta"),
    }


def _plan(cursor: Cursor, statement: str) -> list[tuple[str, str | None]]:
    cursor.execute("EXPLAIN " + statement)
    return [
        (table, key)
        for _, _, table, access, _, key, *_ in cursor.fetchall()
        if table and access and not table.startswith("<") and not table.isupper()
    ]
