from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from synthetic import CURSORS, Company
from warehouse import SEEDS, Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

# An id is kept from run to run, a rebuild has only the present to go by: customers are compared by
# the smallest reference that they hold now, so that each must consist of the same references.
REFERENCE = (
    "(select min(node_id) from intermediate.int_customer_ids as i"
    " where i.until is null and i.customer_id = mart.customer_id)"
)
CUSTOMER = f"* exclude (row_hash) replace ({REFERENCE} as customer_id)"
# whose a journey is: a customer by reference as above, or an account, whose id never changes
PARTY = f"coalesce({REFERENCE.replace('mart.customer_id', 'mart.party_id')}, party_id)"
JOURNEY = (
    f"* exclude (journey_id, row_hash) replace ({REFERENCE} as customer_id, {PARTY} as party_id)"
)
LATE = datetime(2027, 3, 1)  # noqa: DTZ001  # times in the warehouse are naive UTC
# what changes in a house of which something is to be left alone: two reviews say the same now
ROWS = Company(4).records()
AGAIN = {"rating": 2, "title": None, "body": "Fine, thanks.", "updated_at": LATE}
MODELS = ("--resource-type", "seed", "--resource-type", "model")
MARTS = {
    "journey_events": CUSTOMER,
    "scores": CUSTOMER,
    "comments": CUSTOMER,
    # the id is that of the comment and the theme
    "comment_themes": CUSTOMER,
    "theme_trends": "*",
    "themes_to_map": "*",
    "invitations": CUSTOMER,
    "journeys": JOURNEY,
    "journey_steps": JOURNEY,
    "journey_funnels": "*",
    "journey_paths": "*",
    "journey_dropoffs": "*",
    "journeys_to_check": "*",
    "customers": CUSTOMER,
    "cases": CUSTOMER,
    "case_backlog": "*",
    "case_parity": "*",
    "case_parity_summary": "*",
    "clocks_to_check": "*",
    "accounts": "*",
    "identity_conflicts": "*",
    "metrics": "*",
    "outcomes": "*",
    "drivers": "*",
    "team_rating_coverage": "*",
    "team_pulse": "*",
    "questions_to_map": "*",
    "touchpoints_to_map": "*",
}
# sums that are kept, beside what is published of them
SUMS = {
    "metric_cells": "n",
    "metric_strata": "n",
    "metric_customers": "customers",
    "theme_cells": "comments",
}


@pytest.mark.parametrize("seed", [5, 6])
def test_days_in_any_order_and_a_build_cut_short_end_where_one_full_build_ends(
    warehouse: Callable[[str], Warehouse], seed: int
) -> None:
    """Rows arrive late, change and go; one day's build ends before its answers are summed up.

    Journeys are made of few touches at a time, and at once.
    """
    stepwise, whole = warehouse("stepwise"), warehouse("whole")
    before = stepwise.folder / "before.duckdb"
    for day, portion in enumerate(Company(seed).portions(4)):
        if day:
            shutil.copy(stepwise.release, before)
        stepwise.load(portion)
        cut = ("--exclude", "metric_cells+", "metric_strata+") if day == 1 else ()
        stepwise.dbt("build", *MODELS, *cut, "--vars", "{slice_rows: 40}", seeds=SEEDS)
        if day:
            assert _read_otherwise(stepwise, before) == {}
        whole.load(portion)
    whole.dbt("build", "--exclude-resource-type", "unit_test", seeds=SEEDS)

    _assert_same(stepwise, whole)
    # by what their feeds told them, and not because they looked at everything
    assert stepwise.rows("select distinct reader from feeds.marks where not is_told") == []
    assert whole.rows("select count(*) from release.main.scores") > [(0,)]
    measured = "select count(business_requester_wait_minutes) from release.main.cases"
    assert whole.rows(measured) > [(9,)]
    # the words that messages had before some were taken out are published nowhere
    taken_out = (
        "from release.main.comments as c join staging.stg_case_messages as m"
        " on c.comment_id = m.record_id where m.body like '%▇%'"
    )
    assert stepwise.rows(f"select distinct comment {taken_out}") == [("Message ▇▇▇▇",)]
    # what was replaced stays until its readers know, and no longer
    replaced = "select count(distinct until) from numbers.metric_observations"
    assert stepwise.rows(replaced) == [(1,)]


