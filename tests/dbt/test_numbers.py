"""Every published number against oracles that nobody here wrote: scipy and statsmodels."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from oracle import CELL, GRAINS, PLACES, adjusted_wald, cells, cuts, estimates, locate
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep
from synthetic import FIRST, Company
from warehouse import SEEDS, Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warehouse import Rows

pytestmark = pytest.mark.slow

CHANGES = {
    "change": {"week": "1w", "month": "1mo", "quarter": "3mo"},
    "year_change": {"week": "52w", "month": "12mo", "quarter": "12mo"},
}
# how each score is read, and what a row of it counts as
SCORED = {
    "nps": (
        "nps",
        pl.col("nps_group").replace_strict({"promoter": 1, "passive": 0, "detractor": -1}),
    ),
    "csat": ("share", pl.col("is_top_box")),
    "ces": ("mean", pl.col("score")),
    "rating": ("mean", pl.col("score")),
    "rating_top_box": ("share", pl.col("score") >= 4),
}
TOLD = {
    "n": "n",
    "customers": "customers",
    "value": "value",
    "low": "interval_low",
    "high": "interval_high",
}


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


def assert_same(expected: pl.DataFrame, published: pl.DataFrame, **columns: str) -> None:
    """Both have the same cells, and the same numbers in them."""
    on = [column for column in CELL if column in expected.columns]
    both = expected.join(published, on=on, how="full", suffix="_found")
    alone = both.filter(pl.col(on[0]).is_null() | pl.col(f"{on[0]}_found").is_null())
    assert alone.is_empty(), alone
    for ours, theirs in columns.items():
        found = pl.col(f"{theirs}_found" if theirs in expected.columns else theirs)
        off = (pl.col(ours) - found).abs() > 1e-3
        wrong = both.filter(off | pl.col(ours).is_null().xor(found.is_null()))
        assert wrong.is_empty(), (ours, wrong)


def scores_of(built: Warehouse, metric: str) -> pl.DataFrame:
    """Answers to a metric, `x` being what each counts as."""
    with built.open() as db:
        scores = db.sql("select * from release.main.scores").pl()
    scores = scores.filter(pl.col("metric") == metric.removesuffix("_top_box"))
    return scores.with_columns(x=SCORED[metric][1])


@pytest.mark.parametrize("metric", ["nps", "csat", "rating", "rating_top_box"])
def test_every_cell_has_the_value_and_interval_of_the_oracle(
    built: Warehouse, metrics: pl.DataFrame, metric: str
) -> None:
    keys = ("metric",) if metric == "rating_top_box" else ("metric", "method_version")
    scores = scores_of(built, metric).with_columns(metric=pl.lit(metric))
    [scale] = scores.select("scale_min", "scale_max").unique().rows()
    wanted = estimates(SCORED[metric][0], scores, "scored_at", *keys, scale=scale)
    published = metrics.filter(pl.col("metric") == metric)

    assert_same(wanted, published, **TOLD)
    shown = wanted.filter(pl.col("value").is_not_null())
    assert_same(
        shown, published.filter(pl.col("value").is_not_null()), design_effect="design_effect"
    )
    assert wanted.height > 100


def test_a_mean_stays_on_its_scale_or_is_not_shown(metrics: pl.DataFrame) -> None:
    ratings = metrics.filter(pl.col("metric") == "rating")
    low, high = pl.col("interval_low"), pl.col("interval_high")
    value = pl.col("value")

    assert ratings.filter((low < 1) | (high > 5) | (low >= high)).is_empty()
    # both are in these numbers: what the scale ended, and several answers that are all alike
    assert ratings.filter((low == 1) | (high == 5)).height > 10
    assert ratings.filter(value.is_null() & (pl.col("customers") > 1)).height > 3
    assert set(ratings.filter(value.is_null())["flag"]) == {"too_few"}


def test_whoever_answers_often_widens_the_interval(metrics: pl.DataFrame) -> None:
    shown = metrics.filter(pl.col("value").is_not_null(), pl.col("customers").is_not_null())
    named = pl.col("interval_method").str.ends_with(", clustered")
    repeated = pl.col("customers") < pl.col("n")

    # in both directions, and where the answers of one are no more alike than those of strangers
    assert shown.filter(repeated, pl.col("design_effect") > 1).height > 50
    assert shown.filter(repeated, pl.col("design_effect") < 1).height > 10
    assert shown.filter(repeated != named).is_empty()
    assert shown.filter(~repeated)["design_effect"].unique().to_list() == [1]


def weighted(scores: pl.DataFrame, invited: pl.DataFrame) -> tuple[float, float, float] | str:
    """Means of x and x^2 and Kish's n of answers that stand for who was invited; or why not."""
    wider, strata = ["source", "touchpoint"], ["source", "touchpoint", "segment"]
    asked = invited.group_by(strata).agg(n=pl.len(), done=pl.col("is_completed").sum())
    whole = asked.group_by(wider).agg(pl.col("n", "done").sum(), silent=(pl.col("done") == 0).any())
    if (whole["done"] == 0).any():
        return "silent_stratum"
    rows = scores.join(asked, on=strata, how="left")
    rows = rows.join(whole, on=wider, how="left", suffix="_wider")
    alone = pl.col("silent") | (pl.col("done").fill_null(0) == 0)
    rows = rows.with_columns(alone=alone.any().over(wider)).with_columns(
        weight=pl.when("alone")
        .then(pl.col("n_wider") / pl.col("done_wider"))
        .otherwise(pl.col("n") / pl.col("done"))
    )
    if rows["weight"].null_count():
        return "not_invited"
    weights, x = rows["weight"].to_numpy(), rows["x"].to_numpy()
    worth = float(weights.sum() ** 2 / (weights**2).sum())
    return float(np.average(x, weights=weights)), float(np.average(x**2, weights=weights)), worth


