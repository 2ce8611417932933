from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from connectors.sandbox.company import Company
from connectors.sandbox.systems import SYSTEMS

Table = Callable[[str], pl.DataFrame]

KEYS = {
    "qualtrics_questions": ["survey_id", "question_id"],
    "qualtrics_invitations": ["distribution_id", "contact_id"],
    "qualtrics_responses": ["response_id"],
    "qualtrics_answers": ["response_id", "key"],
    "orders": ["order_id"],
    "zendesk_ticket_events": ["child_id"],
}

# a reference, and what it refers to
REFERENCES = [
    ("zendesk_tickets", "requester_id", "zendesk_users"),
    ("zendesk_tickets", "submitter_id", "zendesk_users"),
    ("zendesk_tickets", "assignee_id", "zendesk_users"),
    ("zendesk_tickets", "group_id", "zendesk_groups"),
    ("zendesk_tickets", "organization_id", "zendesk_organizations"),
    ("zendesk_tickets", "merged_into_id", "zendesk_tickets"),
    ("zendesk_tickets", "rating_id", "zendesk_ratings"),
    ("zendesk_users", "merged_into_id", "zendesk_users"),
    ("zendesk_users", "organization_id", "zendesk_organizations"),
    ("zendesk_identities", "user_id", "zendesk_users"),
    ("zendesk_comments", "ticket_id", "zendesk_tickets"),
    ("zendesk_comments", "author_id", "zendesk_users"),
    ("zendesk_ticket_events", "ticket_id", "zendesk_tickets"),
    ("zendesk_ticket_events", "comment_id", "zendesk_comments"),
    ("zendesk_metric_events", "ticket_id", "zendesk_tickets"),
    ("zendesk_ratings", "ticket_id", "zendesk_tickets"),
    ("zendesk_ratings", "requester_id", "zendesk_users"),
    ("zendesk_ratings", "assignee_id", "zendesk_users"),
    ("zendesk_ratings", "group_id", "zendesk_groups"),
    ("qualtrics_questions", "survey_id", "qualtrics_surveys"),
    ("qualtrics_distributions", "survey_id", "qualtrics_surveys"),
    ("qualtrics_invitations", "distribution_id", "qualtrics_distributions"),
    ("qualtrics_invitations", "survey_id", "qualtrics_surveys"),
    ("qualtrics_responses", "distribution_id", "qualtrics_distributions"),
    ("hubspot_contacts", "company_id", "hubspot_companies"),
    ("hubspot_contacts", "merged_into_id", "hubspot_contacts"),
    ("hubspot_companies", "parent_id", "hubspot_companies"),
    ("hubspot_deals", "contact_id", "hubspot_contacts"),
    ("hubspot_deals", "company_id", "hubspot_companies"),
    ("peakon_segments", "parent_id", "peakon_segments"),
    ("peakon_employees", "segment_id", "peakon_segments"),
    ("peakon_employees", "manager_id", "peakon_employees"),
    ("peakon_answers", "employee_id", "peakon_employees"),
    ("peakon_answers", "segment_id", "peakon_segments"),
    ("peakon_answers", "question_id", "peakon_questions"),
]

AFTER = {
    None: {"new"},
    "new": {"open", "closed"},
    "open": {"pending", "hold", "solved", "closed"},
    "hold": {"open", "solved"},
    "pending": {"open", "solved"},
    "solved": {"open", "closed"},
    "closed": {"deleted"},
}


@pytest.mark.parametrize("name", list(SYSTEMS))
def test_every_table_has_the_promised_columns_and_rows_of_the_companys_months(
    name: str, table: Table, company: Company
) -> None:
    rows = table(name)
    assert rows.schema == SYSTEMS[name]
    assert len(rows) == company.rows[name] > 0
    assert rows["at"].is_between(company.config.start, company.config.end, closed="left").all()


@pytest.mark.parametrize("name", list(SYSTEMS))
def test_versions_of_a_record_rise_in_time(name: str, table: Table) -> None:
    key = KEYS.get(name, ["id"])
    rows = table(name)
    assert not rows.select(pl.any_horizontal(pl.col(key).is_null()).any()).item()
    if name in {"qualtrics_invitations", "qualtrics_answers"}:
        key = [*key, "status" if "status" in rows.columns else "value_text"]
    assert not rows.select(*key, "at").is_duplicated().any()


