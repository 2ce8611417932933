"""Zendesk's people: writers by e-mail, callers by number, desks of firms; merged and deleted."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.cases import NEVER
from connectors.sandbox.company.contacts import mistyped
from connectors.sandbox.company.help import VOICE
from connectors.sandbox.company.ids import luhn
from connectors.sandbox.company.plan import DAY, Plan
from connectors.sandbox.company.tables import Tables, table
from connectors.sandbox.company.versions import versions

WRITERS_FROM = 370_000_000_000
CALLERS_FROM = WRITERS_FROM + 7
DESKS_FROM = 390_000_000_000
ORGANIZATIONS_FROM = 380_000_000_000
_STEP = 13
_LOCALES = ["en-GB", "de", "fr", "es", "nl"]


def requesters(
    plan: Plan, rng: Generator, people: pl.DataFrame, tickets: pl.DataFrame
) -> pl.DataFrame:
    """One row per user of the help desk that a ticket needs.

    `user`, `row` of the person (the first of a firm's desk), `way` (0 writes, 1 calls, 2 writes
    from the firm's shared address), `first` moment, `merged` into `into`, `deleted`: seconds or
    null; `address` and `typed_number` as the help desk knows them.
    """
    used = tickets.select("row", "way", "created", "replied").join(
        people.drop("created"), on="row", how="left", maintain_order="left"
    )
    who = pl.when(pl.col("way") == 2).then(pl.col("account")).otherwise(pl.col("person"))
    users = (
        used.with_columns(who=who)
        .sort("created")
        .group_by("way", "who", maintain_order=True)
        .agg(pl.first("row", "created", "replied"), latest=pl.last("created"))
    )
    users = users.join(people.drop("created"), on="row", how="left", maintain_order="left")
    return _with_fate(plan, rng, _with_addresses(rng, users))


def _with_addresses(rng: Generator, users: pl.DataFrame) -> pl.DataFrame:
    count = len(users)
    second = pl.Series(rng.random(count) < 0.28)
    slip = pl.Series(rng.random(count) < 0.015)
    wrong = mistyped(users["email"], rng.random(count))
    # a transposed digit fails the check and is nobody's number
    number = users["number"].str.slice(1).cast(pl.Int64) // 10
    typo = "H" + (number * 10 + (luhn(number.to_numpy()) + 3) % 10).cast(pl.String)
    typed = users["number"].zip_with(pl.Series(rng.random(count) >= 0.015), typo)
    typed = typed.set(users["guest"] | pl.Series(rng.random(count) >= 0.55), None)
    way = pl.col("way")
    base = (
        pl.when(way == 0).then(WRITERS_FROM).when(way == 1).then(CALLERS_FROM).otherwise(DESKS_FROM)
    )
    return users.with_columns(
        user=base + pl.col("who") * _STEP * 2,
        address=pl.when(way == 2)
        .then("shared_email")
        .when(way == 1)
        .then(None)
        .when(slip)
        .then(wrong)
        .when(second)
        .then(pl.coalesce("email_2", "email"))
        .otherwise("email"),
        slip=slip & (way == 0),
        second=second & (way == 0),
        typed_number=pl.when(way < 2).then(typed),
        shown=pl.when(way == 1)
        .then("phone")
        .when((way == 0) & pl.Series(rng.random(count) < 0.35))
        .then("phone"),
    )


def _with_fate(plan: Plan, rng: Generator, users: pl.DataFrame) -> pl.DataFrame:
    """Callers who are found to be writers are merged into them; a few users are deleted."""
    writers = users.filter(pl.col("way") == 0).select("row", into="user", met="created")
    users = users.join(writers, on="row", how="left", maintain_order="left")
    count = len(users)
    moment = np.maximum(users["created"].to_numpy(), users["met"].fill_null(0).to_numpy())
    moment = plan.hours.add(moment + 3600, rng.integers(DAY // 4, 20 * DAY // 3, count))
    merges = (users["way"] == 1).to_numpy() & users["met"].is_not_null().to_numpy()
    merges &= (rng.random(count) < 0.5) & (moment < plan.end)
    gone = users["latest"].to_numpy() + rng.integers(60 * DAY, 200 * DAY, count)
    deleted = (
        (rng.random(count) < 0.004) & ~merges & (users["way"] == 0).to_numpy() & (gone < plan.end)
    )
    deleted &= ~users["user"].is_in(users.filter(pl.Series(merges))["into"].implode()).to_numpy()
    return users.with_columns(
        merged=pl.Series(moment).set(pl.Series(~merges), None),
        into=users["into"].set(pl.Series(~merges), None),
        deleted=pl.Series(gone).set(pl.Series(~deleted), None),
    )


def requester_tables(plan: Plan, users: pl.DataFrame) -> Tables:
    """Users, their further identities, and the organizations of a block."""
    name = (
        pl.when(pl.col("way") == 2).then("company").otherwise(pl.format("{} {}", "first", "last"))
    )
    base = users.select(
        id="user",
        at="created",
        created_at="created",
        name=name,
        email=pl.col("address"),
        phone="shown",
        role=pl.lit("end-user"),
        organization_id=organization_id(),
        locale=pl.col("language").replace_strict(dict(enumerate(_LOCALES)), return_dtype=pl.String),
        active=pl.lit(value=True),
        deleted=pl.lit(value=False),
    )
    no = pl.lit(value=False)
    changes = [
        users.filter(pl.col("typed_number").is_not_null()).select(
            id="user", at=pl.col("replied") + 20, external_id="typed_number"
        ),
        users.select(id="user", at="merged", active=no, merged_into_id="into"),
        users.select(id="user", at="deleted", active=no, deleted=~no),
    ]
    kept = [c.filter(pl.col("at").is_not_null() & (pl.col("at") < NEVER)) for c in changes]
    frame = versions([base, *kept], "id").sort("at", "id")
    return {
        "zendesk_users": table("zendesk_users", frame, plan.end),
        "zendesk_identities": _identities(plan, users),
        "zendesk_organizations": _organizations(plan, users),
    }


def _identities(plan: Plan, users: pl.DataFrame) -> pl.DataFrame:
    kept = users.filter(pl.col("deleted").is_null())
    further = kept.filter(
        (pl.col("way") == 0)
        & pl.col("email_2").is_not_null()
        & (pl.col("row") % 2 == 0)
        & ~pl.col("slip")
    )
    other = pl.when(pl.col("address") == pl.col("email")).then("email_2").otherwise("email")
    called = kept.filter(pl.col("merged").is_not_null() & pl.col("phone").is_not_null())
    parts = [
        further.select(
            id=pl.col("user") + 1,
            at=pl.col("replied") + 60,
            user_id="user",
            type=pl.lit("email"),
            value=other,
        ),
        called.select(
            id=pl.col("into") + 2,
            at="merged",
            user_id="into",
            type=pl.lit("phone_number"),
            value="phone",
        ),
    ]
    frame = pl.concat(parts).sort("at", "id")
    return table("zendesk_identities", frame, plan.end)


def _organizations(plan: Plan, users: pl.DataFrame) -> pl.DataFrame:
    firms = (
        users.filter(pl.col("account") >= 0)
        .sort("created")
        .group_by("account", maintain_order=True)
        .agg(pl.first("created", "company", "domain"))
    )
    frame = firms.select(
        id=ORGANIZATIONS_FROM + pl.col("account") * 11,
        at="created",
        name="company",
        domain="domain",
        external_id=pl.format("A{}", pl.col("account") + 10_000),
        created_at="created",
        deleted=pl.lit(value=False),
    )
    return table("zendesk_organizations", frame, plan.end)


def ways(rng: Generator, tickets: pl.DataFrame, people: pl.DataFrame) -> pl.Series:
    """How each ticket's customer is known to the help desk: `way` of `requesters`."""
    firm = (people["account"].to_numpy() >= 0)[tickets["row"].to_numpy()]
    desk = firm & (rng.random(len(tickets)) < 0.15)
    calls = tickets["channel"].to_numpy() == VOICE
    return pl.Series(np.where(calls, 1, np.where(desk, 2, 0)))


def organization_id() -> pl.Expr:
    """The organization of an `account`; null for those who have none."""
    return pl.when(pl.col("account") >= 0).then(ORGANIZATIONS_FROM + pl.col("account") * 11)
