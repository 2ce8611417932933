"""A season is what statsmodels takes out, and nothing is taken out of less than two years.

What customers write of more in each December is no theme that rises.
"""

from __future__ import annotations

import random
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.tsa.seasonal import seasonal_decompose
from warehouse import SEEDS, Warehouse

if TYPE_CHECKING:
    from warehouse import Rows

pytestmark = pytest.mark.slow

MODELS = ("--resource-type", "seed", "--resource-type", "model")
# months that each touchpoint is told of; `gap` lacks one, and with it the trend around it
MONTHS = {
    "whole": range(30),
    "enough": range(24),
    "short": range(23),
    "gap": [m for m in range(30) if m != 15],
}


def answers() -> Rows:
    dice = random.Random(3)  # noqa: S311  # not for secrets
    responses, given = [], []
    for touchpoint, months in MONTHS.items():
        for month in months:
            at = datetime(2024 + month // 12, month % 12 + 1, 9)  # noqa: DTZ001  # naive UTC
            for number in range(30):
                key = {
                    "source": "shop",
                    "survey_id": "s1",
                    "response_id": f"{touchpoint}-{month}-{number}",
                    "updated_at": at,
                }
                told = {"status": "completed", "submitted_at": at, "touchpoint": touchpoint}
                responses.append({**key, **told})
                score = round(min(10, max(0, dice.gauss(9 - 3 * (at.month == 12), 2))))
                given.append(
                    {**key, "question_id": "q1", "item_id": "", "value_number": score},
                )
    return {"survey_responses": responses, "survey_answers": given}


# of forty who write in a month, those who mention a theme, by the words that tell it
WRITERS = 40
PEAKS = {
    # the same peak each December but for chance, and one that is higher in the last
    "broken": {date(2024, 12, 1): 24, date(2025, 12, 1): 23, date(2026, 12, 1): 25},
    "message 1": {date(2024, 12, 1): 14, date(2025, 12, 1): 13, date(2026, 12, 1): 32},
    # from the autumn of the last year on, in whatever month
    "fine": {date(year, month, 1): 12 for year, month in [(2026, m) for m in (10, 11, 12)]}
    | {date(2027, month, 1): 12 for month in (1, 2)},
    # nobody in summer, ten else
    "text 1": {date(year, m, 1): 10 for year in range(2024, 2028) for m in range(1, 13)}
    | {date(year, m, 1): 0 for year in range(2024, 2028) for m in (6, 7, 8)},
}
# `young` has written for a year when its December peaks
BEGINS = {"old": date(2024, 1, 1), "young": date(2025, 12, 1)}
LAST = date(2027, 2, 1)


def reviews() -> Rows:
    """What is written in each month at each touchpoint."""
    written = []
    for touchpoint, first in BEGINS.items():
        for month in pl.date_range(first, LAST, "1mo", eager=True):
            at = datetime(month.year, month.month, 9)  # noqa: DTZ001  # naive UTC
            for n in range(WRITERS):
                words = [text for text, peaks in PEAKS.items() if n < peaks.get(month, 1)]
                written.append(
                    {
                        "source": "shop",
                        "review_id": f"{touchpoint}-{month}-{n}",
                        "touchpoint": touchpoint,
                        "body": "; ".join([f"Number {n}", *words]),
                        "reviewed_at": at,
                        "updated_at": at,
                    }
                )
    return {"reviews": written}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("seasons") / "house")
    warehouse.load(answers())
    warehouse.load(reviews())
    warehouse.dbt("build", "--select", "+metrics", "+theme_trends", *MODELS, seeds=SEEDS)
    return warehouse


@pytest.fixture(scope="module")
def trends(house: Warehouse) -> pl.DataFrame:
    with house.open() as db:
        return db.sql("select * from release.main.theme_trends order by month").pl()


@pytest.fixture(scope="module")
def metrics(house: Warehouse) -> pl.DataFrame:
    with house.open() as db:
        return db.sql(
            "select * from release.main.metrics where metric = 'nps' and cut_by = 'touchpoint' "
            "order by period_start"
        ).pl()


def series(metrics: pl.DataFrame, touchpoint: str, grain: str) -> pl.DataFrame:
    return metrics.filter(pl.col("touchpoint") == touchpoint, pl.col("period_grain") == grain)


@pytest.mark.parametrize(("grain", "length"), [("month", 12), ("quarter", 4)])
@pytest.mark.parametrize("touchpoint", ["whole", "enough"])
def test_the_season_is_that_of_statsmodels(
    metrics: pl.DataFrame, touchpoint: str, grain: str, length: int
) -> None:
    found = series(metrics, touchpoint, grain)
    values = found["value"].to_numpy()
    wanted = values - seasonal_decompose(values, model="additive", period=length).seasonal

    assert np.allclose(found["value_deseasoned"].to_numpy(), wanted, atol=1e-3)
    assert len(values) >= 2 * length
    wider = pl.col("value_deseasoned_high") - pl.col("value_deseasoned_low") > (
        pl.col("interval_high") - pl.col("interval_low")
    )
    assert found.select(wider.all()).item()


def test_a_bad_december_each_year_is_taken_out(metrics: pl.DataFrame) -> None:
    found = series(metrics, "whole", "month")
    december = found.filter(pl.col("period_start").dt.month() == 12)

    assert december.select((pl.col("value_deseasoned") - pl.col("value")).min()).item() > 20


@pytest.mark.parametrize("touchpoint", ["short", "gap"])
def test_no_season_is_guessed(metrics: pl.DataFrame, touchpoint: str) -> None:
    found = series(metrics, touchpoint, "month")

    assert found["value"].null_count() == 0
    assert found["value_deseasoned"].null_count() == len(found)
    assert found["season_method"].null_count() == len(found)


