"""What moves a score, and who is asked for one: against statsmodels, row by row."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from synthetic import Company
from warehouse import SEEDS, Warehouse

if TYPE_CHECKING:
    from warehouse import Rows

pytestmark = pytest.mark.slow

MODELS = ("--resource-type", "seed", "--resource-type", "model")
WANTED = ("+drivers", "+rating_coverage", "+team_rating_coverage")
OPENED = datetime(2026, 6, 1)  # noqa: DTZ001  # times in the warehouse are naive UTC
# agents of a help desk and how many of ten of their solved cases are asked; two of them choose
ASKING = {"ann": 6, "ben": 7, "cem": 6, "dot": 6, "eva": 7, "fay": 1, "gil": 1}


def help_desk() -> Rows:
    """Sixty solved cases of each agent, of two teams: six agents in one, one alone in the other."""
    cases = []
    for number in range(60 * len(ASKING)):
        agent = list(ASKING)[number % len(ASKING)]
        turn = number // len(ASKING)
        opened = OPENED + timedelta(hours=number)
        cases.append(
            {
                "source": "helpers",
                "case_id": f"h{number}",
                "assignee_ref": agent,
                "team_ref": "alone" if agent == "gil" else "many",
                "status": "solved",
                "opened_by": "customer",
                "is_rating_asked": None if turn == 0 else turn % 10 < ASKING[agent],
                "created_at": opened,
                "solved_at": opened + timedelta(hours=1 + turn % 9),
                "updated_at": opened + timedelta(hours=12),
            }
        )
    return {"cases": cases}


def scores_after_cases() -> Rows:
    """Answers of people of whom every third had a case on a topic, which spoils the score."""
    dice = random.Random(4)  # noqa: S311  # not for secrets
    responses, answers, cases = [], [], []
    for number in range(400):
        who = {"source": "shop", "person_ref": f"q{number % 150}"}
        at = OPENED + timedelta(days=40 * (number // 150), hours=number)
        key = {"source": "shop", "survey_id": "s1", "response_id": f"d{number}", "updated_at": at}
        unlucky = number % 3 == 0
        told = {"status": "completed", "submitted_at": at, "touchpoint": "parcel"}
        responses.append({**who, **key, **told})
        score = min(10, max(0, round(dice.gauss(8.5 - 3 * unlucky, 1.5))))
        answers.append({**key, "question_id": "q1", "item_id": "", "value_number": score})
        for topic in [*(["broken"] if unlucky else []), *(["question"] if number % 4 == 0 else [])]:
            opened = at - timedelta(days=2)
            case = {"case_id": f"{topic}{number}", "topic": topic, "status": "open"}
            cases.append({**who, **case, "created_at": opened, "updated_at": opened})
    return {"survey_responses": responses, "survey_answers": answers, "cases": cases}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("drivers") / "house")
    for portion in Company(7, people=400).portions(1):
        warehouse.load(portion)
    warehouse.load(help_desk())
    warehouse.load(scores_after_cases())
    warehouse.dbt("build", "--select", *WANTED, *MODELS, seeds=SEEDS)
    return warehouse


def table(built: Warehouse, query: str) -> pl.DataFrame:
    with built.open() as db:
        return db.sql(query).pl()


def test_points_are_those_of_a_regression(built: Warehouse) -> None:
    drivers = table(built, "select * from release.main.drivers")
    scores = table(
        built,
        """
        select score_id, metric, method_version, touchpoint, customer_id, case metric
            when 'nps' then case nps_group when 'promoter' then 100e0 when 'detractor' then -100 else 0 end
            when 'csat' then case when is_top_box then 100e0 else 0 end else score end as x
        from release.main.scores where customer_id is not null order by score_id
        """,  # noqa: E501
    )
    found = table(built, "select * from numbers.score_circumstances")

    assert drivers.height > 5
    assert len(set(drivers["driver"])) > 2
    for row in drivers.iter_rows(named=True):
        here = scores.join(
            pl.DataFrame([row]).select("metric", "method_version", "touchpoint"),
            on=["metric", "method_version", "touchpoint"],
        )
        has = found.filter(pl.col("kind") == row["kind"], pl.col("driver") == row["driver"])
        topics = found.filter(pl.col("kind") == "topic of a case")
        others = topics.join(has, on=["score_id", "kind", "driver"], how="anti")
        others = others.group_by("score_id").agg(pl.format("{}:{}", "kind", "driver").sort())
        here = here.join(others, on="score_id", how="left").with_columns(
            d=pl.col("score_id").is_in(has["score_id"].to_list()).cast(pl.Int64),
            others=pl.col("kind").list.join("|").fill_null(""),
        )
        compared = pl.col("d").min().over("others") < pl.col("d").max().over("others")
        assert row["n_alone"] == here.filter(~compared)["d"].sum()
        here = here.filter(compared)
        stratum = here["others"].to_numpy()
        dummies = [(stratum == s).astype(float) for s in np.unique(stratum)]
        design = np.column_stack([here["d"].to_numpy().astype(float), *dummies])
        fit = OLS(here["x"].to_numpy(), design).fit(
            cov_type="cluster",
            cov_kwds={"groups": here["customer_id"].rank("dense").to_numpy()},
            use_t=True,
        )
        ours = (row["points"], row["interval_low"], row["interval_high"], row["n"], row["n_with"])
        wanted = (fit.params[0], *fit.conf_int()[0], here.height, here["d"].sum())
        assert ours == pytest.approx(wanted, abs=1e-3), row


def test_the_circumstance_that_was_planted_moves_the_score_and_no_other(built: Warehouse) -> None:
    verdicts = dict(
        built.rows(
            "select driver, verdict from release.main.drivers "
            "where touchpoint = 'parcel' and kind = 'topic of a case'"
        )
    )

    assert {name: verdicts[name] for name in ("broken", "question")} == {
        "broken": "down",
        "question": "noise",
    }


def test_shares_asked_are_wilsons_and_compared_with_the_others(built: Warehouse) -> None:
    agents = table(
        built, "select * from numbers.rating_coverage where source = 'helpers' order by agent_ref"
    )

    assert agents["agent_ref"].to_list() == list(ASKING)
    # the last seven days have had no time to be asked
    assert agents["n"].sum() + agents["n_unknown"].sum() < 60 * len(ASKING)
    assert agents["n_unknown"].to_list() == [1] * len(ASKING)
    n, asked = int(agents["n"].sum()), int(agents["n_asked"].sum())
    chances = []
    for row in agents.iter_rows(named=True):
        low, high = proportion_confint(row["n_asked"], row["n"], method="wilson")
        assert (row["share_low"], row["share_high"]) == pytest.approx(
            (100 * low, 100 * high), abs=0.01
        )
        one, other = (row["n_asked"], row["n"]), (asked - row["n_asked"], n - row["n"])
        low, high = confint_proportions_2indep(*one, *other, method="newcomb", compare="diff")
        found = (row["difference_low"], row["difference_high"])
        assert found == pytest.approx((100 * low, 100 * high), abs=0.01)
        chances.append((row["difference"], row["difference_low"], row["difference_high"]))
    # the half of the interval towards zero is 1.96 standard errors
    z = [abs(d) / (d - low if d > 0 else high - d) * 1.959964 for d, low, high in chances]
    p = [float(2 * (1 - _normal(value))) for value in z]
    less = [d < 0 for d, _, _ in chances]
    judged = [bool(b and s) for b, s in zip(multipletests(p, 0.05, "fdr_bh")[0], less, strict=True)]
    assert agents["is_selective"].to_list() == judged
    assert judged == [a in ("fay", "gil") for a in ASKING]


def _normal(z: float) -> float:
    from scipy.stats import norm  # noqa: PLC0415 - one number of it

    return float(norm.cdf(z))


def test_a_team_of_few_agents_has_no_share(built: Warehouse) -> None:
    teams = {
        team: (hidden, share)
        for team, hidden, share in built.rows(
            "select team_ref, is_hidden, share from release.main.team_rating_coverage "
            "where source = 'helpers'"
        )
    }

    assert teams["alone"] == (True, None)
    assert teams["many"][0] is False
    assert 40 < teams["many"][1] < 70
    published = table(
        built, "select column_name from information_schema.columns where table_catalog = 'release'"
    )
    assert "agent_ref" not in published["column_name"].to_list()
