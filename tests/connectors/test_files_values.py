"""How cells become values, and how a bad one sets its row aside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import pytest
from desk import Desk
from pydantic import ValidationError

from connectors.errors import FixConfiguration, FixInput


def landed(
    desk: Desk, cells: list[str], spec: dict[str, Any], column: str = "rating"
) -> list[object]:
    """The values that cells become in one column of `reviews`, and "rejected" for the others."""
    frame = pl.DataFrame({"id": [str(n) for n in range(len(cells))], "cell": cells})
    desk.put("a.csv", frame.write_csv())
    columns = {
        "review_id": "id",
        "reviewed_at": {"constant": "2026-01-01"},
        column: {"column": "cell", **spec},
    }
    stream = {"files": "a.csv", "tables": {"reviews": {"columns": columns}}}
    desk.land(stream, "review")
    got = dict(desk.table("reviews").select("review_id", column).iter_rows())
    return [got.get(str(n), "rejected") for n in range(len(cells))]


def test_numbers_may_have_decimal_commas_thousands_and_space_around(desk: Desk) -> None:
    spec = {"decimal": ",", "thousands": "."}
    cells = ["1.234,5", " 7 ", "-3,25", "8\t", "", "  "]
    assert landed(desk, cells, spec) == [1234.5, 7.0, -3.25, 8.0, None, None]


@pytest.mark.parametrize(
    ("scale", "cells", "expected"),
    [
        ([0, 100], ["0", "25", "50", "100", "101", ""], [-1, -0.5, 0, 1, "rejected", None]),
        ([5, 1], ["1", "2", "3", "5", "0"], [1, 0.5, 0, -1, "rejected"]),
    ],
)
def test_a_number_of_another_scale_takes_its_place_between_the_contracts_bounds(
    desk: Desk, scale: list[float], cells: list[str], expected: list[object]
) -> None:
    assert landed(desk, cells, {"scale": scale}, "sentiment") == expected


def test_a_typed_number_of_another_scale_is_moved_too(desk: Desk) -> None:
    frame = pl.DataFrame({"id": ["0", "1"], "cell": [0.75, 1.5]})
    frame.write_parquet(desk.exports / "a.parquet")
    columns = {
        "review_id": "id",
        "reviewed_at": {"constant": "2026-01-01"},
        "sentiment": {"column": "cell", "scale": [0, 1]},
    }
    desk.land({"files": "a.parquet", "tables": {"reviews": {"columns": columns}}}, "review")
    assert desk.table("reviews").select("review_id", "sentiment").rows() == [("0", 0.5)]


def test_words_may_stand_for_a_sentiment(desk: Desk) -> None:
    spec = {"values": {"Positive": 1, "Mixed": 0, "Negative": -1, "Undetected": None}}
    cells = ["Positive", "Mixed", "Negative", "Undetected", "Angry"]
    assert landed(desk, cells, spec, "sentiment") == [1, 0, -1, None, "rejected"]


def test_scores_keep_their_scale(desk: Desk) -> None:
    with pytest.raises(FixConfiguration, match=r"reviews\.rating.*no bounds to move it to"):
        landed(desk, ["4"], {"scale": [1, 5]})


def test_a_scale_has_two_ends(desk: Desk) -> None:
    with pytest.raises(ValidationError, match="worst and best number are two"):
        landed(desk, ["4"], {"scale": [5, 5]}, "sentiment")


def test_what_is_no_finite_number_sets_its_row_aside(desk: Desk) -> None:
    cells = ["9", "9 of 10", "NaN", "inf", "1e999", "0x10", "1,5"]
    assert landed(desk, cells, {}) == [9.0, *["rejected"] * 6]


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Binary])
def test_a_text_that_is_blank_is_none_whatever_a_typed_file_calls_it(
    desk: Desk, dtype: type[pl.DataType]
) -> None:
    cells = pl.Series("cell", ["tea", "", "  ", " tea "]).cast(dtype)
    frame = pl.DataFrame({"id": ["0", "1", "2", "3"], "cell": cells})
    frame.write_parquet(desk.exports / "a.parquet")
    columns = {"review_id": "id", "title": "cell", "reviewed_at": {"constant": "2026-01-01"}}
    desk.land({"files": "a.parquet", "tables": {"reviews": {"columns": columns}}}, "review")
    assert desk.table("reviews")["title"].to_list() == ["tea", None, None, " tea "]


def test_whole_numbers_take_a_zero_fraction_and_no_other(desk: Desk) -> None:
    assert landed(desk, ["3", "3.0", "3.5"], {}, "helpful_count") == [3, 3, "rejected"]


def test_yes_and_no_have_their_usual_spellings(desk: Desk) -> None:
    cells = ["TRUE", "no", "1", "f", "maybe"]
    assert landed(desk, cells, {}, "is_verified") == [True, False, True, False, "rejected"]


def test_blanks_of_the_column_and_of_the_stream_mean_no_value(desk: Desk) -> None:
    assert landed(desk, ["11", " N/A ", "5"], {"blank": [11, "N/A"]}) == [None, None, 5.0]


def test_a_blank_of_the_stream_holds_for_attributes_too(desk: Desk) -> None:
    desk.put("a.csv", "id,stars,mood\n1,NA,NA\n2,3,fine\n")
    mapping = """