def test_changed_seeds_and_time_alone_change_what_hangs_on_them(
    warehouse: Callable[[str], Warehouse], tmp_path: Path
) -> None:
    rows = Company(3).records()
    stepwise, whole = warehouse("stepwise"), warehouse("whole")
    stepwise.load(rows)
    stepwise.dbt("build", *MODELS, seeds=SEEDS)
    changed = _changed_seeds(tmp_path / "seeds")
    stepwise.dbt("build", *MODELS, seeds=changed)
    # nothing but a review of nobody known, but so late that journeys which were open have ended
    nobody = dict.fromkeys(("person_ref", "external_id", "email", "phone", "account_ref"))
    review = {**rows["reviews"][0], **nobody, "review_id": "late", "reviewed_at": LATE}
    late = {"reviews": [{**review, "updated_at": LATE}]}
    stepwise.load(late, at=LATE)
    stepwise.dbt("build", *MODELS, seeds=changed)
    still_open = "select count(*) from release.main.journeys where outcome = 'open'"
    assert stepwise.rows(still_open) == [(0,)]
    # and without it they have not
    later = LATE + timedelta(hours=1)
    gone = {"reviews": [{**review, "updated_at": later, "_deleted": True}]}
    stepwise.load(gone, at=later)
    stepwise.dbt("build", *MODELS, seeds=changed)

    for portion, at in ((rows, None), (late, LATE), (gone, later)):
        whole.load(portion, at=at)
    whole.dbt("build", *MODELS, seeds=changed)
    _assert_same(stepwise, whole)
    assert whole.rows(still_open) > [(0,)]


def test_what_is_dated_ahead_is_a_touch_when_it_is_near_enough(
    warehouse: Callable[[str], Warehouse],
) -> None:
    house = warehouse("house")
    first = LATE - timedelta(days=200)
    order = {**ROWS["value_events"][0], "event_type": "order", "person_ref": "p1"}
    order["occurred_at"] = first + timedelta(days=370)
    portions = {0: {"value_events": [order]}, 1: {"reviews": ROWS["reviews"][:1]}}
    found = []
    for days in (0, 1, 5):
        house.load(
            portions.get(days, {"reviews": ROWS["reviews"][1:2]}), first + timedelta(days=days)
        )
        house.dbt("build", *MODELS, "--select", "+journey_steps", seeds=SEEDS)
        found += house.rows("select count(*) from release.main.journey_steps where kind = 'order'")

    assert found[:2] == [(0,), (0,)]
    assert found[2] > (0,)


def test_time_alone_tells_whether_somebody_came_back(
    warehouse: Callable[[str], Warehouse],
) -> None:
    """Nothing is new of a case but that its source was heard of when seven days were past."""
    house = warehouse("house")
    solved = max(r["changed_at"] for r in ROWS["case_changes"])
    support = {kind: ROWS[kind] for kind in ("people", "cases", "case_messages", "case_changes")}
    review = {"source": "desk", "review_id": "late", "reviewed_at": solved + timedelta(days=30)}
    judged = []
    for portion in (support, {"reviews": [review]}):
        house.load(portion)
        house.dbt("build", *MODELS, "--select", "+cases", seeds=SEEDS)
        judged += house.rows("select count(is_first_contact_resolution) from release.main.cases")

    assert judged[0] < judged[1]


def test_a_rule_or_words_alone_change_the_comments_that_hang_on_them(
    warehouse: Callable[[str], Warehouse], tmp_path: Path
) -> None:
    shutil.copytree(SEEDS, tmp_path / "seeds")
    rules = tmp_path / "seeds" / "theme_map.csv"
    rules.write_text(f"{rules.read_text().rstrip()}\nwords,,any,text 3,\n")
    stepwise, whole = warehouse("stepwise"), warehouse("whole")
    silent = [{**row, "body": " ", "updated_at": LATE} for row in ROWS["case_messages"]]
    stepwise.load(ROWS)
    stepwise.dbt("build", *MODELS, seeds=SEEDS)
    # as an upgrade does that changes these models and not their readers
    anew = ("--full-refresh", "--select", "theme_writers", "metric_customer_periods")
    stepwise.dbt("build", *MODELS, *anew, seeds=SEEDS)
    stepwise.load({"case_messages": silent})
    stepwise.dbt("build", *MODELS, seeds=rules.parent)
    whole.load(ROWS)
    whole.load({"case_messages": silent})
    whole.dbt("build", *MODELS, seeds=rules.parent)

    _assert_same(stepwise, whole)
    found = "select count(*) from release.main.comment_themes where theme = 'words'"
    assert whole.rows(found) > [(0,)]