def test_weighted_values_stand_for_everybody_invited(
    built: Warehouse, metrics: pl.DataFrame
) -> None:
    with built.open() as db:
        # the company's one survey asks for the NPS
        invitations = db.sql("select * from release.main.invitations").pl()
    asked = {locate(cell): rows for cell, rows in cells(invitations, "sent_at")}
    nps = metrics.filter(pl.col("metric") == "nps")
    published = {locate(row): row for row in nps.iter_rows(named=True)}
    found = []
    for cell, rows in cells(scores_of(built, "nps"), "scored_at"):
        row, held = published[locate(cell)], asked.get(locate(cell))
        wanted = "not_invited" if held is None else weighted(rows, held)
        found.append(row["weights_flag"])
        if isinstance(wanted, str):
            assert (row["weights_flag"], row["value_weighted"]) == (wanted, None)
            continue
        assert row["weights_flag"] in (None, "collapsed")
        assert row["value_weighted"] == pytest.approx(100 * wanted[0], abs=1e-3)
        if row["customers"] == row["n"]:
            ends = (row["value_weighted_low"], row["value_weighted_high"])
            assert ends == pytest.approx(adjusted_wald(*wanted), abs=1e-3)
    assert set(found) == {None, "collapsed", "not_invited", "silent_stratum"}
    assert metrics.filter(pl.col("metric") == "contact_rate")["weights_flag"].unique()[0] is None


def test_parts_sum_up_to_their_total_and_the_unknown_is_a_part(metrics: pl.DataFrame) -> None:
    summed = metrics.filter(pl.col("metric") != "contact_rate")
    period = [column for column in CELL if column not in PLACES]
    # all time begins with the first answer, which parts have each at their own
    period.remove("period_start")
    dated = summed.with_columns(start=pl.when(pl.col("period_grain") != "all").then("period_start"))
    seen = set()
    for grain, places in cuts():
        here = pl.col("period_grain") == grain
        for name in PLACES:
            here &= (pl.col(name) != "all") if name in places else (pl.col(name) == "all")
        parts = dated.filter(here)
        for name in places:
            seen |= set(parts[name])
            others = [*period, "start", *(p for p in PLACES if p != name)]
            total = (
                parts.group_by(others)
                .agg(pl.col("n").sum())
                .with_columns(pl.lit("all").alias(name))
            )
            both = total.join(dated, on=[*others, name], how="left", nulls_equal=True, suffix="_")
            assert both.filter(pl.col("n").ne_missing(pl.col("n_"))).is_empty(), (grain, name)
    assert {"unknown", "unmapped"} <= seen


def test_employees_are_told_by_source_and_month_only(built: Warehouse) -> None:
    """Any other cut, or a total over months, would give small groups away."""
    told = built.rows(
        "select distinct period_grain, cut_by from release.main.metrics where metric = 'enps'"
    )
    assert told == [("month", "source")]