files: a.csv
blank: [NA]
tables:
  reviews: {columns: {review_id: id, rating: stars, reviewed_at: {constant: 2026-01-01}}}
""".replace("2026-01-01", '"2026-01-01"')
    desk.land(mapping, "review")
    assert desk.table("reviews")["rating"].to_list() == [None, 3.0]
    assert desk.table("reviews")["attributes"].to_list() == ["{}", '{"mood":"fine"}']


@pytest.mark.parametrize(
    ("otherwise", "expected"),
    [
        ("reject", ["happy", None, None, "rejected"]),
        ("keep", ["happy", None, None, "so-so"]),
        ("blank", ["happy", None, None, None]),
        ("other", ["happy", None, None, "other"]),
    ],
)
def test_a_map_says_what_becomes_of_texts_it_does_not_list(
    desk: Desk, otherwise: str, expected: list[object]
) -> None:
    spec = {"values": {1: "happy", "2": None}, "otherwise": otherwise}
    assert landed(desk, ["1 ", "2", "", "so-so"], spec, "touchpoint") == expected


def test_a_map_may_say_what_no_value_stands_for(desk: Desk) -> None:
    spec = {"values": {"1": "happy", "": "silent"}}
    assert landed(desk, ["1", "", " ", "2"], spec, "touchpoint") == [
        "happy",
        "silent",
        "silent",
        "rejected",
    ]


def test_what_one_kind_of_row_may_hold_is_not_asked_of_another(desk: Desk) -> None:
    frame = pl.DataFrame({"kind": ["state", "state", "note"], "value": ["1", "2", "late"]})
    desk.put("a.csv", frame.with_row_index("id").write_csv())
    shared = {"case_id": "id", "change_id": "id", "changed_at": {"constant": "2026-01-01"}}
    state = {
        "field": {"constant": "status"},
        "new_value": {"column": "value", "values": {1: "open"}},
    }
    note = {"field": {"constant": "note"}, "new_value": "value"}
    kinds = [
        {"where": {"kind": "state"}, "columns": state},
        {"where": {"kind": "note"}, "columns": note},
    ]
    stream = {"files": "a.csv", "columns": shared, "tables": {"case_changes": kinds}}
    desk.land(stream, "support")

    rows = desk.table("case_changes").sort("case_id").select("case_id", "new_value").rows()
    assert rows == [("0", "open"), ("2", "late")]


ZONE = {"format": "%Y-%m-%d %H:%M", "time_zone": "Europe/Berlin"}
SUMMER, SKIPPED, TWICE = "2026-07-01 12:00", "2026-03-29 02:30", "2026-10-25 02:30"


def test_local_times_become_utc_and_those_in_doubt_are_set_aside(desk: Desk) -> None:
    assert landed(desk, [SUMMER, SKIPPED, TWICE], ZONE, "replied_at") == [
        datetime(2026, 7, 1, 10),  # noqa: DTZ001 (landed times are UTC without a zone)
        "rejected",
        "rejected",
    ]
    assert desk.rejects()["reason"].str.ends_with("no such time (or two) in Europe/Berlin").all()


def test_a_stated_policy_settles_times_in_doubt(desk: Desk) -> None:
    spec = {**ZONE, "ambiguous": "latest", "nonexistent": "forward"}
    assert landed(desk, [SUMMER, SKIPPED, TWICE], spec, "replied_at") == [
        datetime(2026, 7, 1, 10),  # noqa: DTZ001
        datetime(2026, 3, 29, 1, 30),  # noqa: DTZ001
        datetime(2026, 10, 25, 1, 30),  # noqa: DTZ001
    ]


def test_moving_skipped_times_on_does_not_settle_ambiguous_ones(desk: Desk) -> None:
    spec = {**ZONE, "nonexistent": "forward"}
    assert landed(desk, [SUMMER, TWICE], spec, "replied_at")[1] == "rejected"


@pytest.mark.parametrize(
    "cell",
    [
        "2026-07-01T10:00:00Z",
        "2026-07-01T12:00:00.000+02:00",
        "2026-07-01 12:00:00+0200",
        "2026-07-01 10:00:00",
        "2026-07-01T10:00",
    ],
)
def test_iso_8601_needs_no_format(desk: Desk, cell: str) -> None:
    assert landed(desk, [cell], {}, "replied_at") == [datetime(2026, 7, 1, 10)]  # noqa: DTZ001


def test_formats_are_tried_in_order(desk: Desk) -> None:
    spec = {"format": ["%d/%m/%Y", "%m/%d/%Y"]}
    days = [
        day.timetuple()[1:3]
        for day in landed(desk, ["02/01/2026", "1/31/2026"], spec, "replied_at")
    ]  # type: ignore[attr-defined]
    assert days == [(1, 2), (1, 31)]


def test_seconds_and_milliseconds_since_1970(desk: Desk) -> None:
    half = datetime(2026, 7, 1, 10, 0, 0, 500_000)  # noqa: DTZ001
    assert landed(desk, ["1782900000.5"], {"format": "epoch_s"}, "replied_at") == [half]
    assert landed(desk, ["1782900000500"], {"format": "epoch_ms"}, "replied_at")[0] == half


def test_templates_coalesce_and_whole_numbers_make_ids(desk: Desk) -> None:
    desk.put("a.csv", "ticket,line,mail,phone\n7,1.0,,123\n8,2.0,a@example.com,\n9,,,\n")
    desk.land(
        """
