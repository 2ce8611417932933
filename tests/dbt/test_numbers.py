"""Every published number against oracles that nobody here wrote: scipy and statsmodels."""

from __future__ import annotations

import math
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from synthetic import Company
from test_increments import SEEDS
from warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warehouse import Rows

pytestmark = pytest.mark.slow

PLACES = ("source", "touchpoint", "segment")
CELL = ["metric", "method_version", "period_grain", "period_start", *PLACES]
CHANGES = {"change": "1mo", "year_change": "12mo"}


def answered(month: datetime, score: int) -> Rows:
    """Forty answers of a month, all alike but one."""
    given = {"source": "shop", "survey_id": "s1", "updated_at": month}
    ids = [f"{month:%Y%m}-{n}" for n in range(40)]
    return {
        "survey_responses": [
            {**given, "response_id": i, "status": "completed", "submitted_at": month} for i in ids
        ],
        "survey_answers": [
            {**given, "response_id": i, "question_id": "q1", "item_id": "", "value_number": value}
            for i, value in zip(ids, [7, *[score] * 39], strict=True)
        ],
    }


# a month and the one before: a change down, one up; and a year before: one up
MONTHS = [("2024-03", 0), ("2025-01", 10), ("2025-02", 0), ("2025-03", 9)]
CLEAR = {
    table: [
        row
        for month, score in MONTHS
        for row in answered(datetime.fromisoformat(f"{month}-05"), score)[table]
    ]
    for table in ("survey_responses", "survey_answers")
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("numbers"))
    for portion in Company(7, people=600).portions(1):
        warehouse.load(portion)
    warehouse.load(CLEAR)
    warehouse.dbt("build", "--resource-type", "seed", "--resource-type", "model", seeds=SEEDS)
    return warehouse


@pytest.fixture(scope="module")
def metrics(built: Warehouse) -> pl.DataFrame:
    with built.open() as db:
        found = db.sql("select * from release.main.metrics where metric <> 'enps'").pl()
    assert found.filter(pl.col("period_grain") == "month").height > 200
    return found


def estimate(metric: str, scores: pl.DataFrame) -> tuple[float, float, float] | None:
    """Value and 95 % interval of a cell; None where there is no interval."""
    n = scores.height
    if metric == "nps":
        groups = scores["nps_group"]
        up, down = (groups == "promoter").sum(), (groups == "detractor").sum()
        value = (up - down) / n
        # adjusted Wald (Agresti and Coull's idea for a difference): n + 3, 3/4 each way
        centre = (up - down) / (n + 3)
        spread = ((up + down + 1.5) / (n + 3) - centre**2) / (n + 3)
        half = stats.norm.ppf(0.975) * math.sqrt(spread)
        low, high = min(value, centre - half), max(value, centre + half)
        return 100 * value, max(-100, 100 * low), min(100, 100 * high)
    if metric == "csat":
        hits = scores["is_top_box"].sum()
        low, high = proportion_confint(hits, n, method="wilson")
        return 100 * hits / n, 100 * low, 100 * high
    if n == 1:
        return None
    values = scores["score"].to_numpy()
    half = stats.t.ppf(0.975, n - 1) * stats.sem(values)
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half)


def cells(scores: pl.DataFrame) -> Iterator[tuple[dict[str, Any], pl.DataFrame]]:
    """Every cell that can be asked for, and its scores."""
    scores = scores.with_columns(pl.col("scored_at").dt.truncate("1mo").dt.date().alias("month"))
    for by in product((True, False), repeat=4):
        keys = [k for k, wanted in zip(("month", *PLACES), by, strict=True) if wanted]
        for values, found in scores.group_by("metric", "method_version", *keys):
            cell = dict(zip(["metric", "method_version", *keys], values, strict=True))
            month = cell.pop("month", None)
            start = month or found["scored_at"].min().date()  # type: ignore[union-attr]
            grain = "all" if month is None else "month"
            totals = dict.fromkeys(PLACES, "all")
            yield {**totals, **cell, "period_grain": grain, "period_start": start}, found


def test_every_cell_has_the_value_and_interval_of_the_oracle(
    built: Warehouse, metrics: pl.DataFrame
) -> None:
    with built.open() as db:
        scores = db.sql("select * from release.main.scores").pl()
    wanted = []
    for cell, found in cells(scores):
        value, low, high = estimate(cell["metric"], found) or (None, None, None)
        wanted.append({**cell, "n": found.height, "value": value, "low": low, "high": high})
    expected = pl.DataFrame(wanted, infer_schema_length=None)

    ours = ["nps", "csat", "ces", "rating"]
    published = metrics.filter(pl.col("metric").is_in(ours))
    both = expected.join(published, on=CELL, how="full", suffix="_found")

    assert both.filter(pl.col("metric").is_null() | pl.col("metric_found").is_null()).is_empty()
    for ours, theirs in (
        ("n", "n_found"),
        ("value", "value_found"),
        ("low", "interval_low"),
        ("high", "interval_high"),
    ):
        off = (pl.col(ours) - pl.col(theirs)).abs() > 1e-3
        assert both.filter(off | pl.col(ours).is_null().xor(pl.col(theirs).is_null())).is_empty()