def test_a_cut_by_something_unknown_is_named(built: Warehouse) -> None:
    mistyped = "{metric_cuts: [{by: [source, tuchpoint]}]}"
    said = built.dbt(
        "compile", "--select", "metric_cells", "--vars", mistyped, seeds=SEEDS, check=False
    )
    assert "metric_cuts: `by` has tuchpoint, expected some of source, touchpoint," in said


def test_a_cell_is_published_once(metrics: pl.DataFrame) -> None:
    assert metrics.height == metrics.unique(CELL).height
    assert set(metrics["period_grain"]) == {*GRAINS, "all"}
    weeks = metrics.filter(pl.col("period_grain") == "week")
    assert set(weeks["period_start"].dt.weekday()) == {1}
    assert set((weeks["period_end"] - weeks["period_start"]).dt.total_days()) == {6}


def compared(metrics: pl.DataFrame, name: str) -> pl.DataFrame:
    """Periods beside those that they are compared with; `before`, `before_low`, `before_high`."""
    # a rate of a part of a period is compared with nothing
    is_rate = pl.col("metric") == "contact_rate"
    began = metrics.filter(is_rate, pl.col("period_grain") == "all").group_by("source")
    metrics = metrics.join(began.agg(began=pl.col("period_start").min()), on="source", how="left")
    is_part = ~pl.col("is_complete") | (pl.col("period_start") < pl.col("began"))
    assert not metrics.filter(is_rate, is_part).is_empty()
    metrics = metrics.filter(~is_rate | ~is_part.fill_null(value=False)).drop("began")
    found = []
    for grain, back in CHANGES[name].items():
        periods = metrics.filter(pl.col("period_grain") == grain)
        earlier = periods.select(
            *(c for c in CELL if c != "period_start"),
            pl.col("period_start").dt.offset_by(back),
            before="value",
            before_low="interval_low",
            before_high="interval_high",
            before_n="n",
            before_method="interval_method",
        )
        found.append(periods.join(earlier, on=CELL, how="left"))
    return pl.concat(found)


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
    # what is clustered is no share of n any more
    plain = pl.all_horizontal(
        ~pl.col("interval_method", "before_method").str.ends_with(", clustered")
    )
    both = compared(metrics, "change").filter(
        plain
        & pl.col("metric").is_in(["csat", "response_rate", "one_touch_rate", "rating_top_box"])
        & pl.col("change").is_not_null()
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
        "metric", "period_grain", "period_start"
    ):
        chances = 2 * stats.norm.sf(cells_of_month["z"].to_numpy())
        more_than_noise = multipletests(chances, 0.05, "fdr_bh")[0]
        for row, is_real in zip(cells_of_month.iter_rows(named=True), more_than_noise, strict=True):
            wanted = ("up" if row[name] > 0 else "down") if is_real else "noise"
            assert row[f"{name}_verdict"] == wanted, row
            verdicts.add(wanted)
    assert verdicts == {"change": {"up", "down", "noise"}, "year_change": {"up"}}[name]


