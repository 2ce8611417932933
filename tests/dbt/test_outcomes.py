"""What an initiative was worth: against statsmodels, and against what was planted."""

from __future__ import annotations

import random
import shutil
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from statsmodels.regression.linear_model import OLS
from warehouse import SEEDS, Warehouse

if TYPE_CHECKING:
    from warehouse import Rows

pytestmark = pytest.mark.slow

HEAD = (
    "initiative,description,began_on,ended_on,touchpoint,segment,country,source,topic,tag,"
    "metric,cost,contact_cost,currency\n"
)
INITIATIVES = """\
repaired,planted to help in two countries,2026-01-01,,,,AA|bb,,,,nps,,,
painted,planted to change nothing,2025-12-01,,delivery,,CC,,,,nps,,,
dip,started after a bad month that ends by itself,2026-02-01,,,,FF,,,,nps,,,
calls,whoever was unhappy is called,2025-06-01,,delivery,,,,,vip,nps,,,
fewer,cases on parcels,2026-01-01,,,,AA|BB,,parcel,,contact_rate,100,20,EUR
everywhere,for everybody,2026-01-01,,,,,,,,nps,,,
app,for everybody at a touchpoint,2026-01-01,,app,,,,,,nps,,,
fresh,has only begun,2026-10-25,,,,EE,,,,nps,,,
unheard,nobody answered,2026-01-01,2026-01-02,,,ZZ,,,,nps,,,
no day,,someday,,,,AA,,,,nps,,,
tomorrow,,2031-01-01,,,,AA,,,,nps,,,
twin,,2026-01-01,,,,AA,,,,nps,,,
Twin,,2026-01-01,,,,AA,,,,nps,,,
nowhere,,2026-01-01,,delivery|moon,,AA,,,,nps,,,
no metric,,2026-01-01,,,,AA,,,,nsp,,,
backwards,,2026-01-01,2025-01-01,,,AA,,,,nps,,,
two ways,,2026-01-01,,,,AA,,,vip,nps,,,
no money,,2026-01-01,,,,AA,,,,contact_rate,,12,
"""
COUNTRIES = ("AA", "BB", "CC", "DD", "EE", "FF")
FIRST = datetime(2024, 10, 1)  # noqa: DTZ001  # times in the warehouse are naive UTC
DAYS = 755


def company() -> Rows:
    """People of six countries, who answer some dozen times; low answers come and go."""
    dice = random.Random(8)  # noqa: S311  # not for secrets
    people, responses, answers, cases = [], [], [], []
    for person in range(240):
        country = COUNTRIES[person % 6]
        who = {"source": "shop", "person_ref": f"p{person}"}
        people.append({**who, "country": country, "created_at": FIRST, "updated_at": FIRST})
        for turn in range(14):
            at = FIRST + timedelta(days=dice.uniform(0, DAYS))
            key = {"source": "shop", "survey_id": "s1", "response_id": f"{person}-{turn}"}
            helped = country in ("AA", "BB") and at.date() >= date(2026, 1, 1)
            bad_month = country == "FF" and date(2025, 11, 15) < at.date() < date(2026, 2, 1)
            felt = dice.gauss(7.5 + person % 3 / 2, 1.8) + 1.5 * helped - 4 * bad_month
            score = min(10, max(0, round(felt)))
            place = dice.choice(["delivery", "app"])
            told = {"touchpoint": place, "submitted_at": at, "updated_at": at}
            responses.append({**who, **key, **told, "status": "completed"})
            given = {"question_id": "q1", "item_id": "", "value_number": score, "updated_at": at}
            answers.append({**key, **given})
            unhappy = score <= 6 and place == "delivery" and at.date() >= date(2025, 6, 1)
            if unhappy and dice.random() < 0.5:
                cases.append(case(len(cases), who, at + timedelta(hours=9), '["VIP"]', "call"))
            if dice.random() < (0.05 if helped else 0.35):
                cases.append(case(len(cases), who, at, None, "parcel"))
    return {
        "people": people,
        "survey_responses": responses,
        "survey_answers": answers,
        "cases": cases,
    }


