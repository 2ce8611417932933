"""One block of customers: lived once, then seen by each system."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.asked import asked as ask
from connectors.sandbox.company.cases import NEVER, cases
from connectors.sandbox.company.crm import contact_tables
from connectors.sandbox.company.deals import deal_tables
from connectors.sandbox.company.desk import (
    CALLED_BACK,
    TWICE,
    asked_for,
    called_back,
    numbered,
    twice,
    with_ratings,
    with_requesters,
)
from connectors.sandbox.company.firms import firm_tables
from connectors.sandbox.company.help import VOICE
from connectors.sandbox.company.known import known_as
from connectors.sandbox.company.lives import live
from connectors.sandbox.company.messages import message_tables
from connectors.sandbox.company.people import people as born
from connectors.sandbox.company.plan import Plan
from connectors.sandbox.company.requesters import requester_tables, requesters, ways
from connectors.sandbox.company.responses import number_responses, response_tables
from connectors.sandbox.company.reviews import review_tables, reviewing
from connectors.sandbox.company.shop import number_orders, order_tables
from connectors.sandbox.company.staff import Staff
from connectors.sandbox.company.tables import Tables
from connectors.sandbox.company.tickets import metric_events, ticket_tables
from connectors.sandbox.company.timeline import timeline
from connectors.sandbox.company.words import voices
from connectors.sandbox.company.words.slots import slots


@dataclass(frozen=True)
class Block:
    """The lives of a block, and the systems' tables of them."""

    number: int
    people: pl.DataFrame
    orders: pl.DataFrame
    terms: pl.DataFrame
    asked: pl.DataFrame
    tickets: pl.DataFrame
    users: pl.DataFrame
    responses: pl.DataFrame
    tables: Tables


def make_block(plan: Plan, staff: Staff, number: int) -> Block:
    """Live and see block `number`, counted from 1; its dice depend on seed and number alone."""
    rng = np.random.default_rng([plan.config.seed, number])
    people = born(plan, rng, number)
    orders, terms = live(plan, rng, people)
    people = known_as(plan, rng, people, terms)
    orders = number_orders(plan, orders, number)
    terms = terms.with_columns(tea=people["tea"].gather(terms["row"]))
    requests = cases(plan, rng, staff, people, orders, number)
    asked = number_responses(plan, ask(plan, rng, people, orders, terms, requests), number)
    tables: Tables = {
        **order_tables(plan, rng, people, orders),
        **contact_tables(plan, people),
        **firm_tables(plan, people),
        **deal_tables(plan, rng, people, terms, number),
    }
    opened = asked_for(requests)
    again = twice(plan, rng, opened)
    rung = called_back(plan, rng, staff, asked, people)
    tickets = numbered(plan, [opened, again, rung], number)
    tickets = tickets.with_columns(way=ways(rng, tickets, people))
    users = requesters(plan, rng, people, tickets)
    tickets = with_requesters(plan, tickets, users, people)
    tickets = with_ratings(plan, rng, staff, tickets, number)
    tables |= requester_tables(plan, users)
    tables |= _help_desk(plan, rng, staff, people, tickets, number)
    seen, responses = response_tables(
        plan, rng, asked, people, _slots(rng, staff, asked.with_columns(at="sent"), people)
    )
    tables |= seen
    reviews = reviewing(rng, people, orders)
    tables |= review_tables(plan, rng, reviews, people, _slots(rng, staff, reviews, people), number)
    return Block(number, people, orders, terms, asked, tickets, users, responses, tables)


def _help_desk(
    plan: Plan,
    rng: Generator,
    staff: Staff,
    people: pl.DataFrame,
    tickets: pl.DataFrame,
    number: int,
) -> Tables:
    values = _slots(rng, staff, tickets, people)
    tickets = _worded(rng, tickets, values)
    steps = timeline(plan, tickets)
    return {
        **ticket_tables(plan, tickets, steps),
        "zendesk_metric_events": metric_events(plan, tickets, number),
        **message_tables(plan, rng, tickets, steps, values, number),
    }


def _worded(rng: Generator, tickets: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """With `subject`, `description` and the `remark` beside a rating."""
    language, theme = tickets["language"].to_numpy(), tickets["theme"].to_numpy()
    body = voices.letter(rng, language, theme, values)
    double = voices.short(rng, language, "double", values)
    called = voices.callback(rng, values)
    rung = voices.call(rng, language, theme, values)
    body = rung.zip_with(tickets["channel"] == VOICE, body)
    kind = tickets["kind"]
    body = double.zip_with(kind == TWICE, called.zip_with(kind == CALLED_BACK, body))
    subject = voices.subject(rng, language, theme, values)
    remark = voices.about_help(rng, language, tickets["good"].to_numpy(), values)
    silent = pl.Series(rng.random(len(tickets)) >= 0.45) | (tickets["rated"] >= NEVER)
    return tickets.with_columns(
        description=body,
        subject=subject.set(kind == CALLED_BACK, "Callback after survey"),
        remark=remark.set(silent, None),
    )


def _slots(rng: Generator, staff: Staff, facts: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    whom = people[facts["row"].to_numpy()]
    agents = staff.agent_names.select(agent="user", agent_name="first")
    anybody = agents["agent_name"].gather(rng.integers(0, len(agents), len(facts)))
    if "agent" not in facts.columns:
        facts = facts.with_columns(agent=pl.lit(None, dtype=pl.Int64))
    facts = facts.join(agents, on="agent", how="left", maintain_order="left")
    facts = facts.with_columns(pl.col("agent_name").fill_null(anybody))
    facts = facts.with_columns(order=pl.col("order").fill_null("HH-"))
    return slots(rng, whom["language"].to_numpy(), facts, whom)