def compared(metrics: pl.DataFrame, name: str) -> pl.DataFrame:
    """Months beside those that they are compared with; `before`, `before_low`, `before_high`."""
    monthly = metrics.filter(pl.col("period_grain") == "month")
    earlier = monthly.select(
        *(c for c in CELL if c != "period_start"),
        pl.col("period_start").dt.offset_by(CHANGES[name]),
        before="value",
        before_low="interval_low",
        before_high="interval_high",
        before_n="n",
    )
    return monthly.join(earlier, on=CELL, how="left")


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_has_the_interval_of_two_independent_estimates(
    metrics: pl.DataFrame, name: str
) -> None:
    both = compared(metrics, name)
    up, down = pl.col("interval_high") - pl.col("value"), pl.col("value") - pl.col("interval_low")
    before_up = pl.col("before_high") - pl.col("before")
    before_down = pl.col("before") - pl.col("before_low")
    change = pl.col("value") - pl.col("before")
    wanted = both.select(
        *CELL,
        wanted=change,
        low=change - (down**2 + before_up**2).sqrt(),
        high=change + (up**2 + before_down**2).sqrt(),
    )

    joined = metrics.join(wanted, on=CELL, how="left")
    for ours, theirs in (("wanted", name), ("low", f"{name}_low"), ("high", f"{name}_high")):
        off = (pl.col(ours) - pl.col(theirs)).abs() > 1e-3
        assert joined.filter(off | pl.col(ours).is_null().xor(pl.col(theirs).is_null())).is_empty()
    assert joined[name].is_not_null().sum() > 3


def test_the_change_of_a_share_is_newcombes(metrics: pl.DataFrame) -> None:
    both = compared(metrics, "change").filter(
        pl.col("metric").is_in(["csat", "response_rate"]) & pl.col("change").is_not_null()
    )
    assert both.height > 10
    for row in both.iter_rows(named=True):
        hits, n = round(row["value"] * row["n"] / 100), row["n"]
        before, m = round(row["before"] * row["before_n"] / 100), row["before_n"]
        low, high = confint_proportions_2indep(hits, n, before, m, method="newcomb")
        assert row["change_low"] == pytest.approx(100 * low, abs=1e-3)
        assert row["change_high"] == pytest.approx(100 * high, abs=1e-3)


@pytest.mark.parametrize("name", CHANGES)
def test_a_verdict_is_benjamini_and_hochbergs(metrics: pl.DataFrame, name: str) -> None:
    verdicts = set()
    change, low, high = pl.col(name), pl.col(f"{name}_low"), pl.col(f"{name}_high")
    half = pl.when(change > 0).then(change - low).otherwise(high - change)
    judged = metrics.with_columns(z=change.abs() / half * stats.norm.ppf(0.975))
    assert judged.filter(change.is_null() & pl.col(f"{name}_verdict").is_not_null()).is_empty()
    for _, cells_of_month in judged.filter(change.is_not_null() & (half > 1e-3)).group_by(
        "metric", "period_start"
    ):
        chances = 2 * stats.norm.sf(cells_of_month["z"].to_numpy())
        more_than_noise = multipletests(chances, 0.05, "fdr_bh")[0]
        for row, is_real in zip(cells_of_month.iter_rows(named=True), more_than_noise, strict=True):
            wanted = ("up" if row[name] > 0 else "down") if is_real else "noise"
            assert row[f"{name}_verdict"] == wanted, row
            verdicts.add(wanted)
    assert verdicts == {"change": {"up", "down", "noise"}, "year_change": {"up"}}[name]


def test_a_clock_counts_those_who_still_wait_as_statsmodels_does(
    built: Warehouse, metrics: pl.DataFrame
) -> None:
    with built.open() as db:
        cases = db.sql(
            """
            select *, date_trunc('month', created_at)::date as month from release.main.cases
            join (select source, max(occurred_at) as last_at from intermediate.int_placed_voices
                group by source) using (source)
            """
        ).pl()
    compared = 0
    for (clock, at), by in product(
        (("first_reply", "first_reply_at"), ("resolution", "resolved_at")),
        ((), ("source",), ("month",), ("month", "source")),
    ):
        waited = cases.with_columns(
            minutes=(
                (pl.coalesce(at, "last_at") - pl.col("created_at")).dt.total_seconds() // 60
            ).clip(0),
            is_over=pl.col(at).is_not_null().cast(pl.Int8),
        )
        for values, found in waited.group_by(*by) if by else [((), waited)]:
            cell = {**dict.fromkeys(PLACES, "all"), **dict(zip(by, values, strict=True))}
            month = cell.pop("month", None)
            is_cell = pl.col("period_grain") == ("all" if month is None else "month")
            for place, value in cell.items():
                is_cell &= pl.col(place) == value
            if month is not None:
                is_cell &= pl.col("period_start") == month
            curve = SurvfuncRight(found["minutes"].to_numpy(), found["is_over"].to_numpy())
            for quantile, share in (("median", 0.5), ("p90", 0.9)):
                [row] = metrics.filter(
                    is_cell & (pl.col("metric") == f"{clock}_{quantile}")
                ).iter_rows(named=True)
                low, high = curve.quantile_ci(share, method="cloglog")
                assert row["n"] == found.height
                # where the last of all ended statsmodels ends the interval, R and we do not
                is_last = curve.surv_prob[-1] == 0 and high == curve.surv_times[-1]
                if is_last or not math.isfinite(high):
                    assert (row["value"], row["flag"]) == (None, "open_ended")
                    continue
                wanted = (curve.quantile(share), low, high)
                assert (row["value"], row["interval_low"], row["interval_high"]) == wanted
                compared += 1
    assert compared > 10