def case(number: int, who: dict[str, Any], at: datetime, tags: str | None, topic: str) -> Any:  # noqa: ANN401
    """A case that somebody opened."""
    return {
        **who,
        "case_id": f"c{number}",
        "status": "solved",
        "topic": topic,
        "tags": tags,
        "created_at": at,
        "updated_at": at,
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("outcomes")
    seeds = shutil.copytree(SEEDS, folder / "seeds")
    (seeds / "initiatives.csv").write_text(HEAD + INITIATIVES)
    warehouse = Warehouse(folder / "house")
    warehouse.load(company())
    # without tests that compare with tables that are not built here
    select = ("--select", "+outcomes", "--indirect-selection", "buildable")
    warehouse.dbt("build", *select, "--exclude-resource-type", "unit_test", seeds=seeds)
    return warehouse


@pytest.fixture(scope="module")
def outcomes(built: Warehouse) -> dict[str, dict[str, Any]]:
    with built.open() as db:
        rows = db.sql("select * from release.main.outcomes").pl().to_dicts()
    return {row["initiative"].lower(): row for row in rows}


def table(built: Warehouse, query: str) -> pl.DataFrame:
    with built.open() as db:
        return db.sql(query).pl()


def answers(built: Warehouse) -> pl.DataFrame:
    """Every answer with the country and what it counts as, and the days of the customer's calls."""
    return table(
        built,
        """
        select cast(scored_at as date) as day, scored_at, touchpoint, country, customer_id, score,
            case nps_group when 'promoter' then 100e0 when 'detractor' then -100 else 0 end as x,
            coalesce(called, []) as called
        from release.main.scores left join release.main.customers using (customer_id)
        left join (
            select customer_id, list(cast(created_at as date)) as called
            from release.main.cases where topic = 'call' group by customer_id
        ) using (customer_id)
        where metric = 'nps' order by scored_at
        """,
    )


def differences(rows: pl.DataFrame) -> tuple[float, float, float]:
    """Estimate and interval of the interaction, as statsmodels has it."""
    treated = rows["treated"].cast(pl.Float64).to_numpy()
    after = rows["after"].cast(pl.Float64).to_numpy()
    design = np.column_stack([np.ones(len(rows)), treated, after, treated * after])
    groups = rows["customer_id"].rank("dense").to_numpy()
    fit = OLS(rows["x"].to_numpy(), design).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
    )
    low, high = fit.conf_int()[3]
    return float(fit.params[3]), float(low), float(high)


def windowed(rows: pl.DataFrame, began: date, treated: list[str], others: list[str]) -> Any:  # noqa: ANN401
    """Answers of a year before the 90 days before, and of the year after, until a call."""
    run_up = began - timedelta(days=90)
    before = pl.col("day").is_between(run_up - timedelta(days=365), run_up, closed="left")
    after = pl.col("day").is_between(began, began + timedelta(days=365), closed="left")
    since = run_up - timedelta(days=365)
    calls = pl.col("called").list.eval(pl.element().filter(pl.element() >= since)).list.min()
    untouched = calls.is_null() | (pl.col("day") <= calls)
    chosen = rows.filter(before | after, pl.col("country").is_in([*treated, *others]), untouched)
    return chosen.with_columns(treated=pl.col("country").is_in(treated), after=after)


def close(found: dict[str, Any], wanted: tuple[float, float, float]) -> bool:
    ours = (found["estimate"], found["interval_low"], found["interval_high"])
    return ours == pytest.approx(wanted, abs=1e-3)


def test_the_estimate_is_the_regression_of_statsmodels(
    built: Warehouse, outcomes: dict[str, dict[str, Any]]
) -> None:
    rows = answers(built)
    # whom another initiative reached in the same time is nobody to compare with
    repaired = windowed(rows, date(2026, 1, 1), ["AA", "BB"], ["DD"])
    painted = windowed(
        rows.filter(pl.col("touchpoint") == "delivery"), date(2025, 12, 1), ["CC"], ["DD"]
    )

    assert close(outcomes["repaired"], differences(repaired))
    assert close(outcomes["painted"], differences(painted))
    assert outcomes["repaired"]["n"] == repaired.height
    assert outcomes["repaired"]["customers"] == repaired["customer_id"].n_unique()
    # some were called meanwhile, and said something later
    everybody = rows.with_columns(called=pl.lit([], dtype=pl.List(pl.Date)))
    assert windowed(everybody, date(2026, 1, 1), ["AA", "BB"], ["DD"]).height > repaired.height


