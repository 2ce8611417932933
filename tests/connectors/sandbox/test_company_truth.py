from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from connectors.sandbox.systems import SYSTEMS

Table = Callable[[str], pl.DataFrame]

DESKS = ["info@", "office@", "hello@", "contact@"]


@pytest.fixture(scope="module")
def truth(home: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((home / "truth" / "truth.json").read_text("utf-8"))
    return told


@pytest.fixture(scope="module")
def identities(home: Path) -> pl.DataFrame:
    return pl.read_parquet(home / "truth" / "identities.parquet")


def current(rows: pl.DataFrame, key: str = "id") -> pl.DataFrame:
    return rows.sort("at").unique(key, keep="last", maintain_order=True)


def node(kind: str, column: str) -> pl.Expr:
    """A reference in one spelling; null where it links nobody."""
    text = pl.col(column).cast(pl.String)
    if kind == "email":
        text = text.str.to_lowercase()
    elif kind == "phone":
        text = text.str.replace("^00", "+").str.replace_all(r"[^0-9+]", "")
        text = pl.when(text.str.starts_with("+")).then(text)
    return pl.lit(f"{kind}:") + text


def records(table: Table) -> pl.DataFrame:
    """Every record that names a customer: its own id and its references, as nodes."""
    contacts = current(table("hubspot_contacts")).filter(~pl.col("gone"))
    users = current(table("zendesk_users")).filter(~pl.col("deleted"), pl.col("role") == "end-user")
    invitations = table("qualtrics_invitations")
    parts = [
        contacts.select(
            source=pl.lit("crm"), own=node("crm", "id"), merged=node("crm", "merged_into_id"),
            email=node("email", "email"), phone=node("phone", "phone"),
            external=node("external", "customer_number"),
        ),
        users.select(
            source=pl.lit("desk"), own=node("desk", "id"), merged=node("desk", "merged_into_id"),
            email=node("email", "email"), phone=node("phone", "phone"),
            external=node("external", "external_id"),
        ),
        invitations.select(
            source=pl.lit("survey"), own=node("survey", "contact_id"),
            email=node("email", "email"), phone=node("phone", "phone"),
            external=node("external", "external_data_reference"),
        ),
        table("orders").select(
            source=pl.lit("shop"), email=node("email", "email"), phone=node("phone", "phone"),
            external=node("external", "customer_number"),
        ),
    ]  # fmt: skip
    return pl.concat(parts, how="diagonal").unique(maintain_order=True)


def resolved(rows: pl.DataFrame) -> dict[str, int]:
    """Connected components over references that not more than three people of a source share."""
    aside: set[str] = set()
    for kind in ("email", "phone"):
        crowd = rows.drop_nulls([kind, "own"]).group_by(kind, "source").agg(pl.n_unique("own"))
        aside |= set(crowd.filter(pl.col("own") > 3)[kind])
        known = rows[kind].drop_nulls().unique()
        aside |= {value for value in known if any(f":{desk}" in value for desk in DESKS)}
    edges = []
    for row in rows.select("own", "merged", "external", "email", "phone").iter_rows():
        nodes = [value for value in row if value and value not in aside]
        edges += [(nodes[0], other) for other in nodes]
    names = {name: n for n, name in enumerate({name for edge in edges for name in edge})}
    pairs = np.array([(names[a], names[b]) for a, b in edges]).T
    graph = coo_array((np.ones(pairs.shape[1]), pairs), shape=(len(names), len(names)))
    _, labels = connected_components(graph, directed=False)
    return {name: int(labels[n]) for name, n in names.items()}


def pairs(sizes: pl.DataFrame) -> int:
    return int(sizes.select((pl.col("len") * (pl.col("len") - 1) // 2).sum()).item())


@pytest.mark.parametrize("group", ["linkable", "linkable_plain"])
def test_a_deterministic_resolution_finds_who_is_who(
    table: Table, identities: pl.DataFrame, group: str
) -> None:
    found = resolved(records(table))
    space = pl.when(pl.col("kind") == "person").then("system").otherwise("kind")
    known = identities.filter("usable").with_columns(node=space + ":" + pl.col("ref"))
    known = known.unique("node").with_columns(
        cluster=pl.col("node").replace_strict(found, default=None, return_dtype=pl.Int64)
    )
    together = known.drop_nulls("cluster")
    made = pairs(together.group_by("cluster").len())
    right = pairs(together.group_by("cluster", "person_id").len())
    assert right / made >= 0.999
    both = pairs(together.drop_nulls(group).group_by("cluster", group).len())
    possible = pairs(known.drop_nulls(group).group_by(group).len())
    assert both / possible >= (0.97 if group == "linkable_plain" else 0.9)


def test_the_identities_name_only_references_that_stand_in_the_systems(
    table: Table, identities: pl.DataFrame
) -> None:
    rows = records(table)
    there = set(pl.concat([rows[name] for name in ("own", "external", "email", "phone")]))
    known = identities.filter("usable", ~pl.col("further"))
    space = pl.when(pl.col("kind") == "person").then("system").otherwise("kind")
    named = known.select(space + ":" + pl.col("ref")).to_series()
    missing = [name for name in named if name not in there]
    assert len(missing) <= 0.01 * len(named)


def test_shared_and_mistyped_references_are_planted(
    truth: dict[str, Any], identities: pl.DataFrame
) -> None:
    people = truth["people"]
    assert people["families_on_one_phone"] >= 1
    assert people["people_in_such_families"] >= 4 * people["families_on_one_phone"]
    assert people["mistyped_in_crm"] + people["mistyped_at_desk"] >= 2
    assert people["namesakes_in_one_city"] >= 2
    shared = identities.filter("shared")
    assert shared["linkable"].null_count() == len(shared)
    assert (
        not identities.filter("usable")
        .unique(["ref", "kind", "person_id"])
        .select("ref", "kind")
        .is_duplicated()
        .any()
    )


def test_the_planted_scores_are_those_of_the_answers(home: Path, table: Table) -> None:
    gone = table("qualtrics_responses").filter("deleted").select("response_id")
    responses = current(table("qualtrics_responses"), "response_id").join(
        gone, on="response_id", how="anti"
    )
    keys = table("qualtrics_questions").filter(pl.col("selector") == "NPS")
    asked = keys.select("survey_id", key="question_id").unique()
    answers = (
        table("qualtrics_answers")
        .join(responses, on="response_id")
        .join(asked, on=["survey_id", "key"])
    )
    counted = answers.group_by(
        "touchpoint", month=pl.col("recorded_date").dt.truncate("1mo").dt.date()
    ).agg(
        n=pl.len(),
        promoters=(pl.col("value_number") >= 9).sum(),
        detractors=(pl.col("value_number") <= 6).sum(),
    )
    planted = pl.read_parquet(home / "truth" / "metrics.parquet").filter(
        pl.col("touchpoint") != "all", pl.col("n") > 0
    )
    both = planted.join(counted, on=["touchpoint", "month"], how="full", suffix="_seen")
    for name in ("n", "promoters", "detractors"):
        assert (both[name] == both[f"{name}_seen"]).all()
    inside = planted.filter(pl.col("nps").is_between("low", "high"))
    assert len(inside) == len(planted) > 100


def test_the_raw_score_flatters_because_the_unhappy_stay_silent(truth: dict[str, Any]) -> None:
    bias = truth["non_response"]
    assert bias["raw_nps"] > bias["true_nps"] + 8
    assert bias["response_rate"]["promoter"] > 1.5 * bias["response_rate"]["detractor"]


def test_one_touchpoint_hurts_though_the_average_looks_fine(truth: dict[str, Any]) -> None:
    hurting = truth["hurting_touchpoint"]
    assert min(hurting["nps"], key=hurting["nps"].get) == "billing"
    assert hurting["nps"]["billing"] < 0
    assert hurting["nps_of_all"] > 20


def test_nothing_is_sent_nor_recorded_during_the_outage(
    truth: dict[str, Any], table: Table
) -> None:
    start, end = (pl.lit(truth["outage"][at][:-1]).str.to_datetime() for at in ("from", "until"))
    for name in SYSTEMS:
        rows = table(name).filter(pl.col("at").is_between(start, end, closed="left"))
        if name.startswith("qualtrics"):
            assert rows.is_empty(), name
        elif name in {"orders", "zendesk_tickets", "hubspot_contacts"}:
            assert len(rows), name


def test_a_scale_changes_on_the_day_that_the_question_says(
    truth: dict[str, Any], table: Table
) -> None:
    change = truth["scale_change"]
    versions = table("qualtrics_questions").filter(
        pl.col("survey_id") == change["survey_id"], pl.col("question_id") == change["question_id"]
    )
    assert [len(choices) for choices in versions.sort("at")["choices"]] == [5, 7]
    answers = table("qualtrics_answers").filter(pl.col("key") == change["question_id"])
    answers = answers.join(
        table("qualtrics_responses").filter(pl.col("survey_id") == change["survey_id"]),
        on="response_id", how="semi",
    )  # fmt: skip
    later = pl.col("at") >= versions["at"].max()
    assert answers.filter(~later)["value_number"].max() == 5
    assert answers.filter(later)["value_number"].max() == 7


def test_the_small_team_answers_with_fewer_than_five(truth: dict[str, Any], table: Table) -> None:
    team = truth["small_team"]["id"]
    there = table("peakon_answers").filter(pl.col("segment_id") == team)
    rounds = there.group_by("round_id").agg(pl.n_unique("employee_id"))
    assert 0 < rounds["employee_id"].max() < 5


def test_choosy_agents_look_better_than_they_are(truth: dict[str, Any]) -> None:
    shares = truth["choosy_agents"]["shares"]
    assert shares["choosy"]["rated_good"] > shares["choosy"]["would_be_good"]
    assert shares["choosy"]["asked"] < shares["others"]["asked"]