def test_a_second_score_alone_changes_the_journeys_that_it_was_given_on(
    warehouse: Callable[[str], Warehouse], tmp_path: Path
) -> None:
    """Events carry the main score of a voice, journeys are told by all of them."""
    shutil.copytree(SEEDS, tmp_path / "seeds")
    with (tmp_path / "seeds" / "question_map.csv").open("a") as questions:
        questions.write("shop,s1,q3,,csat,1,5,,,,,,,how satisfied\n")
    asked = [row for row in ROWS["survey_answers"] if row["question_id"] == "q1"]
    happy = [{**row, "question_id": "q3", "value_number": 5} for row in asked]
    angry = [{**row, "value_number": 1, "updated_at": LATE} for row in happy]
    house, found = warehouse("house"), []
    first = {**ROWS, "survey_answers": [*ROWS["survey_answers"], *happy]}
    for portion in (first, {"survey_answers": angry}):
        house.load(portion)
        house.dbt("build", *MODELS, "--select", "+journeys", seeds=tmp_path / "seeds")
        found += house.rows("select sum(lowest_score) from release.main.journeys")

    assert found[1] < found[0]


def test_what_is_paid_changes_the_values_of_journeys_that_it_is_no_part_of(
    warehouse: Callable[[str], Warehouse],
) -> None:
    """Two calls for help long ago; the second one lies within 90 days of what is paid.

    What is paid after it is known when 90 days are past, by time alone.
    """
    house, who = warehouse("house"), {"source": "shop", "person_ref": "p"}
    times = {"far": 800, "near": 300}
    cases = [
        {**who, "case_id": case, "status": "open", "created_at": LATE - timedelta(days=days)}
        for case, days in times.items()
    ]
    heard = [
        {"source": "shop", "review_id": f"r{days}", "reviewed_at": LATE - timedelta(days=days)}
        for days in (times["near"] - 40, 10)
    ]

    def order(event_id: str, after: int, currency: str) -> dict[str, Any]:
        at = LATE - timedelta(days=times["near"] - after)
        paid = {"event_type": "order", "amount": 10, "currency": currency, "occurred_at": at}
        return {**who, "event_id": event_id, **paid, "updated_at": at}

    orders = [order("o1", 60, "EUR"), order("o2", 61, "EUR"), order("o3", 62, "USD")]
    gone = [_gone("value_events", row) for row in orders]
    found = []
    for day, portion in enumerate(
        (
            {"cases": cases, "reviews": heard[:1]},
            {"reviews": heard[1:]},
            {"value_events": orders[:1]},
            {"value_events": orders[1:2]},
            {"value_events": orders[2:]},
            {"value_events": gone},
            {"value_events": [order("o4", 60, "EUR"), order("o5", 61, "USD")]},
        )
    ):
        house.load(portion, at=LATE + timedelta(days=day))
        house.dbt("build", *MODELS, "--select", "+journeys", seeds=SEEDS)
        found.append(
            house.rows(
                "select value_before, value_after, value_currency from release.main.journeys"
                " where journey = 'help' order by started_at"
            )
        )

    assert found == [
        [(0, 0, None), (0, None, None)],
        [(0, 0, None), (0, 0, None)],
        [(0, 0, "EUR"), (0, 10, "EUR")],
        [(0, 0, "EUR"), (0, 20, "EUR")],
        [(None, None, None), (None, None, None)],
        [(0, 0, None), (0, 0, None)],
        [(None, None, None), (None, None, None)],
    ]


def test_what_a_source_takes_back_takes_with_it_what_hangs_on_it(
    warehouse: Callable[[str], Warehouse],
) -> None:
    """Whole kinds of records go, what hangs on others before them."""
    stepwise, whole = warehouse("stepwise"), warehouse("whole")
    days = ("pulse_answers accounts case_messages", "survey_responses people", "cases")
    gone = [
        {kind: [_gone(kind, row) for row in ROWS[kind]] for kind in day.split()} for day in days
    ]
    for portion in (ROWS, *gone):
        stepwise.load(portion)
        stepwise.dbt("build", *MODELS, seeds=SEEDS)
        whole.load(portion)
    whole.dbt("build", *MODELS, seeds=SEEDS)

    _assert_same(stepwise, whole)
    kept = "select distinct kind from release.main.journey_events"
    left = {kind for (kind,) in whole.rows(kept)}
    assert not left & {"team_pulse", "customer_message", "survey_answered", "case_opened"}
    assert left > {"order", "review_written", "case_rated", "survey_invited"}