class Desk:
    """Cases and what was said on them, and the clocks told of them again, row by row."""

    def __init__(self, warehouse: Warehouse) -> None:
        with warehouse.open() as db:
            self.cases = db.sql(
                """
                select cases.*, heard.last_at, clocks.requester_waits_since as since
                from release.main.cases
                join intermediate.int_case_clocks as clocks on cases.case_id = clocks.record_id
                join (select source, max(moment) as last_at from (
                        select source, occurred_at as moment from intermediate.int_placed_voices
                        union all
                        select source, created_at from staging.stg_case_messages
                        where not is_deleted and is_public
                        union all
                        select source, changed_at from staging.stg_case_changes
                        where not is_deleted and field = 'status'
                    ) group by source) as heard
                    on cases.source = heard.source
                """
            ).pl()
            self.messages = db.sql(
                "select case_id, author_role, created_at from staging.stg_case_messages "
                "where not is_deleted and is_public order by created_at, message_id"
            ).pl()
            hours = db.sql("from calendars.hours order by opens_at").pl()
            self.states = db.sql("from intermediate.int_case_states where team_ref <> 't2'").pl()
        self.hours = {
            str(name): rows.select("opens_at", "closes_at").rows()
            for (name,), rows in hours.group_by("calendar", maintain_order=True)
        }

    def worked(self, calendar: str, begin: datetime, end: datetime) -> float:
        """Minutes of a calendar from one moment to another, day by day."""
        overlaps = (
            (min(end, closes) - max(begin, opens)).total_seconds()
            for opens, closes in self.hours[calendar]
            if opens < end and closes > begin
        )
        return sum(overlaps) // 60

    def waits(self) -> pl.DataFrame:
        """One row per wait: clock, source, begin, whole minutes, whether it is over."""
        rows = [wait for case in self.cases.iter_rows(named=True) for wait in self._of(case)]
        return pl.DataFrame(
            rows, schema=["clock", "source", "began", "minutes", "is_over"], orient="row"
        ).with_columns(
            is_over=pl.col("is_over").cast(pl.Int8),
        )

    def _of(self, case: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
        if case["is_merged"]:
            return
        source, opened, last = case["source"], case["created_at"], case["last_at"]
        over = case["resolved_at"] or (
            None if case["status"] in ("solved", "closed") else case["last_at"]
        )
        asked = [("first_reply", opened, case["first_reply_at"])]
        asked += [("resolution", opened, case["resolved_at"])]
        asked += [("next_reply", begin, end) for begin, end in self._turns(case)]
        for clock, begin, ended in asked:
            if not ended and not over:
                continue  # solved, and nobody knows when
            end = ended or max(over, begin)
            yield clock, source, begin, (end - begin).total_seconds() // 60, bool(ended)
            if case["calendar"]:
                minutes = self.worked(case["calendar"], begin, end)
                yield f"business_{clock}", source, begin, minutes, bool(ended)
        if case["requester_wait_minutes"] is None:
            return
        running = max(0, (last - case["since"]).total_seconds() / 60) if case["since"] else 0
        minutes = int(case["requester_wait_minutes"] + running + 1e-6)
        yield "requester_wait", source, opened, minutes, not case["waits_are_censored"]

    def _turns(self, case: dict[str, Any]) -> Iterator[tuple[datetime, datetime | None]]:
        """Questions after the first reply, each with its answer."""
        replies = 1 if case["is_agent_created"] else 0
        answers, asked = 0, None
        of_case = self.messages.filter(pl.col("case_id") == case["case_ref"])
        for _, role, said_at in of_case.iter_rows():
            if role == "agent":
                answers += 1
                if asked:
                    yield asked, said_at
                asked = None
            elif answers > replies and asked is None:
                asked = said_at
        if asked:
            yield asked, None


@pytest.fixture(scope="module")
def desk(built: Warehouse) -> Desk:
    return Desk(built)


@pytest.mark.parametrize(
    "clock",
    [
        *("first_reply", "resolution", "next_reply", "requester_wait"),
        *("business_first_reply", "business_resolution", "business_next_reply"),
    ],
)
def test_a_clock_counts_those_who_still_wait_as_statsmodels_does(
    desk: Desk, metrics: pl.DataFrame, clock: str
) -> None:
    compared = 0
    waits = desk.waits().filter(pl.col("clock") == clock)
    published = {
        (row["metric"], *(row[c] for c in CELL[2:])): row
        for row in metrics.filter(pl.col("metric").str.starts_with(clock)).iter_rows(named=True)
    }
    for cell, found in cells(waits, "began", by=("source",)):
        curve = SurvfuncRight(found["minutes"].to_numpy(), found["is_over"].to_numpy())
        for quantile, share in (("median", 0.5), ("p90", 0.9)):
            row = published[f"{clock}_{quantile}", *(cell[c] for c in CELL[2:])]
            low, high = curve.quantile_ci(share, method="cloglog")
            assert row["n"] == found.height
            # where exactly that share has ended, statsmodels waits for the next one, and we do not
            reached = curve.surv_times[curve.surv_prob <= 1 - share + 1e-9]
            if math.isnan(low) and len(reached):
                # statsmodels finds no time within the interval: the first is surely past the share
                low = high = reached[0]
            # where the last of all ended statsmodels ends the interval, R and we do not
            is_last = curve.surv_prob[-1] == 0 and high == curve.surv_times[-1]
            if is_last or not math.isfinite(high):
                assert (row["value"], row["flag"]) == (None, "open_ended")
                continue
            wanted = (reached[0], low, high)
            assert (row["value"], row["interval_low"], row["interval_high"]) == wanted
            compared += 1
    assert compared > 8


def test_a_wait_counts_only_what_the_calendar_works(desk: Desk) -> None:
    """Summed stretch by stretch over the calendars' days; nobody moves a case of the team t2."""
    names = {"t0": "office", "t1": "late"}
    waited: dict[int, float] = {}
    for state in desk.states.iter_rows(named=True):
        if state["status"] in ("new", "open", "on_hold") and state["until_at"]:
            minutes = desk.worked(names[state["team_ref"]], state["from_at"], state["until_at"])
            waited[state["record_id"]] = waited.get(state["record_id"], 0) + minutes
    told = desk.cases.filter(pl.col("business_requester_wait_minutes").is_not_null())
    assert told.height > 50
    for case in told.iter_rows(named=True):
        wanted = waited.get(case["case_id"], 0)
        assert case["business_requester_wait_minutes"] == pytest.approx(wanted, abs=2)


def first_contacts(cases: pl.DataFrame) -> Iterator[bool | None]:
    """Whether each case was resolved at first contact, by comparing it with every other."""
    rows = cases.rows(named=True)
    days = timedelta(days=7)
    for case in rows:
        solved = case["first_resolved_at"]
        if solved is None or case["customer_id"] is None or case["is_merged"]:
            yield None
            continue
        if case["last_at"] < solved + days:
            yield None
            continue
        again = any(
            (case["created_at"], case["case_id"]) < (other["created_at"], other["case_id"])
            and other["created_at"] <= solved + days
            for other in rows
            if (other["customer_id"], other["topic"]) == (case["customer_id"], case["topic"])
            and not other["is_merged"]
        )
        yield not again and not case["is_reopened_in_time"]


def test_rates_of_cases_are_wilsons(built: Warehouse, desk: Desk, metrics: pl.DataFrame) -> None:
    with built.open() as db:
        reopened = db.sql(
            "select record_id as case_id, coalesce(first_reopened_at <= first_resolved_at "
            "+ interval 7 day, false) as is_reopened_in_time from intermediate.int_case_clocks"
        ).pl()
    cases = desk.cases.filter(~pl.col("is_merged")).join(reopened, on="case_id")
    cases = cases.with_columns(
        pl.Series("fcr", list(first_contacts(cases)), dtype=pl.Boolean),
        one_touch_rate=pl.when(
            pl.col("status").is_in(["solved", "closed"]) & (pl.col("public_messages") > 0)
        ).then((pl.col("agent_messages") == 1) & (pl.col("reopens") == 0)),
        reopen_rate=pl.when(
            # a solution whose change was deleted is known by what undid it
            pl.col("first_resolved_at").is_not_null() | (pl.col("reopens") > 0)
        ).then(pl.col("reopens") > 0),
    )
    assert cases["fcr"].to_list() == cases["is_first_contact_resolution"].to_list()
    for metric in ("fcr", "one_touch_rate", "reopen_rate"):
        judged = cases.filter(pl.col(metric).is_not_null())
        assert set(judged[metric]) == {True, False}
        wanted = estimates("share", judged, "created_at", x=metric)
        assert_same(wanted, metrics.filter(pl.col("metric") == metric), **TOLD)


def test_contacts_per_customer_have_garwoods_interval(
    built: Warehouse, desk: Desk, metrics: pl.DataFrame
) -> None:
    with built.open() as db:
        events = db.sql(
            "select customer_id, segment, account_id, occurred_at "
            "from release.main.journey_events where is_touch and customer_id is not null"
        ).pl()
    contacts = desk.cases.filter(pl.col("customer_id").is_not_null() & ~pl.col("is_merged"))
    whose = ("period_grain", "period", "segment", "account_id")
    elsewhere = ("source", "touchpoint", "stage", "channel")
    customers = {}
    everywhere = [*combinations(("segment", "account_id"), 1), (), ("segment", "account_id")]
    for grain, every in {**GRAINS, "all": "100y"}.items():
        dated = events.with_columns(
            pl.col("account_id").cast(pl.String).fill_null("unknown"),
            period=pl.col("occurred_at").dt.truncate(every).dt.date(),
        )
        for places in everywhere:
            for values, found in dated.group_by("period", *places):
                cell = dict(zip(("period", *places), values, strict=True))
                cell = {"segment": "all", "account_id": "all", **cell, "period_grain": grain}
                cell["period"] = None if grain == "all" else cell["period"]
                customers[tuple(cell[c] for c in whose)] = found["customer_id"].n_unique()
    counted: dict[tuple[Any, ...], tuple[int, date]] = {}
    began: dict[tuple[Any, ...], date] = {}
    for cell, found in cells(contacts, "created_at"):
        grain, start = cell["period_grain"], cell["period_start"]
        who = (cell["segment"], cell["account_id"])
        where = tuple(cell[c] for c in elsewhere)
        counted[grain, None if grain == "all" else start, who, where] = (found.height, start)
        cut = (grain, tuple(w == "all" for w in who), where)
        began[cut] = min(start, began.get(cut, start))
    wanted = []
    for (grain, is_all, where), first in began.items():
        for (of, period, *who), n in customers.items():
            if (of, tuple(w == "all" for w in who)) != (grain, is_all):
                continue
            # where cases came from before, none is a number too
            if period is not None and period < first:
                continue
            k, start = counted.pop((grain, period, tuple(who), where), (0, period or first))
            low = stats.chi2.ppf(0.025, 2 * k) / 2 if k else 0
            wanted.append(
                {
                    **dict(zip(("segment", "account_id", *elsewhere), (*who, *where), strict=True)),
                    "period_grain": grain,
                    "period_start": start,
                    "n": n,
                    "value": 100 * k / n,
                    "low": 100 * low / n,
                    "high": 100 * stats.chi2.ppf(0.975, 2 * k + 2) / 2 / n,
                }
            )
    assert counted == {}
    assert any(row["value"] == 0 for row in wanted)
    expected = pl.DataFrame(wanted, infer_schema_length=None)
    published = metrics.filter(pl.col("metric") == "contact_rate")
    assert_same(expected, published, n="n", value="value")
    # Wilson and Hilferty past the end of the table of exact limits
    both = expected.join(published, on=CELL[2:], suffix="_found")
    for ours, theirs in (("low", "interval_low"), ("high", "interval_high")):
        assert both[ours].to_list() == pytest.approx(both[theirs].to_list(), rel=1e-5, abs=1e-3)
    assert contacts.height > 200


def open_moments(
    spans: list[tuple[datetime, datetime | None]], last: datetime
) -> Iterator[tuple[date | None, datetime]]:
    """Month ends, and now as None, at which one of the spans lasts."""
    for moment in pl.datetime_range(FIRST, last, "1mo", eager=True):
        if any(begin < moment and (end is None or end > moment) for begin, end in spans):
            yield moment.date() - timedelta(days=1), moment
    if any(end is None for _, end in spans):
        yield None, last


def test_the_backlog_is_who_was_open_at_each_months_end(built: Warehouse, desk: Desk) -> None:
    with built.open() as db:
        told = db.sql(
            "select states.*, clocks.requester_wait_seconds is not null as is_told "
            "from intermediate.int_case_states as states "
            "join intermediate.int_case_clocks as clocks using (record_id)"
        ).pl()
        backlog = db.sql("from release.main.case_backlog").pl()
    open_spans: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for state in told.filter("is_told").iter_rows(named=True):
        spans = open_spans.setdefault(state["record_id"], [])
        if state["status"] not in ("solved", "closed"):
            spans.append((state["from_at"], state["until_at"]))
    counted: dict[tuple[str, str, Any], list[float]] = {}
    for case in desk.cases.filter(~pl.col("is_merged")).iter_rows(named=True):
        is_done = case["status"] in ("solved", "closed")
        ended = (case["resolved_at"] or case["created_at"]) if is_done else None
        spans = open_spans.get(case["case_id"], [(case["created_at"], ended)])
        for month_end, moment in open_moments(spans, case["last_at"]):
            for place in product((case["source"], "all"), (case["touchpoint"], "all")):
                age = (moment - case["created_at"]).total_seconds() / 86400
                counted.setdefault((*place, month_end), []).append(age)
    assert len(counted) == backlog.height > 20
    for row in backlog.iter_rows(named=True):
        ages = counted[row["source"], row["touchpoint"], row["month_end"]]
        assert row["open_cases"] == len(ages)
        assert row["age_days_median"] == pytest.approx(np.median(ages), abs=1e-3)
        assert row["age_days_p90"] == pytest.approx(np.quantile(ages, 0.9), abs=1e-3)