def test_contacts_are_compared_in_the_same_calendar_months(
    built: Warehouse, outcomes: dict[str, dict[str, Any]]
) -> None:
    rows = table(
        built,
        """
        with touched as (
            select distinct customer_id, date_trunc('month', occurred_at)::date as month
            from release.main.journey_events where is_touch and customer_id is not null
        ), contacts as (
            select customer_id, date_trunc('month', created_at)::date as month, count(*) as n
            from release.main.cases where topic = 'parcel' group by all
        ), calls as (
            select customer_id, min(created_at) as called_at from release.main.cases
            where topic = 'call' and created_at >= '2024-10-01' group by customer_id
        )
        select customer_id, month, country, 100e0 * coalesce(n, 0) as x
        from touched join release.main.customers using (customer_id)
        left join contacts using (customer_id, month) left join calls using (customer_id)
        where called_at is null or month <= called_at
        """,
    )
    # it began in January, and the last month that was heard of to its end is September
    month = pl.col("month")
    before = month.is_between(date(2025, 1, 1), date(2025, 9, 1))
    after = month.is_between(date(2026, 1, 1), date(2026, 9, 1))
    others = pl.col("country").is_in(["DD"])
    treated = pl.col("country").is_in(["AA", "BB"])
    chosen = rows.filter(before | after, treated | others)
    found = outcomes["fewer"]

    assert close(found, differences(chosen.with_columns(treated=treated, after=after)))
    assert (found["baseline_start"], found["baseline_end"]) == (
        date(2025, 1, 1),
        date(2025, 9, 30),
    )


def test_touchpoints_are_compared_with_touchpoints(
    built: Warehouse, outcomes: dict[str, dict[str, Any]]
) -> None:
    rows = windowed(answers(built), date(2026, 1, 1), list(COUNTRIES), [])
    rows = rows.with_columns(treated=pl.col("touchpoint") == "app")

    assert close(outcomes["app"], differences(rows))


def test_the_next_answers_are_compared_at_the_same_first_answer(
    built: Warehouse, outcomes: dict[str, dict[str, Any]]
) -> None:
    pairs = table(built, "select * from numbers.initiative_followed")
    columns = [np.ones(len(pairs)), pairs["level"].to_numpy(), pairs["is_reached"].to_numpy()]
    fit = OLS(pairs["next_x"].to_numpy(), np.column_stack(columns).astype(float)).fit()
    found = outcomes["calls"]

    assert close(found, (fit.params[2], *fit.conf_int()[2]))
    assert found["n"] == len(pairs) == pairs["customer_id"].n_unique() > 100
    assert pairs["level"].max() <= 0.6


@pytest.mark.parametrize(
    ("initiative", "verdict", "works"),
    [
        ("repaired", "works", True),
        ("fewer", "works", True),
        ("painted", "no more than noise", False),
        ("calls", "only came back to where it was", False),
        ("dip", "only came back to where it was", False),
        ("fresh", "too early", None),
        ("unheard", "nobody answered", None),
        ("everywhere", "nobody to compare with", None),
        ("tomorrow", "cannot be followed", None),
    ],
)
def test_each_gets_the_verdict_that_was_planted(
    outcomes: dict[str, dict[str, Any]], initiative: str, verdict: str, works: object
) -> None:
    found = outcomes[initiative]

    assert (found["verdict"], found["works"]) == (verdict, works)


def test_contacts_that_did_not_come_are_worth_what_one_costs(
    outcomes: dict[str, dict[str, Any]],
) -> None:
    found = outcomes["fewer"]

    assert found["contacts_avoided"] == pytest.approx(
        -found["estimate"] * found["n_after"] / 100, abs=0.1
    )
    assert float(found["saved"]) == pytest.approx(20 * found["contacts_avoided"], abs=0.01)
    assert float(found["net_low"]) == pytest.approx(20 * found["contacts_avoided_low"] - 100, 0.001)
    assert found["saved_low"] < found["saved"] < found["saved_high"]
    # nobody said what a point of a score is worth
    assert outcomes["repaired"]["saved"] is outcomes["repaired"]["net"] is None


def test_each_wrong_row_and_no_other_is_named_with_its_remedy(built: Warehouse) -> None:
    wrong = "select initiative, problem from intermediate.int_initiatives where problem is not null"
    found = dict(built.rows(wrong))
    expected = {
        "no day": "began_on is its first day",
        "tomorrow": "it begins in the future",
        "twin": "the name is given twice",
        "Twin": "the name is given twice",
        "nowhere": "no voice was ever at the touchpoint moon",
        "no metric": "metric is one of nps",
        "backwards": "it ends before it begins",
        "two ways": "a tag names whom it reached",
        "no money": "an amount needs its currency",
    }

    assert set(found) == set(expected)
    assert all(found[name].startswith(says) for name, says in expected.items())
