"""Zendesk's records, as far as a column or an attribute of ours comes from them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from connectors.records import ABSENT, NULL, also


class Minutes(msgspec.Struct):
    """Whole minutes, of all the time there is and of the schedule's."""

    calendar: int | None = None
    business: int | None = None


@also(
    "url ticket_id created_at updated_at group_stations assignee_stations reopens replies "
    "assignee_updated_at requester_updated_at status_updated_at custom_status_updated_at "
    "initially_assigned_at assigned_at solved_at latest_comment_added_at on_hold_time_in_minutes "
    "reply_time_in_seconds"
)
class MetricSet(msgspec.Struct):
    """What Zendesk measures of a ticket."""

    id: int | None = None
    reply_time_in_minutes: Minutes | None = None
    first_resolution_time_in_minutes: Minutes | None = None
    full_resolution_time_in_minutes: Minutes | None = None
    requester_wait_time_in_minutes: Minutes | None = None
    agent_wait_time_in_minutes: Minutes | None = None


class Via(msgspec.Struct):
    channel: str | None = None
    source: msgspec.Raw = NULL


@also(
    "url external_id type raw_subject recipient collaborator_ids follower_ids email_cc_ids due_at "
    "forum_topic_id problem_id has_incidents is_public fields brand_id "
    "sharing_agreement_ids custom_status_id encoded_id followup_ids ticket_form_id "
    "allow_channelback allow_attachments from_messaging_channel generated_timestamp"
)
class Ticket(msgspec.Struct):
    id: int
    created_at: datetime
    updated_at: datetime
    via: Via | None = None
    subject: str | None = None
    description: str | None = None
    priority: str | None = None
    status: str | None = None
    requester_id: int | None = None
    submitter_id: int | None = None
    assignee_id: int | None = None
    organization_id: int | None = None
    group_id: int | None = None
    tags: msgspec.Raw = NULL
    custom_fields: msgspec.Raw = NULL
    satisfaction_rating: msgspec.Raw = NULL
    metric_set: MetricSet | None = None


@also(
    "type via_reference_id html_body plain_body audit_id attachments metadata comment_id "
    "comment_present comment_public trusted satisfaction_score satisfaction_comment"
)
class Child(msgspec.Struct):
    id: int
    event_type: str
    author_id: int | None = None
    body: str | None = None
    public: bool | None = None
    created_at: datetime | None = None
    via: msgspec.Raw = NULL
    previous_value: msgspec.Raw = NULL
    # a changed field stands under its own name, null where it was emptied
    status: msgspec.Raw = ABSENT
    priority: msgspec.Raw = ABSENT
    subject: msgspec.Raw = ABSENT
    tags: msgspec.Raw = ABSENT
    assignee_id: msgspec.Raw = ABSENT
    group_id: msgspec.Raw = ABSENT
    requester_id: msgspec.Raw = ABSENT
    organization_id: msgspec.Raw = ABSENT


@also("created_at via system metadata event_type")
class TicketEvent(msgspec.Struct):
    id: int
    ticket_id: int
    timestamp: int
    updater_id: int | None = None
    child_events: list[Child] | None = None
    agents: list[int] | None = msgspec.field(default=None, name="_agents")
    lost: list[int] | None = msgspec.field(default=None, name="_lost")
    gone_at: datetime | None = msgspec.field(default=None, name="_gone_at")


@also("url assignee_id group_id reason reason_id reason_code")
class Rating(msgspec.Struct):
    id: int
    ticket_id: int
    score: str
    updated_at: datetime
    created_at: datetime | None = None
    requester_id: int | None = None
    comment: str | None = None


@also("id url user_id primary verified undeliverable_count deliverable_state created_at updated_at")
class Identity(msgspec.Struct):
    type: str
    value: str | None = None


@also(
    "url time_zone iana_time_zone shared_phone_number photo locale_id verified tags alias shared "
    "shared_agent last_login_at two_factor_auth_enabled signature details notes role_type "
    "custom_role_id moderator ticket_restriction only_private_comments restricted_agent suspended "
    "default_group_id report_csv user_fields permanently_deleted chat_only is_billing_admin"
)
class User(msgspec.Struct):
    id: int
    updated_at: datetime
    created_at: datetime | None = None
    role: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    external_id: str | None = None
    organization_id: int | None = None
    locale: str | None = None
    active: bool | None = None
    identities: list[Identity] | None = msgspec.field(default=None, name="_identities")


@also("url shared_tickets shared_comments details notes group_id tags organization_fields")
class Organization(msgspec.Struct):
    id: int
    created_at: datetime
    updated_at: datetime
    name: str | None = None
    external_id: str | None = None
    domain_names: list[str] | None = None
    deleted_at: str | None = None


# a deleted one keeps its name: old cases are still its own
@also("url description default is_public deleted created_at")
class Group(msgspec.Struct):
    id: int
    name: str
    updated_at: datetime
