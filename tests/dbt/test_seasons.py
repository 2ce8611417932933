"""A season is what statsmodels takes out, and nothing is taken out of less than two years."""

from __future__ import annotations

import random
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
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


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    warehouse = Warehouse(tmp_path_factory.mktemp("seasons") / "house")
    warehouse.load(answers())
    warehouse.dbt("build", "--select", "+metrics", *MODELS, seeds=SEEDS)
    with warehouse.open() as db:
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
