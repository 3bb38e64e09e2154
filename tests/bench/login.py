"""What verifying a login costs, against the whole request that it is part of."""

import time
from collections.abc import Callable
from pathlib import Path

from homa_bridge import create_app
from homa_bridge.application import KEY, Services
from homa_bridge.config import load_settings

from ..logins import cookie_header, cookie_value, nonce_of, sessions_text
from ..servers import MariaDB
from .measure import FIELDS, seed
from .service import API, create_tables

COOKIE, SALT, TOKEN, USER = "wordpress_logged_in_bench", "key and salt", "session", 7
PASSWORD_HASH = "$P$BabcdefghijkLMNOPQRSTUVWXYZ0123"
CALLS = 500


def run(_folder: Path, _seconds: int, rounds: int, _only: str) -> None:
    """Print the microseconds of a verification and of a whole restore."""
    server = MariaDB()
    try:
        url = server.create_database("bench")
        create_tables(url)
        seed(server, "bench")
        end = int(time.time()) + 86_400
        with server.connect("bench") as connection, connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE wp_users (ID bigint PRIMARY KEY, user_login varchar(60) UNIQUE, user_pass varchar(255))"
            )
            cursor.execute(
                "CREATE TABLE wp_usermeta (umeta_id bigint PRIMARY KEY, user_id bigint, meta_key varchar(255), "
                "meta_value longtext, KEY user_id (user_id))"
            )
            cursor.execute("INSERT INTO wp_users VALUES (%s, 'jane', %s)", (USER, PASSWORD_HASH))
            sessions = sessions_text({TOKEN: end, "phone": end, "tablet": end})
            cursor.execute("INSERT INTO wp_usermeta VALUES (1, %s, 'session_tokens', %s)", (USER, sessions))
            cursor.execute(
                "INSERT INTO wp_homa_vault (user_id, session_token, context_key, context_value) "
                "SELECT %s, 'user_7', context_key, context_value FROM wp_homa_vault WHERE session_token = %s",
                (USER, f"guest_{0:032x}"),
            )
        print(f"A login in one process: {CALLS} calls, best of {rounds}, MariaDB over its socket\n")
        print("| what | µs | of a restore |\n|---|---:|---:|")
        figures = measured(url, end, rounds)
        for what, micros in figures.items():
            print(f"| {what} | {micros:,.0f} | {micros / figures[RESTORE]:.2f} |")
        print()
    finally:
        server.remove()


RESTORE = f"restore of a user ({FIELDS} fields), whole"


def measured(url: str, end: int, rounds: int) -> dict[str, float]:
    """Return microseconds, by what was done."""
    settings = {"HOMA_LOGGED_IN_SALT": SALT, "HOMA_NONCE_SALT": SALT, "HOMA_LOGGED_IN_COOKIE": COOKIE}
    app = create_app(load_settings({"HOMA_DATABASE_URL": url, **settings}))
    services: Services = app.extensions[KEY]
    logins = services.logins
    assert logins is not None
    cookies = cookie_header(COOKIE, cookie_value("jane", end, TOKEN, PASSWORD_HASH[8:12], SALT))
    nonce = nonce_of(USER, TOKEN, SALT, -(-int(time.time()) // 43_200))
    client = app.test_client(use_cookies=False)

    def verify() -> None:
        login = logins.recognise(cookies.encode(), is_post=False)
        assert login is not None
        assert logins.accepts(nonce.encode(), login)

    def restore() -> None:
        answer = client.get(f"{API}/vault/restore", headers={"Cookie": cookies, "X-WP-Nonce": nonce})
        assert answer.get_json()["session_token"] == f"user_{USER}"

    try:
        return {
            "verification with the user's row at hand": best(verify, rounds),
            "reading the user's row": best(lambda: logins.find(b"jane"), rounds),
            RESTORE: best(restore, rounds),
        }
    finally:
        services.database.close()


def best(call: Callable[[], object], rounds: int) -> float:
    """Return the microseconds of a call in the best of some rounds."""
    call()
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(CALLS):
            call()
        spent.append((time.perf_counter() - start) / CALLS * 1e6)
    return min(spent)
