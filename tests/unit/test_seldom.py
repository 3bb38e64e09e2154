"""What happens often is said once in a while."""

import pytest

from homa_bridge.seldom import Seldom


def test_each_kind_passes_once_in_a_while_and_tells_how_many_did_not(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    reports = Seldom(10)
    assert [reports.let_pass("lost") for _ in range(4)] == [0, None, None, None]
    assert reports.let_pass("full") == 0
    now += 9.9
    assert reports.let_pass("lost") is None
    now += 0.2
    assert [reports.let_pass("lost"), reports.let_pass("lost")] == [4, None]
