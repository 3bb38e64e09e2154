"""Writes to the memory without a pause, knows what was acknowledged, and compares the tables with that."""

import http.client
import json
import secrets
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from typing import Any

from pymysql.connections import Connection
from pymysql.cursors import Cursor

API = "/wp-json/homaye-tabesh/v1"
FIELDS = 5
TELLING = ("Traceback", "Error:", "pymysql", "sqlalchemy", "SELECT", "INSERT", "UPDATE", "wp_homa")
"""What no answer may hold: texts of exceptions, and SQL."""

Reply = tuple[int, dict[str, str], bytes]


def check_reply(reply: Reply, allowed: tuple[int, ...] = (200, 503)) -> int:
    """See that an answer is one, or a clear refusal; return its status."""
    status, headers, body = reply
    assert status in allowed, (status, body)
    text = body.decode()
    assert not any(word in text for word in TELLING), text
    if status == 503:
        assert int(headers["retry-after"]) > 0
        assert json.loads(text)["code"] in {"homa_storage_unavailable", "homa_overloaded"}
    return status


class Client:
    """One visitor's script.

    :param token: of the guest
    :param keeps: whether it keeps its connection
    :param seconds: how long it waits for an answer
    """

    def __init__(self, port: int, token: str, *, keeps: bool = True, seconds: float = 20) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
        self._headers = {"Cookie": f"homa_session_token={token}", "Content-Type": "application/json"}
        self._headers |= {} if keeps else {"Connection": "close"}

    def ask(self, path: str, body: object = None) -> Reply:
        """Send a request and return the answer; whatever fails leaves no half of a connection."""
        try:
            data = None if body is None else json.dumps(body)
            self._connection.request("GET" if body is None else "POST", path, data, self._headers)
            answer = self._connection.getresponse()
            return answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()


def ask_once(port: int, token: str, path: str, body: object = None) -> Reply:
    """Send a request on a connection of its own."""
    with closing(Client(port, token)) as client:
        return client.ask(path, body)


