"""Whom a survey was sent to, and how far each got."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import polars as pl

from connectors.cursors import Batch, Posted, Span
from connectors.http import Api, Missing
from connectors.records import also
from connectors.stream import Stream
from connectors.vendors.mapping import given, renamed
from connectors.vendors.qualtrics.surveys import Elements, Listed, listed
from connectors.vendors.reading import each, naive, spliced, told

_CHANNELS = {"Email": "email", "SMS": "sms", "WhatsApp": "sms", "Personal": "web"}
_STATUSES = {
    "Pending": "sent",
    "Success": "delivered",
    "Sent": "delivered",
    "Opened": "opened",
    "SurveyStarted": "started",
    "SurveyPartiallyFinished": "started",
    "SurveyFinished": "completed",
    "SurveyScreenedOut": "completed",
    "SessionExpired": "started",
    "HardBounce": "bounced",
    "SoftBounce": "bounced",
    "Failure": "failed",
    "Blocked": "failed",
    "Skipped": "failed",
    "Complaint": "opted_out",
    "Unsubscribed": "opted_out",
}


@also("contactLookupId responseStartedAt surveyLink contactFrequencyRuleId surveySessionId")
class Invitation(msgspec.Struct, rename="camel"):
    contact_id: str
    distribution_id: str
    sent_at: datetime
    status: str | None = None
    response_id: str | None = None
    opened_at: datetime | None = None
    response_completed_at: datetime | None = None
    survey: str | None = msgspec.field(default=None, name="_survey")
    channel: str | None = msgspec.field(default=None, name="_channel")


INVITATIONS = Stream(
    record=Invitation,
    tables={
        "survey_invitations": {
            "invitation_id": pl.concat_str("distribution_id", "contact_id", separator=":"),
            "survey_id": "survey",
            "person_ref": "contact_id",
            "channel": renamed("channel", _CHANNELS, "other"),
            "status": renamed("status", _STATUSES, "sent"),
            "sent_at": "sent_at",
            "opened_at": "opened_at",
            "response_id": given("response_id"),
            "updated_at": pl.max_horizontal("sent_at", "opened_at", "response_completed_at"),
        }
    },
)


class _Distribution(msgspec.Struct, rename="camel"):
    id: str
    send_date: datetime
    channel: str | None = None


class _Sent(msgspec.Struct, rename="camel"):
    contact_id: str
    distribution_id: str
    sent_at: datetime


class _Place(msgspec.Struct):
    """Which distribution, and which page of its history."""

    distribution: int
    page: str | None = None


def page(survey: str, api: Api, span: Span, after: str | None) -> Batch:
    """A page of the history of the distributions that went out in a stretch of time."""
    place = msgspec.json.decode(after, type=_Place) if after else _Place(0)
    sent = _sent(api, survey, span)
    if place.distribution >= len(sent):
        return Batch([], done=True)
    distribution = sent[place.distribution]
    path = place.page or f"distributions/{distribution.id}/history"
    try:
        sent_to = api.get(path, Listed).result
    except Missing:
        # deleted since the list was made
        sent_to = Elements()
    records = [
        spliced(spliced(record, "_channel", distribution.channel), "_survey", survey)
        for record in sent_to.elements
    ]
    following = _Place(place.distribution, sent_to.next_page)
    if sent_to.next_page is None:
        following = _Place(place.distribution + 1)
    done = following.distribution == len(sent)
    return Batch(records, next=msgspec.json.encode(following).decode(), done=done)


def _sent(api: Api, survey: str, span: Span) -> list[_Distribution]:
    """A survey's distributions of a stretch of time, in the order of sending."""
    everything: list[_Distribution] = api.once(
        f"distributions of {survey}",
        lambda: told(each([*listed(api, "distributions", surveyId=survey)], _Distribution)),
    )
    since, until = span.since.replace(tzinfo=UTC), span.until.replace(tzinfo=UTC)
    found = [d for d in everything if since <= d.send_date < until]
    return sorted(found, key=lambda d: (d.send_date, d.id))


def posted(records: Sequence[bytes]) -> list[Posted | None]:
    """Whom each invitation is to, and when it was sent."""
    return [
        Posted(f"{sent.distribution_id}:{sent.contact_id}", naive(sent.sent_at)) if sent else None
        for sent in each(records, _Sent)
    ]
