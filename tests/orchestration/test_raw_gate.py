"""Rows off contract are set aside with the reason; a gate that cannot judge says just that."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import dagster as dg
import jinja2
import pytest
from house import WHEN, House, review

from connectors.errors import FixEnvironment
from connectors.families import TABLES
from connectors.landing import Manifest
from orchestration.checks import raw_gate, rules, validation
from orchestration.checks.rules import rules_for
from orchestration.defs.warehouse.raw import raw, raw_contract
from orchestration.outcome import Outcome, read_build
from orchestration.warehouse import connect

pytestmark = pytest.mark.slow

GOOD = [review(n) for n in range(20)]
BALANCE = (
    "select sum(rows_in - rows_accepted - rows_rejected - rows_deduplicated) from raw._load_tables"
)


def verdict(house: House, table: str = "reviews") -> raw_gate.Verdict:
    [found] = [v for v in raw_gate.judge(house.settings) if v.table == table]
    return found


def test_good_rows_pass_and_are_judged_once(house: House) -> None:
    house.land(GOOD)
    house.load()

    assert verdict(house) == raw_gate.Verdict("reviews", 20)
    assert verdict(house) == raw_gate.Verdict("reviews", 0)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (review("bad", rating=9.0), "rating: within its scale"),
        (review("bad", rating=1e300, scale_max=1e300), "rating: in range"),
        (review("bad", rating=float("nan"), scale_min=None), "rating: in range"),
        (review("bad", reviewed_at=WHEN + timedelta(days=9000)), "reviewed_at: in time"),
        (review("bad", reviewed_at=WHEN - timedelta(days=30000)), "reviewed_at: in time"),
        (review("bad", reviewed_at=None), "reviewed_at: given"),
        (review(None), "review_id: given"),  # type: ignore[arg-type]
    ],
)
def test_a_row_that_breaks_a_rule_is_set_aside_with_the_reason(
    house: House, row: dict[str, object], rule: str
) -> None:
    if rule == "review_id: given":
        row["review_id"] = None
    house.land([*GOOD, row])
    house.load()

    found = verdict(house)

    assert found.passed
    assert found.rejected == 1
    assert found.culprits[rule] == 1
    assert house.rows("select count(*) from raw.reviews") == [(20,)]
    [(reason, load_id)] = house.rows("select _reason, _load_id from raw.reviews__rejects")
    reasons = {r.name: r.reason for r in rules_for(TABLES["reviews"])}
    assert reasons[rule] in reason
    assert load_id
    assert house.rows(BALANCE) == [(0,)]


LATE = review("late", updated_at=WHEN + timedelta(days=27000), reviewed_at=None)


def reread(house: House, *rows: dict[str, object]) -> Manifest:
    """Land rows of a file that changed, and load them."""
    manifest = house.land(list(rows), facts={"overlaps": True})
    house.load()
    return manifest


def test_a_reject_that_is_read_again_is_a_repetition(house: House) -> None:
    house.land([*GOOD, LATE])
    house.load()
    assert verdict(house).rejected == 1

    again = reread(house, *GOOD, LATE, *(review(f"new{n}") for n in range(3)))
    found = verdict(house)

    assert found == raw_gate.Verdict("reviews", 3, repeated=1)
    assert house.rows("select count(*) from raw.reviews") == [(23,)]
    assert house.rows("select count(*) from raw.reviews__rejects") == [(1,)]
    assert house.rows(
        "select rows_in, rows_accepted, rows_rejected, rows_deduplicated from raw._load_tables "
        f"where load_id = '{again.load_id}'"
    ) == [(24, 3, 0, 21)]


def test_a_reject_without_a_key_is_a_repetition_too_in_one_gate_or_two(house: House) -> None:
    nobodys = {**review(0), "review_id": None}
    house.land([*GOOD, nobodys])
    reread(house, *GOOD, nobodys)
    both = verdict(house)
    reread(house, *GOOD, nobodys)

    assert (both.rejected, both.repeated) == (1, 1)
    assert (verdict(house).rejected, house.rows(BALANCE)) == (0, [(0,)])


def test_a_reject_that_changed_and_is_still_wrong_is_another(house: House) -> None:
    house.land([*GOOD, LATE])
    house.load()
    verdict(house)
    reread(house, {**LATE, "rating": 1.0}, *(review(f"new{n}") for n in range(20)))

    assert verdict(house).rejected == 1
    assert house.rows("select count(*) from raw.reviews__rejects") == [(2,)]


def test_a_reject_that_breaks_no_rule_any_more_is_accepted(house: House) -> None:
    house.land([*GOOD, review("twin"), review("twin", rating=1.0)])
    house.load()
    verdict(house)
    reread(house, *GOOD, review("twin"))

    assert verdict(house) == raw_gate.Verdict("reviews", 1)
    assert house.rows("select count(*) from raw.reviews where review_id = 'twin'") == [(1,)]


def test_a_reject_that_a_replay_brings_again_counts_for_the_replay(house: House) -> None:
    old = house.land([*GOOD, LATE])
    house.load()
    verdict(house)
    house.land([*GOOD, LATE], load_id=f"{old.load_id}.r1", facts={"supersedes": [old.load_id]})
    house.load()

    assert verdict(house).rejected == 1
    assert house.rows("select count(distinct _load_id) from raw.reviews__rejects") == [(2,)]


def test_two_rows_of_one_key_in_one_package_are_both_set_aside(house: House) -> None:
    house.land([*GOOD, review("twin"), review("twin", rating=1.0)])
    house.load()

    found = verdict(house)

    assert found.culprits == {"key: once in a package": 2}
    assert house.rows("select count(*) from raw.reviews where review_id = 'twin'") == [(0,)]


def test_a_value_off_the_contracts_list_is_set_aside(house: House) -> None:
    people = [{"survey_id": "s", "response_id": str(n), "status": "completed"} for n in range(20)]
    house.land([*people, {**people[0], "response_id": "x", "status": "odd"}], "survey_responses")
    house.load()

    assert verdict(house, "survey_responses").culprits == {"status: accepted value": 1}


def test_too_many_culprits_block_and_nothing_is_moved(house: House) -> None:
    house.land([review(1), review(2, rating=9.0)])
    house.load()

    found = verdict(house)

    assert not found.passed
    assert house.rows("select count(*) from raw.reviews") == [(2,)]
    assert house.rows("select count(*) from raw.reviews__rejects") == [(0,)]
    with connect(house.settings.warehouse, read_only=True) as connection:
        assert len(raw_gate.waiting(connection)) == 1
    # and it blocks again, until somebody settles it
    assert not verdict(house).passed


def test_what_blocks_names_its_sources_and_shows_rows_where_they_are(house: House) -> None:
    house.land([review("ann@b.test"), review(2, rating=9.0)], source="store")
    twins = [{"survey_id": "s", "response_id": "1", "status": "completed"}] * 41
    house.land(twins, "survey_responses", source="forms")
    house.land([*GOOD, *(review(f"n{n}") for n in range(60)), review("x", rating=9.0)], "reviews")
    house.load()

    found = {v.table: v for v in raw_gate.judge(house.settings)}
    blocked, passed = found["survey_responses"], found["reviews"]

    assert (blocked.passed, passed.passed) == (False, True)
    assert (blocked.sources, passed.sources) == (("forms",), ("app", "store"))
    # nothing was moved in any table
    assert (blocked.moved, passed.moved, passed.rejected) == (0, 0, 2)
    assert len(house.rows(blocked.query)) == 41
    assert {row[:2] for row in house.rows(f"select source, review_id from ({passed.query})")} == {
        ("app", "x"),
        ("store", "2"),
    }
    sentence = blocked.sentence(0.1)
    assert "41 of 41 new rows" in sentence
    assert "from forms" in sentence
    assert blocked.query in sentence
    assert "__rejects" not in sentence


def test_a_run_says_what_blocks_and_that_nothing_was_set_aside(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARFUL_DATA", str(house.settings.data))
    monkeypatch.setenv("EARFUL_BUILD", str(house.settings.build))

    def run() -> Outcome:
        outcome = Outcome()
        made = dg.materialize([raw, raw_contract], raise_on_error=False)
        read_build(outcome, made.all_events)
        return outcome

    house.land([*GOOD, LATE])
    moved = run()
    house.land([*GOOD, LATE, review("new")], facts={"overlaps": True})
    repeated = run()
    house.land([review("odd", rating=9.0)])
    blocked = run()

    assert (moved.refused_rows, moved.loaded) == ({"reviews": 1}, {"reviews": 21})
    assert (repeated.refused_rows, repeated.loaded) == ({}, {"reviews": 1})
    assert (moved.failed_checks, repeated.failed_checks) == ([], [])
    [check] = blocked.failed_checks
    assert check.why.startswith("1 of 1 new rows break the contract, more than EARFUL_MAX_REJECTED")
    assert (blocked.exit_code, blocked.refused_rows) == (3, {})


def test_a_replay_settles_what_was_blocked(house: House) -> None:
    old = house.land([review(1), review(2, rating=9.0)])
    house.load()
    verdict(house)
    house.land(
        [review(1), review(2, rating=5.0)],
        load_id=f"{old.load_id}.r1",
        facts={"supersedes": [old.load_id]},
    )
    house.load()

    assert verdict(house).passed
    with connect(house.settings.warehouse, read_only=True) as connection:
        assert raw_gate.waiting(connection) == []


def test_only_new_rows_are_judged(house: House) -> None:
    house.land(GOOD)
    house.load()
    verdict(house)
    with connect(house.settings.warehouse) as connection:
        connection.execute("update raw.reviews set rating = 99 where review_id = '3'")
    house.land([review("new")])
    house.load()

    assert verdict(house) == raw_gate.Verdict("reviews", 1)


def test_a_check_that_errors_is_neither_a_pass_nor_bad_data(house: House) -> None:
    house.land(GOOD)
    house.load()
    broken = replace(rules_for(TABLES["reviews"])[0], arguments={"column": "no_such_column"})
    with patch.object(raw_gate, "rules_for", lambda _table: [broken]):
        with pytest.raises(FixEnvironment, match="raised instead of answering"):
            raw_gate.judge(house.settings)

    with connect(house.settings.warehouse, read_only=True) as connection:
        assert len(raw_gate.waiting(connection)) == 1


def test_a_suite_that_disagrees_with_its_own_rule_is_a_bug_and_says_so(house: House) -> None:
    house.land([*GOOD, review("bad", rating=9.0)])
    house.load()
    honest = validation.validate

    def miscounted(*args: object) -> dict[str, dict[str, int]]:
        found = honest(*args)  # type: ignore[arg-type]
        return {t: {r: n * 2 for r, n in rules_.items()} for t, rules_ in found.items()}

    with patch.object(validation, "validate", miscounted):
        with pytest.raises(AssertionError, match="the suite counts 2 rows"):
            raw_gate.judge(house.settings)


def test_a_lost_row_is_noticed(house: House) -> None:
    house.land(GOOD)
    house.load()
    with connect(house.settings.warehouse) as connection:
        connection.execute("update raw._load_tables set rows_accepted = rows_accepted - 1")

    with pytest.raises(AssertionError, match="rows in are not rows accepted"):
        raw_gate.judge(house.settings)


def test_the_verdicts_are_written_as_data_docs_and_nowhere_else(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "temporary"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    house.land(GOOD)
    house.load()
    verdict(house)

    docs = house.settings.data_docs / "raw_gate"
    assert (docs / "index.html").exists()
    assert list(docs.glob("expectations/*.html"))
    assert list(docs.glob("validations/**/*.html"))
    assert not list(elsewhere.iterdir())


def test_data_docs_compile_no_template_twice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.land(GOOD)
    house.load()
    verdict(house)
    compiled = []
    once = jinja2.Environment.compile

    def counted(
        self: jinja2.Environment, source: str, name: str | None = None, *rest: object
    ) -> object:
        # what is in a value has no name
        compiled.extend([name] if name else [])
        return once(self, source, name, *rest)

    monkeypatch.setattr(jinja2.Environment, "compile", counted)
    house.land([review(30, rating=9.0)])
    house.load()
    verdict(house)

    assert not compiled


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_rule_of_every_contract_can_be_evaluated(house: House, table: str) -> None:
    house.load()
    contract = TABLES[table]
    names = [rule.name for rule in rules.rules_for(contract)]
    assert len(names) == len(set(names))
    with connect(house.settings.warehouse, read_only=True) as connection:
        for rule in rules.rules_for(contract):
            connection.execute(
                f"with new_rows as (select * from raw.{table}) "
                f"select count(*) from new_rows where {rule.culprit}"
            )
