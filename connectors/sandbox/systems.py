"""What each system of the sandbox company knows: the tables between the company and its vendors.

The company writes them, whole history at once; the vendors' servers answer from them as of their
own clock. Every row is one *version* of a record: `at` says when the system came to hold it, and
the version in force at a moment is the last one whose `at` is not later. Times are naive UTC with
microseconds; ids are unique within their table over all versions' records.
"""

from __future__ import annotations

import polars as pl

_TIME = pl.Datetime("us")
_TEXT = pl.String()
_ID = pl.Int64()
_FLAG = pl.Boolean()

SYSTEMS: dict[str, pl.Schema] = {
    # --- Zendesk -------------------------------------------------------------------------------
    "zendesk_users": pl.Schema(
        {
            "id": _ID,
            "at": _TIME,
            "name": _TEXT,
            "email": _TEXT,  # may be null: a caller
            "phone": _TEXT,
            "external_id": _TEXT,  # the shop's customer number, where an agent typed it in
            "role": _TEXT,  # end-user, agent, admin
            "organization_id": _ID,
            "locale": _TEXT,
            "active": _FLAG,  # false: soft-deleted, or merged away
            "merged_into_id": _ID,
            "deleted": _FLAG,  # permanently: gone from the export, listed in /deleted_users
            "created_at": _TIME,
        }
    ),
    "zendesk_identities": pl.Schema(  # further addresses of a user
        {"id": _ID, "at": _TIME, "user_id": _ID, "type": _TEXT, "value": _TEXT}
    ),
    "zendesk_organizations": pl.Schema(
        {
            "id": _ID,
            "at": _TIME,
            "name": _TEXT,
            "domain": _TEXT,
            "external_id": _TEXT,
            "created_at": _TIME,
            "deleted": _FLAG,
        }
    ),
    "zendesk_groups": pl.Schema({"id": _ID, "at": _TIME, "name": _TEXT, "created_at": _TIME}),
    "zendesk_tickets": pl.Schema(
        {
            "id": _ID,
            "at": _TIME,  # generated_timestamp
            "created_at": _TIME,
            "updated_at": _TIME,  # older than `at` after a system update
            "status": _TEXT,  # new, open, pending, hold, solved, closed, deleted
            "subject": _TEXT,
            "description": _TEXT,
            "priority": _TEXT,
            "type": _TEXT,
            "channel": _TEXT,  # email, web, chat, voice, social
            "requester_id": _ID,
            "submitter_id": _ID,
            "assignee_id": _ID,
            "group_id": _ID,
            "organization_id": _ID,
            "tags": pl.List(_TEXT),
            "topic": _TEXT,  # a custom field
            "merged_into_id": _ID,
            "rating_id": _ID,
            "satisfaction_score": _TEXT,
            "satisfaction_comment": _TEXT,
        }
    ),
    "zendesk_ticket_events": pl.Schema(  # one row per child event; `id` groups them
        {
            "id": _ID,
            "child_id": _ID,
            "at": _TIME,
            "ticket_id": _ID,
            "updater_id": _ID,
            "channel": _TEXT,
            "event_type": _TEXT,  # Create, Change, Comment, CommentRedactEvent
            "field": _TEXT,  # of Create and Change: status, priority, group_id, assignee_id, ...
            "previous_value": _TEXT,
            "value": _TEXT,
            "comment_id": _ID,  # of Comment and CommentRedactEvent; body stands in comments
        }
    ),
    "zendesk_comments": pl.Schema(
        {
            "id": _ID,
            "at": _TIME,  # a later version is a redaction
            "ticket_id": _ID,
            "author_id": _ID,
            "body": _TEXT,
            "public": _FLAG,
            "channel": _TEXT,
            "created_at": _TIME,
        }
    ),
    "zendesk_metric_events": pl.Schema(
        {
            "id": _ID,
            "at": _TIME,
            "ticket_id": _ID,
            "metric": _TEXT,  # reply_time, requester_wait_time, agent_work_time, ...
            "instance_id": _ID,
            "type": _TEXT,  # activate, pause, fulfill, ...
        }
    ),
    "zendesk_ratings": pl.Schema(
        {
            "id": _ID,
            "at": _TIME,
            "ticket_id": _ID,
            "requester_id": _ID,
            "assignee_id": _ID,
            "group_id": _ID,
            "score": _TEXT,  # offered, good, bad
            "comment": _TEXT,
            "created_at": _TIME,
            "updated_at": _TIME,
        }
    ),
    # --- Qualtrics -----------------------------------------------------------------------------
    "qualtrics_surveys": pl.Schema(
        {
            "id": _TEXT,
            "at": _TIME,
            "name": _TEXT,
            "is_active": _FLAG,
            "created_at": _TIME,
            "last_modified": _TIME,
        }
    ),
    "qualtrics_questions": pl.Schema(
        {
            "survey_id": _TEXT,
            "question_id": _TEXT,  # QID1, never reused
            "at": _TIME,  # a later version: text or scale changed
            "tag": _TEXT,
            "text": _TEXT,
            "type": _TEXT,  # MC, TE, Matrix, as Qualtrics calls them
            "selector": _TEXT,  # NPS, SAVR, MAVR, SL, Likert, ...
            "choices": pl.List(pl.Struct({"code": _ID, "label": _TEXT})),
            "rows": pl.List(pl.Struct({"code": _ID, "label": _TEXT})),  # of a matrix
        }
    ),
    "qualtrics_distributions": pl.Schema(
        {
            "id": _TEXT,
            "at": _TIME,
            "survey_id": _TEXT,
            "channel": _TEXT,  # Email, SMS
            "sent_at": _TIME,
        }
    ),
    "qualtrics_invitations": pl.Schema(  # history of a distribution: one person's part in it
        {
            "distribution_id": _TEXT,
            "contact_id": _TEXT,
            "at": _TIME,
            "survey_id": _TEXT,
            "email": _TEXT,
            "phone": _TEXT,
            "external_data_reference": _TEXT,
            "status": _TEXT,  # Success, Opened, SurveyStarted, SurveyFinished, HardBounce, ...
            "sent_at": _TIME,
            "opened_at": _TIME,
            "started_at": _TIME,
            "completed_at": _TIME,
            "response_id": _TEXT,
        }
    ),
    "qualtrics_responses": pl.Schema(
        {
            "response_id": _TEXT,
            "at": _TIME,  # recorded; a later version is an edit or a deletion
            "survey_id": _TEXT,
            "start_date": _TIME,
            "end_date": _TIME,
            "recorded_date": _TIME,
            "finished": _FLAG,
            "progress": _ID,
            "status": _ID,  # 0 ip address, 1 preview, 8 spam, ...
            "distribution_channel": _TEXT,
            "distribution_id": _TEXT,
            "user_language": _TEXT,
            "recipient_email": _TEXT,
            "external_data_reference": _TEXT,
            "touchpoint": _TEXT,  # embedded data
            "segment": _TEXT,  # embedded data
            "deleted": _FLAG,
        }
    ),
    "qualtrics_answers": pl.Schema(
        {
            "response_id": _TEXT,
            "at": _TIME,
            "key": _TEXT,  # QID1, QID2_TEXT, QID3_1 (matrix row); several choices: text 1,3
            "value_number": pl.Float64(),
            "value_text": _TEXT,
        }
    ),
    # --- HubSpot -------------------------------------------------------------------------------
    "hubspot_contacts": pl.Schema(
        {
            "id": _ID,
            "at": _TIME,  # lastmodifieddate
            "email": _TEXT,
            "additional_emails": pl.List(_TEXT),
            "phone": _TEXT,
            "mobilephone": _TEXT,
            "firstname": _TEXT,
            "lastname": _TEXT,
            "country": _TEXT,
            "language": _TEXT,
            "segment": _TEXT,
            "customer_number": _TEXT,  # the shop's
            "company_id": _ID,
            "created_at": _TIME,
            "archived": _FLAG,
            "merged_into_id": _ID,
            "gone": _FLAG,  # erased: in no answer any more
        }
    ),
    "hubspot_companies": pl.Schema(
        {
            "id": _ID,
            "at": _TIME,
            "name": _TEXT,
            "domain": _TEXT,
            "country": _TEXT,
            "segment": _TEXT,
            "account_number": _TEXT,
            "parent_id": _ID,
            "created_at": _TIME,
            "archived": _FLAG,
            "merged_into_id": _ID,
        }
    ),
    "hubspot_deals": pl.Schema(  # subscriptions: started, renewed, cancelled
        {
            "id": _ID,
            "at": _TIME,
            "name": _TEXT,
            "amount": pl.Float64(),
            "currency": _TEXT,
            "stage": _TEXT,  # open, closedwon, closedlost
            "pipeline": _TEXT,
            "deal_type": _TEXT,  # newbusiness, renewal, cancellation
            "product": _TEXT,
            "close_date": _TIME,
            "contact_id": _ID,
            "company_id": _ID,
            "created_at": _TIME,
            "archived": _FLAG,
            "merged_into_id": _ID,
        }
    ),
    # --- Peakon --------------------------------------------------------------------------------
    "peakon_segments": pl.Schema(  # teams
        {
            "id": _ID,
            "at": _TIME,
            "name": _TEXT,
            "parent_id": _ID,
            "touchpoint": _TEXT,
            "headcount": _ID,
        }
    ),
    "peakon_employees": pl.Schema(
        {
            "id": _ID,
            "at": _TIME,
            "external_id": _TEXT,
            "name": _TEXT,
            "email": _TEXT,
            "segment_id": _ID,
            "manager_id": _ID,
            "started_at": _TIME,
            "left_at": _TIME,
        }
    ),
    "peakon_questions": pl.Schema(
        {"id": _ID, "at": _TIME, "text": _TEXT, "driver": _TEXT, "type": _TEXT}
    ),
    "peakon_answers": pl.Schema(
        {
            "id": _ID,
            "at": _TIME,
            "employee_id": _ID,
            "segment_id": _ID,
            "question_id": _ID,
            "round_id": _ID,
            "score": _ID,
            "comment": _TEXT,
        }
    ),
    # --- App Store Connect ---------------------------------------------------------------------
    "app_store_reviews": pl.Schema(
        {
            "id": _TEXT,
            "at": _TIME,  # written, edited (created_date stays), answered or taken down
            "rating": _ID,
            "title": _TEXT,
            "body": _TEXT,
            "nickname": _TEXT,
            "created_date": _TIME,
            "territory": _TEXT,  # ISO 3166-1 alpha-3
            "response_id": _TEXT,
            "response_body": _TEXT,
            "response_at": _TIME,
            "gone": _FLAG,
        }
    ),
    # --- the shop: orders exported as CSV, one file a month --------------------------------------
    "orders": pl.Schema(
        {
            "order_id": _TEXT,
            "at": _TIME,
            "event_type": _TEXT,  # order, refund
            "customer_number": _TEXT,
            "email": _TEXT,
            "phone": _TEXT,
            "account_number": _TEXT,
            "amount": pl.Float64(),
            "currency": _TEXT,
            "quantity": _ID,
            "product": _TEXT,
            "status": _TEXT,
            "occurred_at": _TIME,
        }
    ),
}
"""Each table's columns, in order."""
