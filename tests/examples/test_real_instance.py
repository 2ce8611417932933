"""The real instance, the whole way: the published file against facts from the files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("EARFUL_EXPORTS", ROOT.parent / "shared" / "data"))
RUN = "from orchestration.cli import main; main()"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not DATA.is_dir(), reason=f"the real exports are not here: {DATA} (set EARFUL_EXPORTS)"
    ),
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The instance of examples/real, run once into a folder of this test's own."""
    folder = tmp_path_factory.mktemp("real")
    environment = {
        **os.environ,
        "EARFUL_DATA": str(folder / "data"),
        "EARFUL_BUILD": str(folder / "build"),
        "EARFUL_EXPORTS": str(DATA),
        "EARFUL_RESPONDENT_KEY": "a key of this test alone",
    }
    command = [sys.executable, "-c", RUN, "run", "--config", "examples/real/earful.toml"]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    with duckdb.connect(folder / "data/published/earful.duckdb", read_only=True) as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def test_what_came_in_is_what_was_accepted_rejected_and_repeated(
    published: duckdb.DuckDBPyConnection,
) -> None:
    counts = rows(
        published,
        "select sum(records_read), sum(records_accepted + records_rejected + records_deduplicated),"
        " count(*) from about_sources",
    )
    read = 3307 + 2224 + 5096 + 2 * 5765 + 5847 + 1259 + 23025 + 5594 + 1186 + 779 + 5000 + 156 + 68
    assert counts == [(read, read, 13)]


def test_nps_by_touchpoint_is_what_the_vendor_classified(
    published: duckdb.DuckDBPyConnection,
) -> None:
    raw = pl.read_csv(DATA / "bt_nps_verbatims/nps_verbatims.csv", infer_schema=False)
    theirs = (
        raw.drop_nulls("NPS_RATING")
        .group_by("SURVEY_SUB_TYPE")
        .agg(
            n=pl.len().cast(pl.Int64),
            nps=100
            * (
                (pl.col("NPS_RATING") == "Promoter").mean()
                - (pl.col("NPS_RATING") == "Detractor").mean()
            ),
        )
    )
    ours = rows(
        published,
        "select touchpoint, n, value from metrics where metric = 'nps' and period_grain = 'all' "
        "and source = 'telecom_nps' and cut_by = 'source, touchpoint'",
    )
    # numbers are published with four decimals
    assert sorted(ours) == [(t, n, pytest.approx(v, abs=1e-4)) for t, n, v in sorted(theirs.rows())]


def test_no_published_number_is_naked(published: duckdb.DuckDBPyConnection) -> None:
    naked = "interval_low is null or interval_high is null or n is null or method_version is null"
    assert rows(published, f"select * from metrics where value is not null and ({naked})") == []


def test_reversed_and_excluded_answers_count_as_the_code_book_says(
    published: duckdb.DuckDBPyConnection,
) -> None:
    raw = pl.read_csv(
        DATA / "nhs_fft_pxtextmining/v6framework_230831.csv", infer_schema=False
    ).unique("Respondent ID")
    answers = raw["FFT categorical answer"].cast(pl.Float64).drop_nulls()
    # 1 is very good and 5 very poor; 6 and 7 are "don't know"
    known = answers.filter(answers.is_between(1, 5))
    [(n, value)] = rows(
        published,
        "select n, value from metrics where metric = 'csat' and source = 'nhs_fft' "
        "and period_grain = 'all' and cut_by = 'source'",
    )
    assert n == known.len()
    assert value == pytest.approx(100 * (known <= 2).mean(), abs=1e-4)


def test_how_comments_feel_is_what_their_readers_said(
    published: duckdb.DuckDBPyConnection,
) -> None:
    raw = pl.read_csv(
        DATA / "nhs_fft_pxtextmining/v6framework_230831.csv", infer_schema=False, null_values="NA"
    ).filter(pl.col("FFT answer").str.strip_chars() != "")
    # 1 is very positive and 5 very negative; many were not read
    read = raw.with_columns(feels=(3 - pl.col("Comment sentiment").cast(pl.Float64)) / 2)
    theirs = read.group_by("feels").len().sort("feels").rows()
    ours = rows(
        published,
        "select cast(sentiment as double), count(*) from comments where source = 'nhs_fft' "
        "group by all order by 1 nulls first",
    )
    assert len(theirs) == 6
    assert ours == theirs

    [(events, total)] = rows(
        published,
        "select count(*), cast(sum(sentiment) as double) from journey_events "
        "where source = 'nhs_fft' and sentiment is not null",
    )
    answered = read.group_by("Respondent ID").agg(pl.col("feels").mean()).drop_nulls("feels")
    assert events == answered.height
    # each carries four digits
    assert total == pytest.approx(answered["feels"].sum(), abs=5e-5 * events)