@pytest.mark.parametrize(("name", "column", "target"), REFERENCES)
def test_what_a_row_refers_to_is_there_by_then(
    name: str, column: str, target: str, table: Table
) -> None:
    known = table(target).group_by(pl.first().alias(column)).agg(there=pl.col("at").min())
    referring = table(name).filter(pl.col(column).is_not_null())
    assert len(referring)
    joined = referring.join(known, on=column, how="left")
    assert joined.filter(pl.col("there").is_null() | (pl.col("there") > pl.col("at"))).is_empty()


def test_tickets_go_from_one_status_to_the_next_as_the_vendor_allows(table: Table) -> None:
    steps = table("zendesk_tickets").sort("id", "at")
    before = pl.col("status").shift().over("id")
    moves = steps.select(before=before, after="status").filter(
        pl.col("before").is_null() | (pl.col("before") != pl.col("after"))
    )
    for old, new in moves.unique().rows():
        assert new in AFTER[old], f"{old} -> {new}"


def test_agents_write_only_within_business_hours(table: Table) -> None:
    agents = table("zendesk_users").filter(pl.col("role") == "agent")["id"].unique()
    written = table("zendesk_comments").filter(
        pl.col("author_id").is_in(agents.implode()), pl.col("at") == pl.col("created_at")
    )
    local = written.select(
        pl.col("at").dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Amsterdam")
    ).to_series()
    assert (local.dt.weekday() <= 5).all()
    assert local.dt.hour().is_between(8, 18).all()
    christmas = (local.dt.month() == 12) & local.dt.day().is_in([25, 26])
    assert not christmas.any()


def test_some_tickets_are_settled_by_the_first_reply(table: Table) -> None:
    solved = table("zendesk_tickets").filter(pl.col("status") == "solved")["id"].unique()
    agents = table("zendesk_users").filter(pl.col("role") == "agent")["id"].unique()
    replies = table("zendesk_comments").filter(
        "public",
        pl.col("author_id").is_in(agents.implode()),
        pl.col("ticket_id").is_in(solved.implode()),
    )
    counts = replies.group_by("ticket_id").agg(pl.col("id").n_unique())["id"]
    assert 0.1 < (counts == 1).sum() / len(solved) < 0.4


def test_a_finished_invitation_leads_to_a_response_with_answers(table: Table) -> None:
    finished = table("qualtrics_invitations").filter(pl.col("status") == "SurveyFinished")
    responses = table("qualtrics_responses")
    assert finished["response_id"].null_count() == 0
    assert finished.join(responses, on=["response_id", "survey_id"], how="anti").is_empty()
    assert responses.join(table("qualtrics_answers"), on="response_id", how="anti").is_empty()


def test_several_records_change_in_the_very_same_moment(table: Table) -> None:
    for name, least in {
        "hubspot_contacts": 10,
        "zendesk_tickets": 5,
        "qualtrics_invitations": 5,
    }.items():
        assert table(name).group_by("at").len()["len"].max() >= least


def test_some_tickets_are_touched_by_the_system_without_being_updated(table: Table) -> None:
    late = table("zendesk_tickets").filter(pl.col("updated_at") < pl.col("at"))
    assert len(late) > 20


def test_all_that_can_happen_to_a_record_does_happen(table: Table) -> None:
    tickets, contacts, users = (
        table("zendesk_tickets"),
        table("hubspot_contacts"),
        table("zendesk_users"),
    )
    assert {"new", "open", "pending", "hold", "solved", "closed", "deleted"} == set(
        tickets["status"]
    )
    assert tickets["merged_into_id"].count()
    assert contacts["archived"].any()
    assert contacts["gone"].any()
    assert contacts["merged_into_id"].count()
    assert users["merged_into_id"].count()
    assert table("app_store_reviews")["gone"].any()
    assert table("app_store_reviews")["response_body"].count()
    assert table("qualtrics_responses")["deleted"].any()
    assert set(table("hubspot_deals")["deal_type"]) == {"newbusiness", "renewal", "cancellation"}
    assert set(table("orders")["event_type"]) == {"order", "refund"}
    assert set(table("zendesk_ratings")["score"]) == {"offered", "good", "bad"}
    assert not table("zendesk_comments")["public"].all()
    redacted = table("zendesk_ticket_events").filter(pl.col("event_type") == "CommentRedactEvent")
    assert len(redacted)
