"""Joins, conversations, several tables of one file, duplicates, windows and replay."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from desk import Desk

from connectors.errors import FixConfiguration, FixInput
from connectors.landing import Window
from connectors.landing.replay import replay

ORDERS = """
files: orders.csv
lookups:
  - {files: "pay*.csv", key: id, take: paid, aggregate: {paid: sum}}
  - {files: people.csv, key: {person: who}, take: {group: segment}}
tables:
  value_events:
    columns:
      event_id: id
      event_type: {constant: order}
      person_ref: person
      product: group
      amount: paid
      occurred_at: at
"""


def shop(desk: Desk) -> None:
    desk.put("orders.csv", "id,person,at\n1,ann,2026-01-01\n2,bob,2026-01-02\n3,cy,2026-01-03\n")
    desk.put("pay_a.csv", "id,paid\n1,0.1\n1,0.2\n")
    desk.put("pay_b.csv", "id,paid\n2,5\n9,7\n")
    desk.put("people.csv", "who,segment\nann,new\nbob,old\n")


def test_columns_of_other_files_are_joined_and_summed_exactly(desk: Desk) -> None:
    shop(desk)
    (manifest,) = desk.land(ORDERS, "customer")
    rows = desk.table("value_events").sort("event_id")
    assert rows.select(pl.col("amount").cast(pl.String), "product").rows() == [
        ("0.3000", "new"),
        ("5.0000", "old"),
        (None, None),
    ]
    assert [i.path for i in manifest.inputs] == [
        "orders.csv",
        "pay_a.csv",
        "pay_b.csv",
        "people.csv",
    ]


def test_a_changed_lookup_is_a_changed_file(desk: Desk) -> None:
    shop(desk)
    desk.land(ORDERS, "customer")
    assert desk.land(ORDERS, "customer") == []
    desk.put("people.csv", "who,segment\nann,old\n")
    (again,) = desk.land(ORDERS, "customer")
    assert again.overlaps


def test_a_join_that_would_multiply_rows_is_refused(desk: Desk) -> None:
    shop(desk)
    bare = ORDERS.replace(", aggregate: {paid: sum}", "")
    with pytest.raises(FixInput, match=r"1 keys of pay_a.csv have several rows") as caught:
        desk.land(bare, "customer")
    assert caught.value.code == "LOOKUP-FAN-OUT"
    assert desk.leftovers() == []


def test_a_sum_over_what_is_no_number_is_refused(desk: Desk) -> None:
    shop(desk)
    desk.put("pay_a.csv", "id,paid\n1,ten\n")
    with pytest.raises(FixInput, match="1 rows hold no number, the first is row 1"):
        desk.land(ORDERS, "customer")


def test_a_taken_column_must_not_hide_one_that_is_there(desk: Desk) -> None:
    shop(desk)
    with pytest.raises(FixConfiguration, match="has a column 'at' already"):
        desk.land(ORDERS.replace("{group: segment}", "{at: segment}"), "customer")


def test_on_is_true_in_yaml_and_the_message_says_so(desk: Desk) -> None:
    with pytest.raises(ValueError, match="reads `on` as true"):
        desk.stream(ORDERS.replace("key: id", "on: id"), "customer")


TALK = """
files: talk.csv
thread: {id: id, parent: answers, separator: ","}
tables:
  case_messages:
    columns:
      case_id: _root
      message_id: id
      author_role: {column: who, values: {c: customer, a: agent}}
      is_public: {constant: true}
      created_at: at
  cases:
    where: {_is_root: "true"}
    columns: {case_id: _root, created_at: at}
