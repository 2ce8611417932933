"""A sweep finds what no cursor tells, and never takes a list that is not whole for one that is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

import polars as pl
import pytest
from small_vendor import BEGIN, Desk, Vendor, at, posted, told

from connectors.cursors import NEVER, Batch, Reading, Span, Sweep, Swept, Windowed
from connectors.errors import AskVendor, TryAgain
from connectors.http import Api, Missing
from connectors.landing.landed import Landed

WEEK = timedelta(days=7)
SECONDS = int(WEEK.total_seconds())


@dataclass
class Landing:
    """What landed, as a sweep sees it."""

    desk: Desk
    keeps_raw: bool = True

    def last(self, _table: str, *_columns: str, **_how: object) -> pl.DataFrame:
        rows = {row["id"]: row for row in map(json.loads, self.desk.landed)}
        return pl.DataFrame(
            [
                (str(key), at(row["changed"]), "gone" in row, row.get("of", ""))
                for key, row in rows.items()
            ],
            {
                "review_id": pl.String,
                "updated_at": pl.Datetime,
                "_deleted": bool,
                "subject_ref": pl.String,
            },
            orient="row",
        )

    def records(self) -> list[list[bytes]]:
        return [self.desk.landed] if self.keeps_raw else []


@dataclass
class Listing:
    """The vendor's list of ids, and what is to go wrong with it."""

    vendor: Vendor
    asked_alone: list[str] = field(default_factory=list)
    fails_at: int | None = None
    changed: Callable[[Batch], Batch] = lambda batch: batch
    parts: Sequence[str] | None = None

    def listed(self, _api: Api, part: str, _span: Span, after: str | None) -> Batch:
        if self.fails_at == int(after or 0):
            raise TryAgain("VENDOR-DOWN", "desk.things", "down", "Run again.")
        if part == "deleted":
            raise Missing("VENDOR-NOT-FOUND", "desk.things", "not there", "Look.")
        batch = self.vendor.whole(_api, after, Reading(BEGIN))
        of = [row for row in batch.records if json.loads(row).get("of", "") == part]
        return self.changed(replace(batch, records=of))

    def gone(
        self, _api: Api, _part: str, missing: Mapping[str, datetime], _landed: Landed
    ) -> Sequence[bytes]:
        self.asked_alone += missing
        moments = {key: int((moment - BEGIN).total_seconds()) for key, moment in missing.items()}
        return told(
            [
                {"id": int(key), "changed": moments[key], "gone": True}
                for key in missing
                if int(key) not in self.vendor.rows
            ]
        )

    def sweep(self, **how: Any) -> Sweep:  # noqa: ANN401 - of `Sweep`
        """Compares by change, unless told otherwise."""
        usual: dict[str, Any] = {"dated": True}
        if self.parts is not None:
            usual |= {"parts": lambda _: self.parts, "part": "subject_ref"}
        return Sweep(
            "reviews",
            "review_id",
            listed=self.listed,
            posted=posted("changed"),
            gone=self.gone,
            **(usual | how),
        )


@dataclass
class Sweeper(Desk):
    """Lands what a cursor tells, and then what a sweep finds."""

    keeps_raw: bool = True
    begin: datetime = BEGIN

    def swept(self, cut_off_at: int | None = None) -> None:
        """Run, and sweep if that is due; cut off at a page of the sweep."""
        self.run()
        cursor = cast("Swept", self.cursor)
        if not cursor.is_due(self.at, at(self.vendor.now)):
            return
        landed = cast("Landed", Landing(self, self.keeps_raw))
        reading = Reading(self.begin, only=self.only)
        pages = cursor.sweep(self.vendor.api(), self.at, reading, landed)
        for number, page in enumerate(pages):
            if number == cut_off_at:
                return
            self.landed += page.records
            self.at = page.cursor


@pytest.fixture
def vendor() -> Vendor:
    found = Vendor(size=3)
    for _ in range(10):
        found.put()
        found.now += 1
    return found