def test_weeks_and_all_time_have_no_season(metrics: pl.DataFrame) -> None:
    others = metrics.filter(pl.col("period_grain").is_in(["week", "all"]))

    assert len(others) > 50
    assert others["value_deseasoned"].null_count() == len(others)


def verdicts(trends: pl.DataFrame, theme: str, touchpoint: str) -> dict[date, str]:
    """The verdict of each month, of all who mention a theme."""
    found = trends.filter(
        pl.col("theme") == theme, pl.col("tone") == "all", pl.col("touchpoint") == touchpoint
    )
    rising = found.select((pl.col("is_rising") == (pl.col("change_verdict") == "up")).all())
    assert rising.item()
    return dict(found.select("month", "change_verdict").iter_rows())


def test_a_peak_of_each_december_is_a_season_and_no_rise(trends: pl.DataFrame) -> None:
    told = verdicts(trends, "box", "old")

    for winter in (2025, 2026):
        months = [date(winter, 12, 1), date(winter + 1, 1, 1), date(winter + 1, 2, 1)]
        assert [told[month] for month in months] == ["season"] * 3
    # nor do they fall when it is over
    assert {told[month] for month in told if month >= date(2025, 3, 1)} <= {"noise", "season"}


def test_what_nobody_writes_of_in_any_summer_does_not_fall(trends: pl.DataFrame) -> None:
    told = verdicts(trends, "odd", "old")

    assert [told[date(year, 8, 1)] for year in (2025, 2026)] == ["season"] * 2


def test_what_rises_above_the_year_before_is_up(trends: pl.DataFrame) -> None:
    message, fine = (verdicts(trends, theme, "old") for theme in ("message", "fine"))
    winter = [date(2026, 12, 1), date(2027, 1, 1), LAST]

    assert [message[month] for month in winter] == ["up"] * 3
    assert message[date(2025, 12, 1)] != "up"
    assert [fine[month] for month in (date(2026, 11, 1), *winter)] == ["up"] * 4


def test_without_a_year_before_the_months_before_decide(trends: pl.DataFrame) -> None:
    """In December one of the three months is known of a year before, in January two are."""
    young = trends.filter(pl.col("touchpoint") == "young", pl.col("month") > date(2026, 11, 1))
    told = verdicts(young, "box", "young")
    known = young.group_by("month").agg(pl.col("n_year_before").unique()).sort("month")

    assert list(told.values()) == ["up", "season", "season"]
    assert known["n_year_before"].to_list() == [[None], [2 * WRITERS], [3 * WRITERS]]
    unknown = young.filter(pl.col("n_year_before").is_null())
    year = ["share_year_before", "year_change", "year_change_low", "year_change_high"]
    assert unknown.select(pl.col(year).is_null().all()).row(0) == (True,) * 4


@pytest.mark.parametrize(
    ("name", "n", "back"),
    [("change", "n_before", range(3, 15)), ("year_change", "n_year_before", range(12, 15))],
)
def test_a_change_of_a_theme_is_newcombes(
    trends: pl.DataFrame, name: str, n: str, back: range
) -> None:
    compared = 0
    for _, place in trends.group_by("theme", "tone", "touchpoint", "segment"):
        for row in place.iter_rows(named=True):
            (_, hits, writers), (known, before, m) = (
                summed(place, row["month"], window) for window in (range(3), back)
            )
            if 2 * known < len(back):
                assert (row[n], row[name]) == (None, None)
                continue
            low, high = confint_proportions_2indep(hits, writers, before, m, method="newcomb")
            wanted = [100 * (hits / writers - before / m), 100 * low, 100 * high]
            found = [row[name], row[f"{name}_low"], row[f"{name}_high"]]
            assert found == pytest.approx(wanted, abs=1e-3)
            assert row[n] == m
            compared += 1
    assert compared > 400


def summed(place: pl.DataFrame, month: date, back: range) -> tuple[int, int, int]:
    """How many of the months so far back are known, who mentioned the theme in them, who wrote."""
    of_row = pl.col("month").dt
    ago = 12 * (month.year - of_row.year()) + month.month - of_row.month()
    held = place.filter(ago.is_in(list(back)))
    return held.height, held["n_with_theme"].sum(), held["n"].sum()


def test_a_theme_moves_that_passes_among_all_and_above_its_last_year(trends: pl.DataFrame) -> None:
    change, low, high = pl.col("change"), pl.col("change_low"), pl.col("change_high")
    half = pl.when(change > 0).then(change - low).otherwise(high - change)
    seen = set()
    judged = trends.with_columns(z=change.abs() / half * stats.norm.ppf(0.975))
    for _, looked_at in judged.filter(change.is_not_null()).group_by("month", "cut_by"):
        chances = 2 * stats.norm.sf(looked_at["z"].to_numpy())
        passed = multipletests(chances, 0.05, "fdr_bh")[0]
        for row, moved in zip(looked_at.iter_rows(named=True), passed, strict=True):
            agrees = row["year_change"] is None or (
                row["year_change_low"] > 0 if row["change"] > 0 else row["year_change_high"] < 0
            )
            way = "up" if row["change"] > 0 else "down"
            assert row["change_verdict"] == ((way if agrees else "season") if moved else "noise")
            seen.add(row["change_verdict"])
    assert seen == {"up", "down", "season", "noise"}
    assert trends.filter(change.is_null())["change_verdict"].null_count() > 0