files: a.csv
tables:
  reviews:
    columns:
      review_id: {template: "{ticket}/{_row}"}
      order_ref: {template: "{ticket}-{line}"}
      subject_ref: {column: line, whole_number: true}
      external_id: {coalesce: [mail, phone]}
      reviewed_at: {constant: "2026-01-01"}
""",
        "review",
    )
    rows = (
        desk.table("reviews").select("review_id", "order_ref", "subject_ref", "external_id").rows()
    )
    assert rows == [
        ("7/1", "7-1.0", "1", "123"),
        ("8/2", "8-2.0", "2", "a@example.com"),
        ("9/3", None, None, None),
    ]


def test_a_list_of_tags_becomes_json(desk: Desk) -> None:
    desk.put("a.csv", 'id,tags\n1,"a, b"\n2,\n3,"say ""hi"""\n')
    desk.land(
        """
files: a.csv
tables:
  cases:
    columns: {case_id: id, created_at: {constant: "2026-01-01"}, tags: {column: tags, split: ","}}
""",
        "support",
    )
    assert desk.table("cases")["tags"].to_list() == ['["a","b"]', None, '["say \\"hi\\""]']


def test_a_value_that_the_contract_does_not_list_sets_its_row_aside(desk: Desk) -> None:
    desk.put("a.csv", "id,state\n1,open\n2,lost\n")
    desk.land(
        """
files: a.csv
tables: {cases: {columns: {case_id: id, status: state, created_at: {constant: "2026-01-01"}}}}
""",
        "support",
    )
    assert desk.table("cases")["case_id"].to_list() == ["1"]
    assert desk.rejects()["reason"].item().startswith("not one of new, open, pending")


def test_a_required_value_that_is_missing_sets_its_row_aside(desk: Desk) -> None:
    assert landed(desk, ["x"], {}, "title") == ["x"]
    desk.put("a.csv", "id,cell\n,x\n5,y\n")
    columns = {"review_id": "id", "reviewed_at": {"constant": "2026-01-01"}, "title": "cell"}
    desk.land({"files": "a.csv", "tables": {"reviews": {"columns": columns}}}, "review")
    assert desk.rejects()["reason"].to_list() == ["empty, and the contract requires it"]


def test_amounts_are_exact_and_too_large_ones_set_aside(desk: Desk) -> None:
    desk.put("a.csv", "id,paid\n1,0.1\n2,99999999999999.9999\n3,100000000000000\n")
    desk.land(
        """
files: a.csv
tables:
  value_events:
    columns:
      event_id: id
      event_type: {constant: order}
      amount: paid
      occurred_at: {constant: "2026-01-01"}
""",
        "customer",
    )
    assert [str(a) for a in desk.table("value_events")["amount"]] == [
        "0.1000",
        "99999999999999.9999",
    ]
    assert desk.rejects()["record"].to_list() == [3]


def test_rejects_keep_no_body_where_raw_data_is_not_kept(desk: Desk) -> None:
    desk.put("a.csv", "who,score,at\nann,9,2026-01-01\nbob,x,2026-01-01\n")
    pulse = """
files: a.csv
columns: {pulse_id: {constant: p}, respondent_hash: {hash: who}, answered_at: at}
questions: [{columns: score, as: number}]
tables: {pulse_answers: {}, pulse_questions: {}}
"""
    (manifest,) = desk.land(pulse, "workforce", keep_raw=False, key=b"k" * 32)
    assert manifest.pages == []
    assert desk.rejects()["body"].to_list() == [None]
    assert desk.table("pulse_answers")["attributes"].to_list() == [None]
    desk.put("a.csv", "who,score,at\nann,9,never\nbob,x,2026\n")
    with pytest.raises(FixInput, match="none of 2 rows"):
        desk.land(pulse, "workforce", keep_raw=False, key=b"k" * 32)