"""


def test_replies_are_followed_to_the_first_message_that_is_there(desk: Desk) -> None:
    rows = ["1,,c", "2,1.0,a", "3,2,c", '4,"77,3",a', "5,99,c", "6,6,c", "7,5,a"]
    desk.put("talk.csv", "id,answers,who,at\n" + "".join(f"{r},2026-01-01\n" for r in rows))
    (manifest,) = desk.land(TALK, "support")
    messages = desk.table("case_messages").sort("message_id")
    assert messages["case_id"].to_list() == ["1", "1", "1", "1", "5", "6", "5"]
    assert desk.table("cases")["case_id"].sort().to_list() == ["1", "5", "6"]
    assert manifest.counts.accepted == 7


def test_a_long_conversation_is_followed_to_its_start(desk: Desk) -> None:
    rows = "".join(f"{n},{n - 1 if n else ''},c,2026-01-01\n" for n in range(5000))
    desk.put("talk.csv", "id,answers,who,at\n" + rows)
    desk.land(TALK, "support")
    assert desk.table("case_messages")["case_id"].unique().to_list() == ["0"]
    assert desk.table("cases").height == 1


@pytest.mark.parametrize("length", [2, 3, 4])
def test_messages_in_a_circle_have_no_first_one(desk: Desk, length: int) -> None:
    rows = "".join(f"{n},{(n + 1) % length},c,2026-01-01\n" for n in range(length))
    desk.put("talk.csv", "id,answers,who,at\n" + rows)
    with pytest.raises(FixInput, match="in a circle"):
        desk.land(TALK, "support")


LONG = """
files: long.csv
columns: {survey_id: {constant: s}, response_id: who}
tables:
  survey_answers:
    columns: {question_id: question, item_id: {constant: ""}, value_number: score}
  survey_responses:
    columns: {status: {constant: completed}, segment: team}
    one_per_key: same
"""


def test_several_rows_may_make_one_record_if_they_agree(desk: Desk) -> None:
    desk.put("long.csv", "who,question,score,team\na,q1,1,x\na,q2,2,x\nb,q1,3,y\n")
    (manifest,) = desk.land(LONG)
    assert manifest.counts.accepted == 3
    assert desk.table("survey_answers").height == 3
    assert desk.table("survey_responses").sort("response_id")["segment"].to_list() == ["x", "y"]


def test_rows_of_one_record_that_disagree_are_named(desk: Desk) -> None:
    desk.put("long.csv", "who,question,score,team\na,q1,1,x\nb,q1,3,y\na,q2,2,z\n")
    with pytest.raises(FixInput, match=r"survey_responses.segment: rows 1 and 3 of the file"):
        desk.land(LONG)
    assert desk.leftovers() == []
    desk.land(LONG.replace("same", "last"))
    assert desk.table("survey_responses").sort("response_id")["segment"].to_list() == ["z", "y"]


def test_rows_left_out_by_where_are_counted_and_explained(desk: Desk) -> None:
    desk.put("long.csv", "who,question,score,team\na,q1,1,x\nb,q1,no,test\nc,q1,3,\n")
    (manifest,) = desk.land(LONG + "where: {team: [x, '']}")
    assert (manifest.counts.accepted, manifest.counts.rejected) == (2, 1)
    assert desk.rejects()["reason"].item() == "left out by where: team"


def test_a_file_of_which_everything_is_left_out_is_no_error(desk: Desk) -> None:
    desk.put("long.csv", "who,question,score,team\na,q1,1,x\n")
    (manifest,) = desk.land(LONG + "unless: {team: x}\n")
    assert (manifest.counts.accepted, manifest.counts.rejected) == (0, 1)


def test_a_row_that_no_table_takes_is_counted_as_left_out(desk: Desk) -> None:
    desk.put("talk.csv", "id,answers,who,at\n1,,c,2026-01-01\n2,1,a,2026-01-02\n")
    only_cases = TALK[: TALK.index("  case_messages")] + TALK[TALK.index("  cases:") :]
    (manifest,) = desk.land(only_cases, "support")
    assert (manifest.counts.accepted, manifest.counts.rejected) == (1, 1)
    assert desk.rejects()["reason"].item() == "left out by where of every table"


def test_a_table_may_have_several_mappings(desk: Desk) -> None:
    desk.put("talk.csv", "id,answers,who,at\n1,,c,2026-01-01\n2,,a,2026-01-02\n")
    both = """
