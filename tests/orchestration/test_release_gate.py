"""What must not be published is not, and the refusal names it."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from duckdb_engine import CursorWrapper
from house import House
from shop import COMMENTS, EDITION, METRICS, columns, release, stock

from connectors.errors import FixEnvironment
from orchestration.checks import release_gate
from orchestration.dbt.manifest import PublicColumn
from orchestration.publishing import snapshot
from orchestration.publishing.versions import FILE, Versions
from orchestration.settings import Settings

pytestmark = pytest.mark.slow

NAKED = (
    "n",
    "interval_low",
    "interval_high",
    "period_start",
    "period_end",
    "method_version",
    "change_low",
    "year_change_high",
    "value_weighted_low",
    "weights_method",
    "value_deseasoned_high",
    "season_method",
)


@pytest.fixture
def stocked(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A release that may be published, and the columns of it that are declared."""
    stock(house)
    declared = columns(house)
    written = {PublicColumn("comments", "comment")}
    monkeypatch.setattr(release_gate, "public_columns", lambda _settings: declared)
    monkeypatch.setattr(release_gate, "free_texts", lambda _settings: written)
    monkeypatch.setattr(release_gate, "may_shrink", lambda _settings: set())
    return house


def refused(house: House, **settings: float) -> dict[str, list[str]]:
    """Checks that refuse, with the culprits that they name."""
    changed = house.settings.model_copy(update=settings)
    return {f.name: f.examples for f in release_gate.judge(changed) if f.culprits}


def publish(house: House) -> str:
    versions = Versions(house.settings.published)
    folder = versions.begin()
    snapshot.write(house.settings, folder, EDITION)
    return versions.finish(folder, keep=3)


def test_a_good_release_passes_every_check(stocked: House) -> None:
    findings = release_gate.judge(stocked.settings)

    assert [f.name for f in findings] == list(release_gate.CHECKS)
    assert not any(f.culprits for f in findings)


