"""The planted facts with their numbers: `truth.json`."""

from __future__ import annotations

import polars as pl

from connectors.sandbox.company.plan import (
    CHANGED_TEA,
    EFFECTS,
    SEASON_FACTOR,
    SEASON_MONTH,
    TEAS,
    Plan,
)
from connectors.sandbox.company.pulses import rounds
from connectors.sandbox.company.staff import SMALL_TEAM, Staff
from connectors.sandbox.company.surveys import QUESTIONS, SURVEY_IDS
from connectors.sandbox.company.truth.counts import Fact, Tallies, iso, rates
from connectors.sandbox.company.truth.initiatives import initiatives


def facts(plan: Plan, staff: Staff, tallies: Tallies) -> Fact:
    """Each planted fact by name."""
    return {
        "drivers": _drivers(tallies),
        "seasonality": _season(tallies),
        "hurting_touchpoint": _hurting(tallies),
        "initiatives": initiatives(plan, tallies),
        "small_team": _small_team(plan, staff),
        "rising_theme": _theme(plan, tallies),
        "non_response": _non_response(tallies),
        "choosy_agents": _choosy(staff, tallies),
        "outage": {
            "system": "qualtrics",
            "from": iso(plan.outage[0]),
            "until": iso(plan.outage[1]),
            "what": "no survey is sent and no answer recorded",
        },
        "scale_change": {
            "survey_id": SURVEY_IDS[0],
            "touchpoint": "delivery",
            "question_id": next(q.id for q in QUESTIONS["delivery"] if q.measures == "csat"),
            "at": iso(plan.scale_change),
            "before": [1, 5],
            "after": [1, 7],
        },
        "people": dict(tallies["who"].select("what", "n").iter_rows()),
    }


def _drivers(tallies: Tallies) -> Fact:
    seen = {row["theme"]: row for row in rates(tallies["drivers"]).to_dicts()}
    base = seen.get("none", {"mean": 0.0})
    observed = {
        theme: {"n": row["n"], "points": round(row["mean"] - base["mean"], 3), "nps": row["nps"]}
        for theme, row in seen.items()
    }
    return {
        "points": EFFECTS,
        "observed_after_delivery": observed,
        "note": "points on the scale of 0 to 10 against nothing special having happened",
    }


def _season(tallies: Tallies) -> Fact:
    asked = tallies["asked"].filter(pl.col("touchpoint") == "delivery")
    by_month = asked.group_by(calendar=pl.col("month").dt.month()).agg(
        n=pl.col("asked").sum(),
        promoters=pl.col("true_promoters").sum(),
        detractors=pl.col("true_detractors").sum(),
    )
    return {
        "month": SEASON_MONTH,
        "late_parcels_times": SEASON_FACTOR,
        "true_nps_after_delivery_by_calendar_month": {
            str(row["calendar"]): row["nps"] for row in rates(by_month.sort("calendar")).to_dicts()
        },
    }


def _hurting(tallies: Tallies) -> Fact:
    answered = (
        tallies["answered"].group_by("touchpoint").agg(pl.col("n", "promoters", "detractors").sum())
    )
    ranked = rates(answered).sort("nps", "touchpoint")
    whole = rates(answered.select(pl.col("n", "promoters", "detractors").sum()))
    return {
        "touchpoint": "billing",
        "nps": {row["touchpoint"]: row["nps"] for row in ranked.to_dicts()},
        "n": {row["touchpoint"]: row["n"] for row in ranked.to_dicts()},
        "nps_of_all": whole["nps"].item(),
    }


def _small_team(plan: Plan, staff: Staff) -> Fact:
    team = staff.teams.filter(pl.col("name") == SMALL_TEAM).to_dicts()[0]
    return {
        "id": team["id"],
        "name": team["name"],
        "headcount": team["headcount"],
        "pulses": len(rounds(plan)),
    }


def _theme(plan: Plan, tallies: Tallies) -> Fact:
    taste = tallies["taste"].with_columns(share=(pl.col("taste") / pl.col("orders")).round(4))
    left = tallies["leavers"].join(tallies["taste"], on=["month", "group"], how="right")
    left = left.with_columns(share=(pl.col("left").fill_null(0) / pl.col("orders")).round(4))

    def series(frame: pl.DataFrame, group: str) -> dict[str, float]:
        rows = frame.filter(pl.col("group") == group).sort("month").select("month", "share").rows()
        return {f"{month:%Y-%m}": share for month, share in rows}

    groups = ("changed tea", "other teas")
    return {
        "theme": "taste",
        "tea": TEAS[CHANGED_TEA],
        "rises_from": iso(plan.tea_change),
        "churn_from": iso(plan.tea_churn),
        "share_of_orders_that_taste_different": {g: series(taste, g) for g in groups},
        "leavers_by_orders": {g: series(left, g) for g in groups},
    }


def _non_response(tallies: Tallies) -> Fact:
    seen = tallies["response"].with_columns(rate=(pl.col("answered") / pl.col("asked")).round(4))

    def nps(column: str) -> float:
        counts: dict[str, int] = dict(seen.select("felt", column).iter_rows())
        spread = counts.get("promoter", 0) - counts.get("detractor", 0)
        return round(100 * spread / max(1, sum(counts.values())), 2)

    return {
        "response_rate": dict(seen.select("felt", "rate").iter_rows()),
        "raw_nps": nps("answered"),
        "true_nps": nps("asked"),
        "note": "over all surveys; deleted responses count as answered here",
    }


def _choosy(staff: Staff, tallies: Tallies) -> Fact:
    ids = staff.happy_only.tolist()
    group = pl.when(pl.col("agent").is_in(ids)).then(pl.lit("choosy")).otherwise(pl.lit("others"))
    seen = tallies["ratings"].group_by(group=group).agg(pl.exclude("agent").sum()).sort("group")
    shares = seen.select(
        "group",
        asked=(pl.col("asked") / pl.col("solved")).round(4),
        rated_good=(pl.col("good") / pl.col("rated")).round(4),
        would_be_good=(pl.col("would_be_good") / pl.col("solved")).round(4),
    )
    names = staff.agent_names.filter(pl.col("user").is_in(ids))
    return {
        "agents": dict(names.select(pl.col("user").cast(pl.String), "name").iter_rows()),
        "shares": {row.pop("group"): row for row in shares.to_dicts()},
    }