files: talk.csv
columns: {case_id: id, created_at: at}
tables:
  cases:
    - {where: {who: c}, columns: {person_ref: id}}
    - {where: {who: a}, columns: {assignee_ref: id}}
"""
    desk.land(both, "support")
    rows = desk.table("cases").sort("case_id").select("person_ref", "assignee_ref").rows()
    assert rows == [("1", None), (None, "2")]


REVIEWS = """
files: a.csv
tables: {reviews: {columns: {review_id: id, reviewed_at: at, rating: stars}}}
"""
TWICE = "id,at,stars,mood\n1,2026-01-01,5,x\n2,2026-01-02,4,y\n1,2026-01-01,5,x\n1,2026-01-03,2,z\n"


def test_identical_rows_are_repetitions(desk: Desk) -> None:
    desk.put("a.csv", TWICE.replace("1,2026-01-03,2,z\n", ""))
    (manifest,) = desk.land(REVIEWS, "review")
    assert (manifest.counts.accepted, manifest.counts.deduplicated) == (2, 1)
    assert desk.table("reviews").height == 2


def test_the_last_of_different_rows_counts_if_the_mapping_says_so(desk: Desk) -> None:
    desk.put("a.csv", TWICE)
    (manifest,) = desk.land(REVIEWS + "on_duplicate: last", "review")
    assert (manifest.counts.accepted, manifest.counts.deduplicated) == (2, 2)
    assert desk.table("reviews").sort("review_id")["rating"].to_list() == [2.0, 4.0]


def test_different_rows_of_one_key_are_set_aside_if_the_mapping_says_so(desk: Desk) -> None:
    desk.put("a.csv", TWICE)
    (manifest,) = desk.land(REVIEWS + "on_duplicate: reject", "review")
    counts = manifest.counts
    assert (counts.accepted, counts.deduplicated, counts.rejected) == (1, 1, 2)
    assert desk.rejects()["record"].to_list() == [1, 4]


def test_a_bad_row_is_no_duplicate(desk: Desk) -> None:
    desk.put("a.csv", TWICE.replace("2026-01-03,2", "2026-01-03,two"))
    (manifest,) = desk.land(REVIEWS, "review")
    assert (manifest.counts.deduplicated, manifest.counts.rejected) == (1, 1)


def test_a_row_hash_is_the_same_for_the_same_content_in_another_file(desk: Desk) -> None:
    mapping = REVIEWS.replace("review_id: id", "review_id: {row_hash: [at, stars]}")
    desk.put("a.csv", "at,stars,id\n2026-01-01,5,1\n")
    desk.land(mapping, "review")
    desk.put("a.csv", "id,stars,at\n2,5,2026-01-01\n")
    desk.land(mapping, "review")
    assert desk.table("reviews")["review_id"].n_unique() == 1


def test_attributes_hold_what_is_used_nowhere_or_what_is_listed_or_nothing(desk: Desk) -> None:
    desk.put("a.csv", 'id,at,stars,mood,note\n1,2026-01-01,5,"a ""b""\nc",\n')
    (first,) = desk.land(REVIEWS, "review")
    assert desk.table("reviews")["attributes"].item() == r'{"mood":"a \"b\"\nc"}'
    for options, expected in [("attributes: none", None), ("attributes: [id, note]", '{"id":"1"}')]:
        desk.put("a.csv", f"id,at,stars,mood,note\n1,2026-01-01,5,{len(options)},\n")
        desk.land(REVIEWS + options, "review")
        assert desk.table("reviews").sort("_load_id")["attributes"][-1] == expected
    assert first.tables["reviews"].rows == 1


def test_a_window_reads_files_again_and_keeps_only_its_rows(desk: Desk) -> None:
    desk.put("a.csv", "id,at,stars\n1,2026-01-01,5\n2,2026-01-02,4\n3,2026-01-03,2\n4,never,1\n")
    desk.land(REVIEWS, "review")
    window = Window(since=datetime(2026, 1, 2, tzinfo=UTC), until=datetime(2026, 1, 3, tzinfo=UTC))
    (again,) = desk.land(REVIEWS, "review", window)
    assert (again.counts.read, again.counts.accepted) == (1, 1)
    assert again.overlaps
    assert again.window == window
    # a window looks back: what comes next is still judged by the last whole reading
    assert desk.land(REVIEWS, "review") == []


def test_a_window_does_not_hide_that_a_file_has_changed(desk: Desk) -> None:
    desk.put("a.csv", "id,at,stars\n1,2026-01-01,5\n")
    desk.land(REVIEWS, "review")
    desk.put("a.csv", "id,at,stars\n1,2026-01-01,5\n2,2026-01-02,4\n")
    desk.land(REVIEWS, "review", Window(until=datetime(2026, 1, 2, tzinfo=UTC)))
    (again,) = desk.land(REVIEWS, "review")
    assert again.counts.read == 2


def test_replay_maps_the_kept_files_again_with_todays_mapping(desk: Desk) -> None:
    shop(desk)
    desk.land(ORDERS, "customer")
    for path in desk.exports.iterdir():
        path.unlink()

    mended = desk.stream(
        ORDERS.replace("event_type: {constant: order}", "event_type: {constant: refund}"),
        "customer",
    )
    (again,) = replay(mended, desk.landing)

    assert again.counts.accepted == 3
    rows = desk.table("value_events")
    assert rows["event_type"].unique().to_list() == ["refund"]
    assert rows["amount"].sum() is not None
    assert next(iter(replay(mended, desk.landing))).supersedes == [again.load_id]


def test_a_replayed_file_is_not_read_again(desk: Desk) -> None:
    shop(desk)
    desk.land(ORDERS, "customer")
    stream = desk.stream(ORDERS, "customer")
    list(replay(stream, desk.landing))
    assert list(stream.sync(desk.landing)) == []


@pytest.mark.parametrize("streamed", [False, True])
def test_large_files_are_streamed_with_the_same_result(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, *, streamed: bool
) -> None:
    if streamed:
        monkeypatch.setattr("connectors.files.delimited.IN_MEMORY", 0)
    days = [f"2026-01-{n % 28 + 1:02d}" for n in range(50_000)]
    rows = [f"{n},{day},{n % 6},m{n}\n" for n, day in enumerate(days)]
    rows[777] = "777,never,1,\n"
    rows[888] = "888,2026-01-01\n"
    rows.append(rows[1])
    desk.put("a.csv", "id,at,stars,mood\n" + "".join(rows))
    (manifest,) = desk.land(REVIEWS, "review")
    counts = manifest.counts
    assert (counts.read, counts.accepted, counts.rejected, counts.deduplicated) == (
        50_001,
        49_998,
        2,
        1,
    )
    assert desk.rejects()["record"].to_list() == [778, 889]
    assert desk.table("reviews")["review_id"].cast(pl.Int64).is_sorted()


def test_a_replayed_window_stays_one(desk: Desk) -> None:
    desk.put("a.csv", "id,at,stars\n1,2026-01-01,5\n2,2026-01-02,4\n")
    stream = desk.stream(REVIEWS, "review")
    window = Window(until=datetime(2026, 1, 2, tzinfo=UTC))
    [old] = stream.sync(desk.landing, window)
    for _ in range(2):
        # the second replay maps what the first one kept
        [again] = replay(stream, desk.landing)
        assert (again.window, again.counts) == (window, old.counts)
    # the file was never read as a whole
    [whole] = stream.sync(desk.landing)
    assert whole.counts.accepted == 2