class Writer:
    """Writes for two guests of its own: one fills in a form page by page, one does all the rest.

    It holds for each kind of write what was sent and what was acknowledged.

    :param number: those with an even one keep their connections
    :param unanswered: statuses by which a web server in between says that it has got no answer
    """

    def __init__(self, port: int, number: int, unanswered: frozenset[int] = frozenset()) -> None:
        self._unanswered = unanswered
        self.form, self.rest = (f"guest_{secrets.token_hex(16)}" for _ in range(2))
        keeps = number % 2 == 0
        self._clients = {token: Client(port, token, keeps=keeps) for token in (self.form, self.rest)}
        self.sent: Counter[str] = Counter()
        self.acknowledged: Counter[str] = Counter()
        self.last = 0
        self.lost: list[str] = []
        self.replies: Counter[int] = Counter()
        self.wrong: list[object] = []

    def write(self) -> None:
        """Send the next write."""
        self.last += 1
        count = self.last
        field = f"f{count % FIELDS}"
        page = "http://shop.test/calculator"
        match count % 5:
            case 0 | 1:
                body: dict[str, object] = {"field": field, "value": count, "page_url": page}
                self._send(self.form, "/vault/sync", body, f"form {field}", count)
            case 2:
                self._send(self.rest, "/session/snapshot", {"form_snapshot": {"n": count}}, "snapshot", count)
            case 3:
                body = {"category": "book", "score": 3}
                self._send(self.rest, "/interest/track", body, "score", self.acknowledged["score"] + 3)
            case _:
                body = {"message_type": "user", "message_content": f"message {count}"}
                self._send(self.rest, "/chat/memory", body, f"message {count}", 1)

    def _send(self, token: str, path: str, body: object, what: str, value: int) -> None:
        self.sent[what] = self.sent[what] + 3 if what == "score" else value
        try:
            reply = self._clients[token].ask(API + path, body)
        except (OSError, http.client.HTTPException) as error:
            self.lost.append(type(error).__name__)
            time.sleep(0.05)
            return
        if reply[0] in self._unanswered:
            self.lost.append(str(reply[0]))
            time.sleep(0.05)
            return
        try:
            status = check_reply(reply)
        except AssertionError as error:
            self.wrong.append(error.args)
            return
        self.replies[status] += 1
        if status == 200:
            self.acknowledged[what] = value
        else:
            time.sleep(0.05)

    def compare(self, cursor: Cursor) -> None:
        """Compare what is stored with what was sent and acknowledged."""
        cursor.execute(
            "SELECT context_key, context_value FROM wp_homa_vault WHERE session_token = %s ORDER BY 1", (self.form,)
        )
        rows = cursor.fetchall()
        stored = {key: json.loads(value) for key, value in rows}
        assert len(rows) == len(stored), "one row a field"
        cursor.execute("SELECT form_snapshot FROM wp_homa_sessions WHERE session_token = %s", (self.form,))
        snapshot = self._one(cursor)
        assert json.loads(snapshot or "{}") == stored, "field and snapshot are one write"
        for key in (f"f{number}" for number in range(FIELDS)):
            self._check(f"form {key}", stored.get(key, 0))
        cursor.execute("SELECT form_snapshot FROM wp_homa_sessions WHERE session_token = %s", (self.rest,))
        self._check("snapshot", json.loads(self._one(cursor) or '{"n": 0}')["n"])
        cursor.execute("SELECT interest_score FROM wp_homa_user_interests WHERE user_id_or_token = %s", (self.rest,))
        self._check("score", self._one(cursor) or 0)
        cursor.execute("SELECT message_content FROM wp_homaye_chat_memory WHERE session_id = %s", (self.rest,))
        messages = Counter(text for (text,) in cursor.fetchall())
        for what in filter(lambda name: name.startswith("message"), self.sent):
            self._check(what, messages[what])

    def _check(self, what: str, value: int) -> None:
        assert self.acknowledged[what] <= value <= self.sent[what], (what, self.acknowledged[what], value)

    @staticmethod
    def _one(cursor: Cursor) -> Any:
        row = cursor.fetchone()
        return row[0] if row else None


class Recorder:
    """Several writers at once, each in a thread.

    :param pause: seconds between two writes of one
    :param unanswered: statuses by which a web server in between says that it has got no answer
    """

    def __init__(
        self, port: int, writers: int = 6, pause: float = 0.0, unanswered: frozenset[int] = frozenset()
    ) -> None:
        self.writers = [Writer(port, number, unanswered) for number in range(writers)]
        self._pause = pause
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(writer,)) for writer in self.writers]
        for thread in self._threads:
            thread.start()

    def _run(self, writer: Writer) -> None:
        while not self._stop.is_set():
            writer.write()
            time.sleep(self._pause)

    @property
    def replies(self) -> Counter[int]:
        """How often which status was answered."""
        return sum((writer.replies for writer in self.writers), Counter())

    @property
    def lost(self) -> Counter[str]:
        """How often which failure kept an answer from coming."""
        return Counter(name for writer in self.writers for name in writer.lost)

    def wait_for_acknowledged(self, seconds: float = 30) -> float:
        """Wait until every writer has been acknowledged something more; return the seconds that this took."""
        start = time.monotonic()
        before = [writer.replies[200] for writer in self.writers]
        while any(writer.replies[200] <= old for writer, old in zip(self.writers, before, strict=True)):
            assert time.monotonic() < start + seconds, f"not back after {seconds} s: {self.replies} {self.lost}"
            time.sleep(0.01)
        return time.monotonic() - start

    def stop(self) -> None:
        """Let the writers end."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for writer in self.writers:
            for client in writer._clients.values():
                with suppress(OSError):
                    client.close()

    def compare(self, connection: "Connection[Any]") -> None:
        """Stop, and compare the tables with what was acknowledged."""
        self.stop()
        for writer in self.writers:
            assert not writer.wrong, writer.wrong[:3]
            with connection.cursor() as cursor:
                writer.compare(cursor)