@pytest.fixture
def listing(vendor: Vendor) -> Listing:
    return Listing(vendor)


def desk(listing: Listing, **how: Any) -> Sweeper:  # noqa: ANN401 - of `Sweep`
    """Somebody who has read everything once, a week ago."""
    changes = Windowed(listing.vendor.by_window("changed"), step=timedelta(days=3650))
    found = Sweeper(listing.vendor, Swept(changes, listing.sweep(**how)))
    found.swept()
    listing.vendor.now += SECONDS
    return found


def test_what_vanished_without_a_word_is_gone_after_a_sweep(listing: Listing) -> None:
    found = desk(listing)
    listing.vendor.drop(4)
    listing.vendor.drop(10)
    found.swept()
    assert found.current == listing.vendor.rows
    assert listing.asked_alone == ["4", "10"]
    before = len(found.landed)
    found.vendor.now += SECONDS
    found.swept()
    assert len(found.landed) == before


def test_nothing_is_listed_before_it_is_due_nor_ever_where_nobody_wants_it(
    listing: Listing,
) -> None:
    found = desk(listing)
    listing.vendor.now -= 1
    listing.fails_at = 0
    found.swept()
    never = desk(listing, every=NEVER)
    listing.vendor.now += 100 * SECONDS
    never.swept()


def test_a_position_from_before_there_were_sweeps_is_gone_on_from(listing: Listing) -> None:
    changes = Windowed(listing.vendor.by_window("changed"), step=timedelta(days=3650))
    old = Desk(listing.vendor, changes)
    old.run()
    found = Sweeper(listing.vendor, Swept(changes, listing.sweep()), at=old.at)
    listing.vendor.put()
    listing.vendor.now += 1
    found.swept()
    assert [json.loads(record)["id"] for record in found.landed] == [11]
    listing.vendor.now += SECONDS
    found.landed += old.landed
    listing.vendor.drop(1)
    found.swept()
    assert found.current == listing.vendor.rows


# --- only a whole list proves that something is missing from it -----------------------------------


@pytest.mark.parametrize("page", range(5))
def test_a_sweep_that_is_cut_off_takes_nothing_for_gone_and_begins_again(
    listing: Listing, page: int
) -> None:
    found = desk(listing)
    before = dict(found.current)
    listing.vendor.drop(2)
    found.swept(cut_off_at=page)
    # three pages are the list's, and the fourth tells what is not in it
    assert found.current == (before if page < 4 else listing.vendor.rows)
    found.swept()
    assert found.current == listing.vendor.rows


@pytest.mark.parametrize("place", [0, 3, 6])
def test_a_vendor_that_fails_in_mid_list_takes_nothing_away(listing: Listing, place: int) -> None:
    found = desk(listing)
    before = dict(found.current)
    listing.vendor.drop(2)
    listing.fails_at = place
    with pytest.raises(TryAgain):
        found.swept()
    assert found.current == before
    listing.fails_at = None
    found.swept()
    assert found.current == listing.vendor.rows


@pytest.mark.parametrize("to", ["0", "3"])
def test_a_list_that_leads_back_into_itself_is_no_list(listing: Listing, to: str) -> None:
    found = desk(listing)
    before = dict(found.current)
    listing.vendor.drop(2)
    listing.changed = lambda batch: replace(batch, next=to) if batch.next == "6" else batch
    with pytest.raises(AskVendor) as caught:
        found.swept()
    assert caught.value.code == "VENDOR-NO-PROGRESS"
    assert found.current == before


def test_a_page_that_comes_twice_hides_nothing(listing: Listing) -> None:
    """The one that it took the place of is asked for alone."""
    found = desk(listing)
    first: list[Batch] = []

    def repeated(batch: Batch) -> Batch:
        first.append(batch)
        return replace(batch, records=first[0].records)

    listing.changed = repeated
    found.swept()
    assert listing.asked_alone == ["4", "5", "6", "7", "8", "9", "10"]
    assert found.current == listing.vendor.rows


