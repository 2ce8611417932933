"""Each kind of cursor at its boundaries, one incident of the field after the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from small_vendor import Desk, Vendor, at, gone, posted, told

from connectors.cursors import (
    Batch,
    Cursor,
    EachPart,
    InclusiveTime,
    NewestFirst,
    Opaque,
    Posted,
    Snapshot,
    Windowed,
)
from connectors.errors import AskVendor, FixConfiguration
from connectors.http import Missing
from connectors.landing import Window

DAY = timedelta(days=1)
ALL = timedelta(days=3650)


def ids(desk: Desk) -> list[int]:
    return [json.loads(record)["id"] for record in desk.landed]


def filled(records: int, *, every: int = 1, size: int = 3) -> Vendor:
    vendor = Vendor(size=size)
    for _ in range(records):
        vendor.put()
        vendor.now += every
    return vendor


# --- same times, same pages -----------------------------------------------------------------------


def test_a_record_that_appears_later_in_the_checkpoints_own_second_lands_once() -> None:
    vendor = filled(2, every=0)
    desk = Desk(vendor, InclusiveTime(vendor.by_time))
    desk.run()
    vendor.put()
    desk.run()
    desk.run()
    assert ids(desk) == [1, 2, 3]


def test_a_record_that_changes_within_the_checkpoints_second_lands_again() -> None:
    vendor = filled(2, every=0)
    desk = Desk(vendor, InclusiveTime(vendor.by_time))
    desk.run()
    vendor.put(of=1)
    desk.run()
    assert ids(desk) == [1, 2, 1]


def test_a_full_page_of_one_moment_is_an_error_and_nothing_is_skipped() -> None:
    vendor = Vendor(size=3, most=4)
    for _ in range(4):
        vendor.put()
    vendor.now += 1
    vendor.put()
    desk = Desk(vendor, InclusiveTime(vendor.by_time))
    with pytest.raises(AskVendor) as caught:
        desk.run()
    assert caught.value.code == "VENDOR-NO-PROGRESS"
    assert ids(desk) == [1, 2, 3, 4]
    assert vendor.asked == 2


STANDING: dict[str, Callable[[list[bytes]], Cursor]] = {
    "opaque": lambda page: Opaque(lambda *_: Batch(page, next="same")),
    "opaque, without a next": lambda page: Opaque(lambda *_: Batch(page)),
    "inclusive": lambda page: InclusiveTime(lambda *_: Batch(page, latest=at(100))),
    "inclusive, older than asked for": lambda page: InclusiveTime(
        lambda *_: Batch([*page, b'{"id":0}'], latest=at(100), ties=page)
    ),
    "inclusive, without a time": lambda page: InclusiveTime(lambda *_: Batch(page)),
    "windowed": lambda page: Windowed(lambda *_: Batch(page, next="same"), step=ALL),
    "newest first": lambda page: NewestFirst(
        lambda *_: Batch(page, next="same"), posted("made"), gone, DAY
    ),
    "snapshot": lambda page: Snapshot(lambda *_: Batch(page, next="same"), key=lambda _: "1"),
}


@pytest.mark.parametrize("kind", STANDING)
def test_a_page_that_leads_to_itself_ends_with_an_error_after_few_requests(kind: str) -> None:
    vendor = filled(1)
    desk = Desk(vendor, STANDING[kind](told([*vendor.rows.values()])))
    with pytest.raises(AskVendor) as caught:
        desk.run()
    assert (caught.value.code, caught.value.where) == ("VENDOR-NO-PROGRESS", "desk.things")
    assert desk.pages <= 2


def test_a_cursor_that_moves_and_brings_the_same_for_ever_is_an_error() -> None:
    turns = iter(range(1000))
    page = told([{"id": 1}])
    desk = Desk(Vendor(), Opaque(lambda *_: Batch(page, next=str(next(turns)))))
    with pytest.raises(AskVendor):
        desk.run()
    assert desk.pages <= 4


def test_a_vendor_may_have_nothing() -> None:
    for cursor in (
        Opaque(lambda *_: Batch([], done=True)),
        InclusiveTime(lambda *_: Batch([], done=True)),
        Windowed(lambda *_: Batch([], done=True), step=ALL),
        NewestFirst(lambda *_: Batch([], done=True), posted("made"), gone, DAY),
        Snapshot(lambda *_: Batch([], done=True), key=lambda _: "1"),
        EachPart(lambda _: [], lambda _: Opaque(lambda *_: Batch([], done=True))),
    ):
        desk = Desk(Vendor(), cursor)
        assert desk.run() == 0
        assert desk.run() == 0


# --- opaque ---------------------------------------------------------------------------------------


def test_an_opaque_position_is_kept_to_the_letter_also_at_the_end() -> None:
    asked: list[str | None] = []
    odd = 'MTU3||467|+9=%2B"\\é'

    def fetch(_api: object, position: str | None, _since: object) -> Batch:
        asked.append(position)
        return Batch(told([{"id": len(asked)}]), next=odd, done=True)

    desk = Desk(Vendor(), Opaque(fetch))
    desk.run()
    desk.run()
    assert asked == [None, odd]


def test_the_last_page_without_a_next_is_read_again_and_lands_what_joined_it() -> None:
    vendor = filled(4)
    desk = Desk(vendor, Opaque(vendor.by_full_pages, rereads_last=True))
    desk.run()
    assert desk.run() == 0
    vendor.put()
    vendor.put()
    vendor.put()
    desk.run()
    assert ids(desk) == [1, 2, 3, 4, 5, 6, 7]


# --- windowed -------------------------------------------------------------------------------------


def created(vendor: Vendor, **more: timedelta) -> Windowed:
    fetch = vendor.by_window("made")
    return Windowed(fetch, step=ALL, posted=posted("made"), gone=gone, **more)


def test_the_newest_stretch_is_left_to_the_next_run() -> None:
    vendor = filled(3, every=10)
    desk = Desk(vendor, Windowed(vendor.by_window("made"), step=ALL, lag=timedelta(seconds=15)))
    desk.run()
    assert ids(desk) == [1, 2]
    vendor.now += 20
    desk.run()
    assert ids(desk) == [1, 2, 3]


def test_what_comes_late_is_found_by_looking_back_and_nothing_lands_twice() -> None:
    vendor = filled(4, every=100)
    desk = Desk(vendor, created(vendor, look_back=timedelta(seconds=150)))
    desk.run()
    vendor.put(made=vendor.now - 120)
    vendor.put(made=vendor.now - 250)
    desk.run()
    assert ids(desk) == [1, 2, 3, 4, 5]


def test_only_what_is_read_again_can_be_missed() -> None:
    vendor = filled(5, every=100)
    desk = Desk(vendor, created(vendor, look_back=timedelta(seconds=250)))
    desk.run()
    vendor.drop(1)
    vendor.drop(4)
    vendor.now += 100
    desk.run()
    desk.run()
    assert [json.loads(r)["id"] for r in desk.landed if b"gone" in r] == [4]


def test_a_stretch_is_no_longer_than_the_vendor_takes() -> None:
    spans = []
    vendor = Vendor(now=1000)

    def fetch(_api: object, span: object, _after: str | None) -> Batch:
        spans.append(span)
        return Batch([], done=True)

    Desk(vendor, Windowed(fetch, step=timedelta(seconds=300))).run()
    assert [(s.since, s.until) for s in spans] == [  # type: ignore[attr-defined]
        (at(0), at(300)),
        (at(300), at(600)),
        (at(600), at(900)),
        (at(900), at(1000)),
    ]


def test_what_went_between_a_run_that_was_cut_off_and_the_next_is_gone() -> None:
    vendor = filled(5, every=0)
    vendor.now += 1
    desk = Desk(vendor, created(vendor, look_back=DAY))
    desk.run(cut_off_at=1)
    assert ids(desk) == [1, 2, 3]
    vendor.drop(1)
    desk.run()
    assert desk.current == vendor.rows
    assert ids(desk) == [1, 2, 3, 4, 5, 1]


def test_parts_that_a_record_lost_are_told_with_it() -> None:
    vendor = filled(1)
    parts = {"1": "a b c"}

    cursor = Windowed(
        vendor.by_window("made"),
        step=ALL,
        look_back=DAY,
        posted=lambda rs: [Posted("1", at(100), parts["1"]) for _ in rs],
        gone=gone,
        lost=lambda record, lost: record[:-1] + b',"lost":"%s"}' % " ".join(lost).encode(),
    )
    desk = Desk(vendor, cursor)
    desk.run()
    parts["1"] = "b"
    vendor.put(of=1)
    desk.run()
    vendor.drop(1)
    desk.run()
    assert [json.loads(record).get("lost") for record in desk.landed] == [None, "a c", "b"]


# --- newest first ---------------------------------------------------------------------------------


def reviews(vendor: Vendor, reread: timedelta = DAY) -> NewestFirst:
    def if_gone(key: str, moment: object, api: object) -> bytes | None:
        return None if int(key) in vendor.rows else gone(key, moment, api)  # type: ignore[arg-type]

    return NewestFirst(vendor.newest_first, posted("made"), if_gone, reread)


def test_the_walk_ends_at_what_is_known() -> None:
    vendor = filled(30, every=10)
    desk = Desk(vendor, reviews(vendor, timedelta(seconds=30)))
    desk.run()
    asked = vendor.asked
    vendor.put()
    desk.run()
    assert ids(desk)[-1] == 31
    assert vendor.asked - asked == 3


def test_edits_and_deletions_in_the_stretch_read_again_land() -> None:
    vendor = filled(9, every=10)
    desk = Desk(vendor, reviews(vendor))
    desk.run()
    vendor.put(of=4, stars=1)
    vendor.drop(6)
    desk.run()
    assert desk.current == vendor.rows
    assert desk.run() == 0


def test_a_page_out_of_order_does_not_end_the_walk() -> None:
    vendor = filled(4, every=10)
    desk = Desk(vendor, reviews(vendor, timedelta(seconds=15)))
    desk.run()
    for _ in range(2):
        vendor.put()
        vendor.now += 10
    first, second = told([vendor.rows[6], vendor.rows[1]]), told([vendor.rows[5], vendor.rows[4]])
    pages = {
        None: Batch(first, next="2"),
        "2": Batch([*second, *told([vendor.rows[3]])], done=True),
    }
    desk.cursor = NewestFirst(
        lambda _, position: pages[position], posted("made"), gone, timedelta(seconds=15)
    )
    desk.run()
    assert desk.current == vendor.rows


def test_what_moved_to_another_page_meanwhile_is_not_taken_for_gone() -> None:
    vendor = filled(9)
    desk = Desk(vendor, reviews(vendor))
    desk.run()
    # with the newest gone after the first page, the fourth slips onto the page just read
    vendor.moves = [lambda: vendor.drop(9)]
    desk.run()
    desk.run()
    assert desk.current == vendor.rows


# --- snapshot -------------------------------------------------------------------------------------


def listed(vendor: Vendor, *, forgets: bool = True) -> Snapshot:
    return Snapshot(
        vendor.whole,
        key=lambda record: str(json.loads(record)["id"]) if b"id" in record else None,
        gone=(lambda key, _: b'{"id":%s,"gone":true}' % key.encode()) if forgets else None,
    )


def test_of_a_list_only_what_changed_lands_and_what_is_gone() -> None:
    vendor = filled(5)
    desk = Desk(vendor, listed(vendor))
    desk.run()
    vendor.put(of=2, name="x")
    vendor.drop(4)
    assert desk.run() == 2
    assert desk.current == vendor.rows


def test_being_gone_from_a_list_may_mean_nothing() -> None:
    vendor = filled(5)
    desk = Desk(vendor, listed(vendor, forgets=False))
    desk.run()
    vendor.drop(4)
    assert desk.run() == 0


# --- parts ----------------------------------------------------------------------------------------


def test_each_part_goes_on_where_it_stopped_and_one_that_is_gone_keeps_its_place() -> None:
    vendors = {"a": filled(2), "b": filled(2)}
    parts = ["a", "b"]
    cursor = EachPart(lambda _: parts, lambda name: Opaque(vendors[name].by_position))
    desk = Desk(Vendor(), cursor)
    desk.run()
    parts.remove("a")
    vendors["a"].put()
    vendors["b"].put()
    assert desk.run() == 1
    parts.append("a")
    assert desk.run() == 1


def test_a_part_that_went_since_it_was_named_is_passed_over_unless_the_user_named_it() -> None:
    vendor = filled(2)

    def fetch(name: str) -> Cursor:
        def missing(*_: object) -> Batch:
            raise Missing("VENDOR-NOT-FOUND", "desk", "it answers 404", "Check.")

        return Opaque(missing if name == "a" else vendor.by_position)

    desk = Desk(Vendor(), EachPart(lambda _: ["a", "b"], fetch))
    assert desk.run() == 2
    desk = Desk(Vendor(), EachPart(lambda _: [], fetch), only=("a", "b"))
    with pytest.raises(Missing):
        desk.run()


# --- positions ------------------------------------------------------------------------------------

EVERY: dict[str, Callable[[Vendor], Cursor]] = {
    "opaque": lambda v: Opaque(v.by_position),
    "inclusive": lambda v: InclusiveTime(v.by_time),
    "windowed": lambda v: created(v, look_back=DAY),
    "newest first": reviews,
    "snapshot": listed,
    "each part": lambda v: EachPart(lambda _: ["a"], lambda _: Opaque(v.by_position)),
}


@pytest.mark.parametrize("kind", EVERY)
def test_a_position_is_stamped_with_kind_and_version(kind: str) -> None:
    vendor = filled(5)
    desk = Desk(vendor, EVERY[kind](vendor))
    desk.run()
    assert desk.at is not None
    assert json.loads(desk.at)["kind"] == kind.replace(" ", "_")
    assert json.loads(desk.at)["v"] == 1


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "{}",
        "null",
        "[]",
        '{"kind":"another","v":1}',
        '{"v":1}',
        "1767225600",
        "version",
        "shape",
    ],
)
def test_a_position_of_another_kind_or_version_is_refused(kind: str, text: str) -> None:
    vendor = filled(5)
    desk = Desk(vendor, EVERY[kind](vendor))
    desk.run()
    own = json.loads(desk.at or "")
    if text == "version":
        text = json.dumps(own | {"v": 2})
    elif text == "shape":
        text = json.dumps(dict.fromkeys(own, 7) | {"kind": own["kind"], "v": 1})
    desk.at = text
    with pytest.raises(FixConfiguration) as caught:
        desk.run()
    assert (caught.value.code, caught.value.where) == ("CURSOR-STATE", "desk.things")


@pytest.mark.parametrize("kind", EVERY)
def test_a_window_is_read_again_whole_and_moves_nothing(kind: str) -> None:
    vendor = filled(9, every=10)
    desk = Desk(vendor, EVERY[kind](vendor))
    desk.run()
    before, landed = desk.at, len(desk.landed)
    desk.run(window=Window(since=at(100), until=at(150)))
    again = {json.loads(record)["id"] for record in desk.landed[landed:]}
    assert {1, 2, 3, 4, 5} <= again
    assert not any(b"gone" in record for record in desk.landed)
    assert desk.at == before
    assert desk.run() == 0


def test_positions_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.cursors.inclusive.MOST_SEEN", 10)
    monkeypatch.setattr("connectors.cursors.windowed.MOST_KNOWN", 10)
    monkeypatch.setattr("connectors.cursors.newest_first.MOST_KNOWN", 10)
    monkeypatch.setattr("connectors.cursors.snapshot.MOST_KNOWN", 10)
    for kind, cursor in EVERY.items():
        small, large = filled(10, every=0, size=7), filled(200, every=0, size=7)
        sizes = []
        for vendor in (small, large):
            desk = Desk(vendor, cursor(vendor))
            vendor.now += 1
            desk.run()
            assert desk.current == vendor.rows, kind
            sizes.append(len(desk.at or ""))
            desk.run()
            assert desk.current == vendor.rows, kind
        assert sizes[1] < 1.5 * sizes[0] + 100, kind


def test_records_that_tell_no_id_and_no_date_are_passed_on_to_be_set_aside() -> None:
    odd = [b'{"name":"x"}']
    for cursor in (
        Windowed(
            lambda *_: Batch(odd, done=True),
            step=ALL,
            look_back=DAY,
            posted=posted("made"),
            gone=gone,
        ),
        NewestFirst(lambda *_: Batch(odd, done=True), posted("made"), gone, DAY),
        Snapshot(lambda *_: Batch(odd, done=True), key=lambda _: None),
    ):
        desk = Desk(Vendor(), cursor)
        desk.run()
        assert desk.landed == odd
