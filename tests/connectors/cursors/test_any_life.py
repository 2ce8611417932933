"""Whatever happens between two pages: in the end every record is there, as it last was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_vendor import Desk, Vendor, gone, posted

from connectors.cursors import (
    Cursor,
    EachPart,
    InclusiveTime,
    NewestFirst,
    Opaque,
    Snapshot,
    Windowed,
)

DAY = timedelta(days=1)
KINDS: dict[str, Callable[[Vendor], Cursor]] = {
    "opaque": lambda v: Opaque(v.by_position),
    "opaque that rereads its last page": lambda v: Opaque(v.by_full_pages, rereads_last=True),
    "inclusive": lambda v: InclusiveTime(v.by_time),
    "windowed by change": lambda v: Windowed(v.by_window("changed"), step=30 * DAY),
    "windowed by change, in short steps": lambda v: Windowed(
        v.by_window("changed"), step=timedelta(seconds=7)
    ),
    "windowed by creation": lambda v: Windowed(
        v.by_window("made"), step=30 * DAY, look_back=DAY, posted=posted("made"), gone=gone
    ),
    "windowed by creation, in short steps": lambda v: Windowed(
        v.by_window("made"),
        step=timedelta(seconds=50),
        look_back=DAY,
        posted=posted("made"),
        gone=gone,
    ),
    "newest first": lambda v: NewestFirst(
        v.newest_first, posted=posted("made"), gone=_if_gone(v), reread=DAY
    ),
    "snapshot": lambda v: Snapshot(v.whole, key=_key, gone=_gone),
    "each part": lambda v: EachPart(
        lambda _: ["a", "b"], lambda _: Windowed(v.by_window("changed"), step=30 * DAY)
    ),
}
FORGETS = {kind for kind in KINDS if "creation" in kind} | {"newest first", "snapshot"}
"""Kinds whose vendors let records vanish."""


def _key(record: bytes) -> str | None:
    found = posted("made")([record])[0]
    return found.id if found else None


def _gone(key: str, _api: object) -> bytes:
    return b'{"id":%s,"gone":true}' % key.encode()


def _if_gone(vendor: Vendor) -> Callable[..., bytes | None]:
    return lambda key, moment, api: None if int(key) in vendor.rows else gone(key, moment, api)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 5)),
        st.tuples(st.just("change"), st.integers(0, 30)),
        st.tuples(st.just("drop"), st.integers(0, 30)),
        st.tuples(st.just("wait"), st.integers(0, 20)),
        st.tuples(st.just("run"), st.integers(0, 6) | st.none()),
    ),
    max_size=25,
)


def live(vendor: Vendor, desk: Desk, steps: list[tuple[str, int | None]], *, forgets: bool) -> None:
    for what, number in steps:
        keys = sorted(vendor.rows)
        if what == "put":
            for _ in range(number or 0):
                vendor.put()
        elif what == "change" and keys:
            vendor.put(of=keys[(number or 0) % len(keys)])
        elif what == "drop" and keys and forgets:
            vendor.drop(keys[(number or 0) % len(keys)])
        elif what == "wait":
            vendor.now += number or 0
        elif what == "run":
            desk.run(cut_off_at=number)


@pytest.mark.parametrize("kind", KINDS)
def test_any_life_cut_off_anywhere_ends_in_the_vendors_records(kind: str) -> None:
    @given(STEPS)
    @settings(max_examples=60, deadline=None)
    def check(steps: list[tuple[str, int | None]]) -> None:
        vendor = Vendor()
        desk = Desk(vendor, KINDS[kind](vendor))
        live(vendor, desk, steps, forgets=kind in FORGETS)
        # windows exclude their very end, so the last second is read by the next run
        vendor.now += 1
        desk.run()

        assert desk.current == vendor.rows

    check()


@pytest.mark.parametrize("kind", KINDS)
def test_an_idle_run_lands_nothing(kind: str) -> None:
    @given(STEPS)
    @settings(max_examples=30, deadline=None)
    def check(steps: list[tuple[str, int | None]]) -> None:
        vendor = Vendor()
        desk = Desk(vendor, KINDS[kind](vendor))
        live(vendor, desk, steps, forgets=kind in FORGETS)
        vendor.now += 1
        desk.run()
        # what a page that moved hid from the last run is met by this one
        desk.run()

        assert desk.run() == 0

    check()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut_off_at", range(6))
def test_a_run_that_was_cut_off_reads_at_most_one_page_again(kind: str, cut_off_at: int) -> None:
    calm, cut = Vendor(), Vendor()
    for vendor in (calm, cut):
        for _ in range(14):
            vendor.put()
            vendor.now += 3
    quiet = Desk(calm, KINDS[kind](calm))
    quiet.run()
    desk = Desk(cut, KINDS[kind](cut))
    desk.run(cut_off_at=cut_off_at)
    desk.run()

    # what is read again on purpose is read from its beginning, and does not land again
    again = calm.asked if kind in FORGETS else 0
    assert cut.asked <= calm.asked + 1 + again
    assert sorted(desk.landed) == sorted(quiet.landed)
