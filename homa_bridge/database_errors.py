"""What errors of the database mean, in words for whoever runs the site."""

import socket
import sqlite3

import pymysql

NO_SERVER = "no server listens at this address: start it, or correct host, port or socket."
TOO_MANY = "it has no connection left: raise max_connections, or lower HOMA_WORKERS and HOMA_THREADS."
TOO_MANY_OF_USER = (
    "this user has no connection left: raise max_user_connections, or lower HOMA_WORKERS and HOMA_THREADS."
)
READ_ONLY = "it is read-only: let this user write, or use the server that takes writes."
DISK_FULL = "its disk or its table is full: make room."
TOO_SLOW = "a statement took too long: see what keeps the server busy."

EXPLANATIONS = {
    3: DISK_FULL,
    20: DISK_FULL,
    1021: DISK_FULL,
    1026: DISK_FULL,
    1030: DISK_FULL,
    1040: TOO_MANY,
    1044: "this user may not use the database: grant the rights, or set another user.",
    1045: "the user or the password is wrong: check them.",
    1047: "this node of a Galera cluster is not ready: see whether it has lost the others.",
    1049: "there is no database of this name: create it, or correct the name.",
    1114: DISK_FULL,
    1142: "this user lacks a right on a table: grant SELECT, INSERT, UPDATE, DELETE and CREATE.",
    1146: "a table is missing: check the table prefix, or run `homa-bridge init-db`.",
    1203: TOO_MANY_OF_USER,
    1205: "somebody has locked a row or a table for long: see which connection holds it.",
    1223: READ_ONLY,
    1226: TOO_MANY_OF_USER,
    1290: READ_ONLY,
    1792: READ_ONLY,
    1836: READ_ONLY,
    1969: TOO_SLOW,
    2002: NO_SERVER,
    2003: NO_SERVER,
    2006: "the server has closed the connection: see whether it restarts.",
    2013: "the connection was lost: see whether the server restarts.",
    3024: TOO_SLOW,
}
"""By the code of MySQL and MariaDB: https://mariadb.com/kb/en/mariadb-error-codes/"""


EMBEDDED = {
    "SQLITE_CANTOPEN": "the file cannot be opened: see that its folder is there, and may be written.",
    "SQLITE_FULL": DISK_FULL,
    "SQLITE_NOTADB": "the file is no SQLite database: name another.",
    "SQLITE_READONLY": "the file may not be written: let this user write it and its folder.",
}
"""By the name of SQLite's code: https://sqlite.org/rescode.html"""


def explain(error: BaseException | None) -> str:
    """Say in one line what a database error means and what to do about it."""
    if is_timeout(error):
        return "the server does not answer in time: see what keeps it busy."
    if isinstance(getattr(error, "original_exception", None), socket.gaierror):
        return "the name of its host is not found: correct it, or see to the machine's DNS."
    if isinstance(error, sqlite3.Error):
        name = error.sqlite_errorname
        return EMBEDDED.get(name, f"it does not work ({name}): name another file.")
    code = error.args[0] if isinstance(error, pymysql.MySQLError) and error.args else 0
    return EXPLANATIONS.get(
        code, f"it does not work ({type(error).__name__} {code or ''}): check that the server runs.".replace(" )", ")")
    )


def is_timeout(error: BaseException | None) -> bool:
    """Say whether a driver's error tells of a server that is there and does not answer: asking again waits again."""
    return isinstance(error, pymysql.MySQLError) and isinstance(error.__context__, TimeoutError)
