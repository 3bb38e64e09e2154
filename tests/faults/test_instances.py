"""Two instances of the service on one database: one is killed under load, the other goes on, and nothing is lost."""

import http.client
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import make_url

from ..bench.service import create_tables
from ..servers import AS_IN_A_CLUSTER, MariaDB
from ..signed import SECRET, encoded, signature
from .balanced import Balancer, balancing
from .recorder import API, Recorder
from .supervisor import Supervisor
from .watch import wait_until

KILLS = 6
GUEST = "guest_" + "5c" * 16


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDB]:
    found = MariaDB("UTC", *AS_IN_A_CLUSTER)
    yield found
    found.remove()


@pytest.fixture(scope="module")
def url(server: MariaDB) -> str:
    found = server.create_database("instances")
    create_tables(found)
    return found


@pytest.fixture
def instances(url: str, tmp_path: Path) -> Iterator[list[Supervisor]]:
    environ = {"HOMA_DATABASE_URL": url, "HOMA_SHARED_SECRET": SECRET, "HOMA_DATA_DIR": str(tmp_path)}
    with ExitStack() as stack:
        found: list[Supervisor] = []
        for _ in range(2):
            instance = Supervisor(environ, tmp_path)
            stack.callback(instance.stop)
            found.append(instance)
        yield found


def test_one_of_two_is_killed_and_nothing_is_lost_or_done_twice(
    server: MariaDB, url: str, instances: list[Supervisor], tmp_path: Path
) -> None:
    with balancing(tmp_path, [instance.port for instance in instances]) as balancer:
        recorder = Recorder(balancer.port, unanswered=frozenset({502, 504}))
        try:
            for turn in range(KILLS):
                victim, other = instances[turn % 2], instances[1 - turn % 2]
                recorder.wait_for_acknowledged()
                wait_until(partial(takes_its_share, balancer, victim), 20)
                victim.is_held_down = True
                for process in [victim.process.pid, *victim.workers]:
                    os.kill(process, signal.SIGKILL)
                took = recorder.wait_for_acknowledged()
                assert took < 5, "the other goes on"
                assert answered(balancer)[other.port] > 0
                victim.is_held_down = False
            for instance in instances:
                wait_until(partial(takes_its_share, balancer, instance), 20)
        finally:
            recorder.stop()
        with closing(server.connect(make_url(url).database)) as connection:
            recorder.compare(connection)
        assert recorder.replies[200] > 100
        assert set(recorder.replies) <= {200, 503}
        assert all(instance.starts == KILLS // 2 + 1 for instance in instances)
        asked = balancer.asked()
        again = [each for each in asked if len(each.tries) > 1]
        assert again, "what no instance has got is given to the other"
        for each in again:
            assert each.method == "GET" or not any(sent for _, sent in each.tries[:-1]), each


def takes_its_share(balancer: Balancer, instance: Supervisor) -> bool:
    """Say whether some of the last requests were answered by an instance."""
    return any(
        each.tries and each.tries[-1][0] == instance.port and each.status == 200 for each in balancer.asked()[-20:]
    )


def answered(balancer: Balancer) -> Counter[int]:
    """Return how many of the last requests each instance has answered, by its port."""
    return Counter(each.tries[-1][0] for each in balancer.asked()[-20:] if each.status == 200)


def test_a_signed_write_that_is_sent_to_both_is_done_once(
    server: MariaDB, url: str, instances: list[Supervisor]
) -> None:
    body = encoded({"category": "book", "score": 3})
    for number in range(5):
        headers = signature("POST", f"{API}/interest/track", body, guest=GUEST)
        ports = [instance.port for instance in (instances if number % 2 else reversed(instances))]
        assert [send(port, body, headers) for port in ports] == [200, 409]
    with closing(server.connect(make_url(url).database)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT interest_score FROM wp_homa_user_interests WHERE user_id_or_token = %s", (GUEST,))
        assert cursor.fetchall() == ((15,),)


def send(port: int, body: bytes, headers: dict[str, str]) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("POST", f"{API}/interest/track", body, {**headers, "Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