def test_each_check_searches_the_release_once(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    execute = CursorWrapper.execute

    def heard(cursor: CursorWrapper, statement: str, *given: Any) -> object:  # noqa: ANN401
        asked.append(statement)
        return execute(cursor, statement, *given)

    monkeypatch.setattr(CursorWrapper, "execute", heard)
    release_gate.judge(stocked.settings)

    assert len([s for s in asked if "subselect" in s]) == len(release_gate.CHECKS)


def test_a_score_is_refused_by_name_whichever_of_its_clothes_is_missing(stocked: House) -> None:
    naked = [f"select * replace ('{c}' as metric, null as {c}) from ({METRICS})" for c in NAKED]
    release(stocked, metrics=" union all ".join([METRICS, *naked]), comments=COMMENTS)

    [finding] = [f for f in release_gate.judge(stocked.settings) if f.culprits]

    assert (finding.name, finding.culprits) == ("no_naked_score", len(NAKED))
    named = [example.partition(" ")[0] for example in finding.examples]
    assert named == sorted(NAKED)[: len(named)]


def test_a_share_without_an_end_of_its_interval_is_refused_by_name(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = (
        "select * from (values (40.0, 30.0, 50.0), (40.0, null, 50.0), (null, null, null)) "
        "as t(reached_share, reached_share_low, reached_share_high)"
    )
    release(stocked, metrics=METRICS, comments=COMMENTS, journey_paths=shares)
    declared = columns(stocked)
    monkeypatch.setattr(release_gate, "public_columns", lambda _settings: declared)
    monkeypatch.setattr(release_gate, "may_shrink", lambda _settings: set())

    assert refused(stocked) == {"no_naked_share": ["journey_paths.reached_share has no interval"]}


def test_an_estimate_without_its_clothes_is_refused_by_name(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    drivers = (
        "select date '2026-01-01' as period_start, date '2026-02-01' as period_end, 'v' as "
        "method_version, n, points, low as interval_low, 2.0 as interval_high "
        "from (values (9, 1.0, 0.5), (9, 1.0, null), (null, 1.0, 0.5), (null, null, null)) "
        "as t(n, points, low)"
    )
    release(stocked, metrics=METRICS, comments=COMMENTS, drivers=drivers)
    declared = columns(stocked)
    monkeypatch.setattr(release_gate, "public_columns", lambda _settings: declared)
    monkeypatch.setattr(release_gate, "may_shrink", lambda _settings: set())

    assert refused(stocked) == {"no_naked_estimate": ["drivers.points is naked (2 rows)"]}


def test_a_number_that_is_not_shown_needs_no_interval(stocked: House) -> None:
    hidden = f"select * replace (null as value, null as n, null as interval_low) from ({METRICS})"
    release(stocked, metrics=hidden, comments=COMMENTS)

    assert refused(stocked) == {}


def test_a_column_that_nobody_declared_public_is_refused_by_name(stocked: House) -> None:
    release(stocked, metrics=METRICS, comments=f"select *, 'Ann' as full_name from ({COMMENTS})")

    assert refused(stocked) == {"no_personal_data": ["comments.full_name is not declared public"]}


def test_a_table_that_nobody_declared_is_refused_even_if_it_is_empty(stocked: House) -> None:
    people = "select 'x' as full_name where false"
    release(stocked, metrics=METRICS, comments=COMMENTS, people=people)

    assert refused(stocked) == {"no_personal_data": ["people.full_name is not declared public"]}


def test_an_address_in_a_text_is_refused_without_being_repeated(stocked: House) -> None:
    write = "'write to ann.o+x@mail.example.org, please'"
    letter = f"select * replace ({write} as comment) from ({COMMENTS}) where comment_id < 3"
    release(stocked, metrics=METRICS, comments=letter)

    assert refused(stocked) == {
        "no_personal_data": ["comments.comment holds an e-mail address (2 rows)"]
    }


def test_what_is_masked_is_refused_by_its_kind(stocked: House) -> None:
    """However it got past the masking: the gate looks for it with the same patterns."""
    said = (
        "anna@müller.de, please",
        "anna.schmidt (at) web.de",
        "06\u00a012\u00a034\u00a056\u00a078",
        "Tel. 0611 - 12 34 56",
        "030\u2011123\u201145\u201167",
        "4111\u00a01111\u00a01111\u00a01111",
        "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000",
    )
    each = ", ".join(f"'{text}'" for text in said)
    letters = f"select * replace (unnest([{each}]) as comment) from ({COMMENTS} limit 1)"
    release(stocked, metrics=METRICS, comments=letters)

    assert refused(stocked) == {
        "no_personal_data": [
            "comments.comment holds a phone number (3 rows)",
            "comments.comment holds an e-mail address (2 rows)",
            "comments.comment holds a card number",
            "comments.comment holds an account number",
        ]
    }


def test_texts_are_refused_where_none_are_to_be_published(stocked: House) -> None:
    assert refused(stocked, publish_texts=False) == {
        "no_personal_data": [
            "comments.comment holds texts, and EARFUL_PUBLISH_TEXTS is off (10 rows)"
        ]
    }
    release(
        stocked,
        metrics=METRICS,
        comments=f"select * replace (null::varchar as comment) from ({COMMENTS})",
    )
    assert refused(stocked, publish_texts=False) == {}


def test_masks_dates_and_orders_are_no_reason_to_refuse(stocked: House) -> None:
    said = "[phone] or [email], order 123456789 of 05.03.2026, 18000.00 paid, v10.0.19045.3803"
    letter = f"select * replace ('{said}' as comment) from ({COMMENTS})"
    release(stocked, metrics=METRICS, comments=letter)

    assert refused(stocked) == {}


def test_an_address_among_ids_is_refused_and_a_row_of_digits_is_an_id(stocked: House) -> None:
    ids = "unnest(['ann@müller.de', '0170 1234567', '4111111111111111'])"
    release(stocked, metrics=f"select * replace ({ids} as source) from ({METRICS})")

    found = refused(stocked)["no_personal_data"]
    assert found == ["metrics.source holds an e-mail address"]


def test_a_column_that_not_every_reader_understands_is_refused(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Besides, nobody looks for addresses inside lists and documents."""
    odd = """
        select '{"to": "ann@example.org"}'::json as a, ['ann@example.org'] as b,
            timestamptz '2026-01-01 00:00:00+00' as c, 1::hugeint as d, 1::decimal(18, 2) as e
    """
    release(stocked, metrics=METRICS, comments=odd)
    declared = columns(stocked)
    monkeypatch.setattr(release_gate, "public_columns", lambda _settings: declared)
    monkeypatch.setattr(release_gate, "may_shrink", lambda _settings: set())

    assert refused(stocked)["plain_types"] == [
        "comments.a is JSON",
        "comments.b is VARCHAR[]",
        "comments.c is TIMESTAMP WITH TIME ZONE",
        "comments.d is HUGEINT",
    ]


def test_a_table_that_lost_more_rows_than_is_allowed_is_refused_with_both_numbers(
    stocked: House,
) -> None:
    publish(stocked)
    release(stocked, metrics=METRICS, comments=f"{COMMENTS} limit 4")

    assert refused(stocked, max_collapse=0.5) == {
        "not_collapsed": ["comments: 10 rows published, 4 now"]
    }


def test_a_table_may_lose_exactly_what_is_allowed(stocked: House) -> None:
    publish(stocked)
    release(stocked, metrics=METRICS, comments=f"{COMMENTS} limit 4")

    assert refused(stocked, max_collapse=0.6) == {}


def test_a_table_that_vanished_is_refused(stocked: House) -> None:
    publish(stocked)
    release(stocked, metrics=METRICS)

    assert refused(stocked) == {"not_collapsed": ["comments: 10 rows published, gone now"]}


def test_a_table_that_was_empty_and_vanished_is_refused_too(stocked: House) -> None:
    release(stocked, metrics=METRICS, comments=f"{COMMENTS} limit 0")
    publish(stocked)
    release(stocked, metrics=METRICS)

    assert refused(stocked) == {"not_collapsed": ["comments: 0 rows published, gone now"]}
    assert refused(stocked, max_collapse=1) == {}


def test_a_list_of_what_is_to_be_done_may_become_empty_but_not_vanish(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_gate, "may_shrink", lambda _settings: {"comments"})
    publish(stocked)
    release(stocked, metrics=METRICS, comments=f"{COMMENTS} limit 0")
    assert refused(stocked) == {}

    release(stocked, metrics=METRICS)

    assert set(refused(stocked)) == {"not_collapsed"}


def test_the_first_release_has_nothing_to_collapse_against(stocked: House) -> None:
    release(stocked, metrics=METRICS, comments=f"{COMMENTS} limit 1")

    assert refused(stocked, max_collapse=0) == {}


def test_a_release_of_old_data_is_refused_with_its_age(stocked: House) -> None:
    with duckdb.connect(stocked.settings.warehouse) as db:
        db.execute("update raw._loads set loaded_at = timestamp '2026-01-02 03:04:05'")

    assert refused(stocked, max_age_hours=24) == {"fresh": ["newest load: 2026-01-02 03:04:05"]}


def test_a_release_of_nothing_is_refused(stocked: House) -> None:
    with duckdb.connect(stocked.settings.warehouse) as db:
        db.execute("delete from raw._loads")

    assert refused(stocked) == {"fresh": ["nothing was ever loaded"]}


def test_every_check_that_refuses_is_named_not_just_the_first(stocked: House) -> None:
    naked = f"select * replace (null as n) from ({METRICS})"
    release(stocked, metrics=naked, comments=f"select *, 'Ann' as full_name from ({COMMENTS})")

    assert set(refused(stocked)) == {"no_naked_score", "no_personal_data"}


def test_judging_leaves_the_published_version_and_the_release_as_they_are(stocked: House) -> None:
    version = publish(stocked)
    release(stocked, metrics=METRICS, comments=f"{COMMENTS} limit 1")
    before = stocked.settings.release.read_bytes()

    assert refused(stocked)

    assert Versions(stocked.settings.published).current() == version
    assert stocked.settings.release.read_bytes() == before
    with duckdb.connect(stocked.settings.published / FILE, read_only=True) as db:
        assert db.execute("select count(*) from comments").fetchall() == [(10,)]


@pytest.mark.parametrize(
    "metrics", ["select 1 as value", None], ids=["a column is missing", "the table is missing"]
)
def test_a_check_that_cannot_be_evaluated_is_an_error_and_no_verdict(
    stocked: House, monkeypatch: pytest.MonkeyPatch, metrics: str | None
) -> None:
    release(stocked, comments=COMMENTS, **({"metrics": metrics} if metrics else {}))
    declared = columns(stocked) | {PublicColumn("metrics", "value")}
    monkeypatch.setattr(release_gate, "public_columns", lambda _settings: declared)
    monkeypatch.setattr(release_gate, "may_shrink", lambda _settings: set())

    with pytest.raises(FixEnvironment, match="no_naked_score") as caught:
        release_gate.judge(stocked.settings)

    assert caught.value.code == "GATE-ERRORED"


def test_a_release_that_is_missing_is_an_error_and_no_verdict(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.load()
    monkeypatch.setattr(release_gate, "public_columns", lambda _settings: set())

    with pytest.raises(FixEnvironment, match="no such file"):
        release_gate.judge(house.settings)


def test_the_data_docs_of_the_gate_are_written(stocked: House) -> None:
    settings: Settings = stocked.settings
    release_gate.judge(settings)

    assert (settings.data_docs / "release_gate" / "index.html").is_file()