@pytest.fixture(scope="module")
def touched(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A built house in which two reviews changed; before, what was built was written over."""
    house = Warehouse(tmp_path_factory.mktemp("touched"))
    wanted = ("--select", "+metric_cells", "+comments")
    house.load(ROWS)
    house.dbt("build", *MODELS, *wanted, seeds=SEEDS)
    themes = dict(house.rows("select themes, count(*) from release.main.comments group by all"))
    assert {"fine", "message", "odd", None} <= set(themes)
    with house.open() as db:
        db.execute("update intermediate.int_text_themes set rules_found = 'seen|| '")
    house.load({"reviews": [{**review, **AGAIN} for review in ROWS["reviews"][:2]]})
    house.dbt("build", *MODELS, *wanted, seeds=SEEDS)
    return house


def test_an_increment_sums_no_metric_again_that_nothing_touched(touched: Warehouse) -> None:
    summed = "select distinct metric from numbers.metric_cells where build = 2 order by all"
    assert touched.rows(summed) == [("rating",), ("rating_top_box",)]
    # and of those two not every cell
    left = "select distinct metric from numbers.metric_cells where build = 1 order by all"
    assert {("rating",), ("rating_top_box",)} <= set(touched.rows(left))


def test_a_text_is_searched_for_themes_once(touched: Warehouse) -> None:
    """Its row keeps what is written into it, until the rules change."""
    searched = "select rules_found from intermediate.int_text_themes where rules_found <> 'seen|| '"
    assert touched.rows(searched) == [("fine||praise",)]


def test_an_increment_places_no_voice_again_that_nothing_touched(
    warehouse: Callable[[str], Warehouse],
) -> None:
    """Rows of untouched voices keep what is written into them."""
    house = warehouse("house")
    moved = {**ROWS["reviews"][0], **AGAIN, "reviewed_at": LATE}
    for rows in (ROWS, {"reviews": [moved]}):
        house.load(rows)
        house.dbt("build", *MODELS, "--select", "+int_placed_voices", seeds=SEEDS)
        placed = "select native_ref from intermediate.int_placed_voices where channel <> 'x'"
        touched = house.rows(placed)
        with house.open() as db:
            db.execute("update intermediate.int_placed_voices set channel = 'x'")

    assert touched == [(ROWS["reviews"][0]["review_id"],)]


def _gone(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    return {**row, CURSORS.get(kind, "updated_at"): LATE, "_deleted": True}


def _changed_seeds(folder: Path) -> Path:
    """Other scales, touchpoints, journeys and hours, people joined and an address set aside."""
    shutil.copytree(SEEDS, folder)
    for seed, old, new in (
        ("question_map", "shop,s1,q1,,nps,0,10", "shop,s1,q1,,nps,0,9"),
        ("touchpoint_map", "50,desk,case,tag,vip,", "50,desk,case,tag,late parcel,"),
        ("touchpoint_map", "200,,order,,,buy,order", "200,,order,,,want,basket"),
        ("journey_definitions", "relationship,,,,,,", "relationship,,,10,,,"),
        ("journey_marks", "help,failure,refund,,,", "help,failure,review_written,,,"),
        ("identity_overrides", "reason\n", "reason\nforce_same,shop,person,p1,shop,person,p2,x\n"),
        ("business_hours", "late,1-6,12:00", "late,1-6,11:00"),
        ("team_calendars", "desk,t0,office\n", "desk,,office\n"),
        ("theme_map", "box,en,complaint", "crate,en,complaint"),
        ("identity_blocklist", "reason\n", "reason\nemail,person3@mail.test,a desk\n"),
    ):
        path = folder / f"{seed}.csv"
        assert old in path.read_text(), seed
        path.write_text(path.read_text().replace(old, new, 1))
    return folder


def _assert_same(stepwise: Warehouse, whole: Warehouse) -> None:
    for mart, columns in MARTS.items():
        query = f"select {columns} from release.main.{mart} as mart order by all"
        assert _rounded(stepwise.rows(query)) == _rounded(whole.rows(query)), mart
    for model, n in SUMS.items():
        query = f"select * exclude (build) from numbers.{model} where {n} > 0 order by all"
        assert _rounded(stepwise.rows(query)) == _rounded(whole.rows(query)), model


def _read_otherwise(house: Warehouse, before: Path) -> dict[str, int]:
    """Rows of each mart that are new and have the fingerprint of a row that was there before."""
    with house.open() as db:
        db.execute(f"attach '{before}' as before (read_only)")
        hashed = (
            "select table_name from duckdb_columns()"
            " where database_name = 'release' and column_name = 'row_hash'"
        )
        found = {
            mart: db.execute(
                f"select count(*) from (from release.main.{mart} except from before.main.{mart})"
                f" where row_hash in (select row_hash from before.main.{mart})"
            ).fetchone()
            for (mart,) in db.execute(hashed).fetchall()
        }
    assert len(found) == 9
    return {mart: row[0] for mart, row in found.items() if row and row[0]}


def _rounded(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """The order in which floats were added shows in their last digit."""
    return [tuple(round(v, 9) if isinstance(v, float) else v for v in row) for row in rows]