def test_every_wave_of_the_airport_adds_to_one_score(
    published: duckdb.DuckDBPyConnection,
) -> None:
    columns = ["Q6N", "Q8N", "Q8N_WHOLE", "Q7O_WHOLE", "Q7ALL", "Q7ALL", "Q7ALL"]
    good = total = 0
    for year, column in zip(range(2010, 2017), columns, strict=True):
        path = DATA / f"sfo_airport_survey/{year}_SFO_Customer_Survey_20250817.csv"
        raw = pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")
        overall = raw[column].str.strip_chars().cast(pl.Float64).drop_nulls()
        rated = overall.filter(overall.is_between(1, 5))
        good, total = good + int((rated >= 4).sum()), total + rated.len()
    [(n, value)] = rows(
        published,
        "select n, value from metrics where metric = 'csat' and source = 'sfo_airport' "
        "and period_grain = 'all' and cut_by = 'source'",
    )
    assert n == total
    assert value == pytest.approx(100 * good / total, abs=1e-4)


def test_olist_is_one_journey_per_person(published: duckdb.DuckDBPyConnection) -> None:
    customers = pl.read_csv(DATA / "olist_8k/olist_customers_dataset.csv", infer_schema=False)
    payments = pl.read_csv(DATA / "olist_8k/olist_order_payments_dataset.csv")
    persons = customers["customer_unique_id"].n_unique()

    [(people,)] = rows(
        published,
        "select count(distinct customer_id) from journey_events where source like 'olist%'",
    )
    assert people == persons
    [(buyers, orders, revenue)] = rows(
        published,
        "select count(distinct customer_id), count(*), sum(amount) from journey_events "
        "where source = 'olist'",
    )
    assert (buyers, orders) == (persons, customers.height)
    assert float(revenue) == pytest.approx(payments["payment_value"].sum())
    # a review stands in the journey of the person who bought
    [(strangers,)] = rows(
        published,
        "select count(*) from journey_events as review where source = 'olist_reviews' and not "
        "exists (select 1 from journey_events as bought where bought.source = 'olist' "
        "and bought.customer_id = review.customer_id)",
    )
    assert strangers == 0
    assert rows(published, "select count(*) from scores where source = 'olist_reviews'") == [
        (5847,)
    ]


def test_the_median_first_reply_on_twitter_is_what_plain_polars_finds(
    published: duckdb.DuckDBPyConnection,
) -> None:
    raw = pl.read_csv(DATA / "twcs_5k/twcs.csv", infer_schema=False).with_columns(
        at=pl.col("created_at").str.to_datetime("%a %b %d %H:%M:%S %z %Y"),
        parent=pl.col("in_response_to_tweet_id").str.replace(".0", "", literal=True),
        agent=pl.col("inbound") == "False",
    )
    parents = dict(zip(raw["tweet_id"], raw["parent"], strict=True))

    def root(tweet: str) -> str:
        while parents.get(tweet) in parents:
            tweet = parents[tweet]
        return tweet

    threads = raw.with_columns(root=pl.col("tweet_id").map_elements(root, return_dtype=pl.String))
    opened = threads.filter(pl.col("tweet_id") == pl.col("root")).filter(~pl.col("agent"))
    replied = threads.filter("agent").group_by("root").agg(replied_at=pl.col("at").min())
    waits = opened.join(replied, on="root").select(pl.col("replied_at") - pl.col("at"))
    theirs = waits.to_series().median()
    assert isinstance(theirs, timedelta)

    [(n, ours)] = rows(
        published,
        "select count(*), median(first_reply_minutes) from cases where source = 'twitter_support' "
        "and not is_agent_created and first_reply_minutes is not null",
    )
    assert n == waits.height
    assert ours == pytest.approx(theirs.total_seconds() / 60)


def test_no_address_is_published(published: duckdb.DuckDBPyConnection) -> None:
    pattern = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}"
    texts = rows(
        published,
        "select table_name, column_name from duckdb_columns() where data_type = 'VARCHAR' "
        "and schema_name = 'main' and not internal",
    )
    assert len(texts) > 50
    for table, column in texts:
        found = rows(
            published,
            f'select count(*) from "{table}" where regexp_matches("{column}", \'{pattern}\')',
        )
        assert found == [(0,)], f"{table}.{column}"


def test_small_groups_of_employees_are_hidden(published: duckdb.DuckDBPyConnection) -> None:
    assert rows(published, "select count(*) from team_pulse where n < 5") == [(0,)]


def test_the_waits_of_another_loaders_ticket_are_those_counted_by_hand(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """Its history is told from before its creation on: the first wait begins with the ticket."""
    created = timedelta(hours=18, minutes=6, seconds=36)
    first = timedelta(hours=11, minutes=1, seconds=27)
    # open 1 + 15 + 2 + 12 days, on hold 3 + 14 + 3; pending 4 + 10 + 1 + 13; solved after 78
    requester = timedelta(days=50) - (created - first)
    agent = timedelta(days=28)
    solved = timedelta(days=78) - (created - first)

    [found] = rows(
        published,
        "select requester_wait_minutes, agent_wait_minutes, resolution_minutes, reopens from cases"
        " where source = 'zendesk_tables' and case_ref = '11071'",
    )
    minutes = [wait / timedelta(minutes=1) for wait in (requester, agent, solved)]
    assert found == pytest.approx((*minutes, 0))