@pytest.mark.parametrize("limit", [0.1, 0.99])
def test_an_empty_list_is_not_believed(listing: Listing, limit: float) -> None:
    found = desk(listing, limit=limit)
    before = dict(found.current)
    listing.changed = lambda batch: replace(batch, records=[])
    listing.vendor.rows.clear()
    with pytest.raises(AskVendor) as caught:
        found.swept()
    assert caught.value.code == "SWEEP-REFUSED"
    assert "lists 0 of the 10 records that landed" in str(caught.value)
    assert (found.current, listing.asked_alone) == (before, [])


def test_a_list_that_lacks_more_than_the_limit_is_refused_until_the_limit_is_raised(
    listing: Listing,
) -> None:
    for _ in range(190):
        listing.vendor.put()
    listing.vendor.now += 1
    found = desk(listing)
    before = dict(found.current)
    for key in range(1, 22):
        listing.vendor.drop(key)
    with pytest.raises(AskVendor, match=r"179 of the 200 records .* 21 missing") as caught:
        found.swept()
    assert "`sweep_limit`" in caught.value.remedy
    assert found.current == before
    found.cursor = replace(cast("Swept", found.cursor), by=listing.sweep(limit=0.11))
    found.swept()
    assert found.current == listing.vendor.rows


# --- what else a whole list shows -----------------------------------------------------------------


def test_what_a_cursor_missed_lands_with_a_sweep(listing: Listing) -> None:
    found = desk(listing)
    # search was late with them by more than any run looks back
    hidden = [listing.vendor.put(), listing.vendor.put(of=3)]
    for key in hidden:
        listing.vendor.rows[key]["changed"] = 105
    found.run()
    assert found.current != listing.vendor.rows
    found.swept()
    assert found.current == listing.vendor.rows


@pytest.mark.parametrize("keeps_raw", [True, False])
def test_where_changes_keep_their_date_records_are_compared_to_the_letter(
    listing: Listing, *, keeps_raw: bool
) -> None:
    found = desk(listing, dated=False)
    found.keeps_raw = keeps_raw
    listing.vendor.rows[5]["word"] = "other"
    before = len(found.landed)
    found.swept()
    # without the pages nobody knows how it read
    assert len(found.landed) - before == int(keeps_raw)
    assert (found.current == listing.vendor.rows) is keeps_raw


def test_what_is_younger_or_older_than_what_is_compared_is_left_alone(listing: Listing) -> None:
    found = desk(listing, settled=WEEK + timedelta(seconds=5))
    found.begin = at(102)
    for key in (1, 2, 4, 8, 9, 10):
        listing.vendor.drop(key)
    found.swept()
    assert listing.asked_alone == ["4"]


def parted(vendor: Vendor) -> Listing:
    parts = ["a", "b", "deleted", "unnamed"]
    for key in vendor.rows:
        vendor.rows[key]["of"] = parts[key % 4]
    return Listing(vendor, parts=parts)


def test_a_part_that_is_gone_or_not_named_any_more_keeps_what_it_brought(vendor: Vendor) -> None:
    listing = parted(vendor)
    found = desk(listing, limit=1)
    found.only = ("a", "b", "deleted")
    for key in (2, 3, 4):
        vendor.drop(key)
    found.swept()
    assert set(found.current) == {1, 2, 3, 5, 6, 7, 8, 9, 10}


def test_parts_are_judged_one_by_one(vendor: Vendor) -> None:
    listing = parted(vendor)
    found = desk(listing)
    for key in (4, 1, 5, 9):
        vendor.drop(key)
    with pytest.raises(AskVendor, match="0 of the 3 records that landed of b"):
        found.swept()
    # a's have landed by then
    assert set(found.current) == {1, 2, 3, 5, 6, 7, 8, 9, 10}
