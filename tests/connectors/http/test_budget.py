"""Never more requests in any stretch of time than the vendor allows."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import Clock

from connectors.http import Budget, Rate


def budget(clock: Clock, rate: Rate, *others: Rate) -> Budget:
    more = {f"other{n}": other for n, other in enumerate(others)}
    return Budget({"default": rate, **more}, clock=clock, sleep=clock.sleep)


def most_within(times: Sequence[float], span: float) -> int:
    return max(sum(start <= t < start + span - 1e-6 for t in times) for start in times)


@given(
    requests=st.integers(1, 6),
    span=st.sampled_from([1.0, 10.0, 60.0]),
    idle=st.lists(st.floats(0, 30), min_size=1, max_size=40),
    pauses=st.dictionaries(st.integers(0, 39), st.floats(0, 100), max_size=3),
)
@settings(max_examples=150, deadline=None)
def test_no_stretch_of_time_holds_more_requests_than_the_rate(
    requests: int, span: float, idle: list[float], pauses: dict[int, float]
) -> None:
    clock = Clock()
    kept = budget(clock, Rate(requests, span))
    asked, paused_until = [], 0.0
    for turn, wait in enumerate(idle):
        clock.sleep(wait)
        if turn in pauses:
            kept.pause("default", pauses[turn])
            paused_until = max(paused_until, clock.now + pauses[turn])
        kept.take("default")
        asked.append(clock.now)
        assert clock.now >= paused_until - 1e-6

    assert most_within(asked, span) <= requests


def test_the_first_requests_wait_for_nobody() -> None:
    clock = Clock()
    kept = budget(clock, Rate(3, 60))
    for _ in range(3):
        kept.take("default")
    assert clock.now == 1000
    kept.take("default")
    assert clock.now == 1060


def test_classes_of_endpoints_are_counted_by_themselves() -> None:
    clock = Clock()
    kept = budget(clock, Rate(1, 60), Rate(1, 60))
    kept.take("default")
    kept.pause("default", 30)
    kept.take("other0")
    assert clock.now == 1000


@pytest.mark.parametrize(("requests", "seconds"), [(0.5, 120), (1, 60), (0.1, 600), (1.9, 60)])
def test_a_rate_below_one_request_is_one_in_a_longer_time(requests: float, seconds: float) -> None:
    clock = Clock()
    kept = budget(clock, Rate(requests, 60))
    kept.take("default")
    kept.take("default")
    assert clock.now == pytest.approx(1000 + seconds)


def test_a_pause_that_is_asked_for_while_one_sleeps_holds_for_the_sleeper_too() -> None:
    clock = Clock()
    paused: list[float] = []

    def sleep(seconds: float) -> None:
        if not paused:
            paused.append(clock.now + 100)
            kept.pause("default", 100)
        clock.sleep(seconds)

    kept = Budget({"default": Rate(1, 10)}, clock=clock, sleep=sleep)
    kept.take("default")
    kept.take("default")
    assert clock.now >= paused[0]


def test_threads_share_one_budget() -> None:
    clock = Clock()
    kept = budget(clock, Rate(5, 60))
    asked: list[float] = []
    lock = threading.Lock()

    def ask() -> None:
        for _ in range(5):
            kept.take("default")
            with lock:
                asked.append(clock.now)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # 20 requests at 5 a minute take at least three minutes, however the threads take turns
    assert len(asked) == 20
    assert clock.now >= 1000 + 180
