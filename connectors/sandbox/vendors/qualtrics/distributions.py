"""Who was asked: distributions, their history, and the contacts behind it.

Shapes after api.qualtrics.com (Distributions, Retrieve Distribution History, XM Directory
contacts). A history names contacts by id only: whoever never answered has to be looked up in the
directory to be known.
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Why
from connectors.sandbox.vendors.render import iso, joined, record, texts
from connectors.sandbox.vendors.replies import respond
from connectors.sandbox.vendors.world import World

from .errors import meta, result
from .paging import paged, paged_texts

DIRECTORY = "POOL_sandbox"
_TABLE = "qualtrics_distributions"


def distributions(world: World, call: Call) -> Reply:
    """`GET /distributions?surveyId=`."""
    survey = call.query.get("surveyId")
    if not survey:
        raise Refuse(Why.BAD_PARAMETER, "surveyId")
    rows = _with_counts(world).filter(pl.col("survey_id") == survey)
    return paged(call, rows, _distribution(), _TABLE)


def distribution(world: World, call: Call) -> Reply:
    """`GET /distributions/{id}`."""
    rows = _with_counts(world).filter(pl.col("id") == call.params["id"])
    if rows.is_empty():
        raise Refuse(Why.UNKNOWN_RECORD)
    return Reply(f'{{"result":{texts(rows, _distribution())[0]},"meta":{_meta()}}}'.encode())


def history(world: World, call: Call) -> Reply:
    """`GET /distributions/{id}/history`: one element per person asked."""
    wanted = call.params["id"]
    if wanted not in world.records.memo("ids", lambda: set(world.records.current(_TABLE)["id"])):
        raise Refuse(Why.UNKNOWN_RECORD)
    # read by the hundred, one distribution at a time: all are written at once
    everybody = world.records.memo("history", lambda: _history(world))
    begin = int(everybody["distribution_id"].search_sorted(wanted, "left"))
    end = int(everybody["distribution_id"].search_sorted(wanted, "right"))
    return paged_texts(call, everybody.slice(begin, end - begin), "qualtrics_invitations")


def _history(world: World) -> pl.DataFrame:
    fields: dict[str, str | pl.Expr] = {
        "contactId": "contact_id",
        "contactLookupId": pl.format("CGC_{}", "contact_id"),
        "distributionId": "distribution_id",
        "status": "status",
        "responseId": "response_id",
        "responseCompletedAt": iso("completed_at"),
        "responseStartedAt": iso("started_at"),
        "sentAt": iso("sent_at"),
        "openedAt": iso("opened_at"),
    }
    rest = {"surveyLink": None, "contactFrequencyRuleId": None, "surveySessionId": None}
    invitations = world.records.current("qualtrics_invitations")
    texts = invitations.select("distribution_id", "contact_id", text=record(fields, rest))
    return texts.sort("distribution_id", "contact_id")


def directories(_world: World, _call: Call) -> Reply:
    """`GET /directories`: the one directory."""
    return result({"elements": [{"directoryId": DIRECTORY, "name": "Customers"}], "nextPage": None})


def contacts(world: World, call: Call) -> Reply:
    """`GET /directories/{directory}/contacts`."""
    _directory(call)
    return paged(call, _people(world), _contact(), "qualtrics_invitations")


def contact(world: World, call: Call) -> Reply:
    """`GET /directories/{directory}/contacts/{id}`."""
    _directory(call)
    rows = _people(world).filter(pl.col("contact_id") == call.params["id"])
    if rows.is_empty():
        raise Refuse(Why.UNKNOWN_RECORD)
    return Reply(f'{{"result":{texts(rows, _contact())[0]},"meta":{_meta()}}}'.encode())


def whoami(_world: World, _call: Call) -> Reply:
    """`GET /whoami`: to try a token with."""
    return result({"userId": "UR_8wfG5qsMxuh0Jrn", "brandId": "sandbox", "language": "en"})


def _distribution() -> pl.Expr:
    counts = ("sent", "failed", "started", "bounced", "opened", "finished")
    stats = record({name: name for name in counts}, {"skipped": 0, "complaints": 0, "blocked": 0})
    link = joined(
        '{"surveyId":"', pl.col("survey_id"), '","expirationDate":null,"linkType":"Individual"}'
    )
    return record(
        {
            "id": "id",
            "requestType": pl.lit("Invite"),
            "requestStatus": pl.lit("Done"),
            "sendDate": iso("sent_at"),
            "createdDate": iso("first"),
            "modifiedDate": iso("at"),
            "channel": "channel",
        },
        {
            "parentDistributionId": None,
            "ownerId": "UR_8wfG5qsMxuh0Jrn",
            "organizationId": "sandbox",
            "customHeaders": {},
            "headers": {"fromEmail": "noreply@sandbox.example", "fromName": None},
            "recipients": {"mailingListId": None, "contactId": None, "libraryId": None},
            "message": {"libraryId": None, "messageId": None, "messageText": None},
            "surveyLink": link,
            "embeddedData": None,
            "stats": stats,
        },
    )


def _with_counts(world: World) -> pl.DataFrame:
    def make() -> pl.DataFrame:
        status = pl.col("status")
        counts = (
            world.records.current("qualtrics_invitations")
            .group_by(id="distribution_id")
            .agg(
                sent=pl.len(),
                failed=(status == "Failure").sum(),
                bounced=status.is_in(["HardBounce", "SoftBounce"]).sum(),
                opened=pl.col("opened_at").is_not_null().sum(),
                started=pl.col("started_at").is_not_null().sum(),
                finished=pl.col("completed_at").is_not_null().sum(),
            )
        )
        numbers = pl.col("sent", "failed", "bounced", "opened", "started", "finished")
        known = world.records.current(_TABLE)
        return known.join(counts, on="id", how="left").with_columns(numbers.fill_null(0)).sort("id")

    return world.records.memo("distributions", make)


def _contact() -> pl.Expr:
    return record(
        {
            "contactId": "contact_id",
            "email": "email",
            "phone": "phone",
            "extRef": "external_data_reference",
        },
        {"firstName": None, "lastName": None, "language": None, "unsubscribed": False},
    )


def _people(world: World) -> pl.DataFrame:
    """Everybody ever asked, as last known."""
    return world.records.memo(
        "qualtrics contacts",
        lambda: (
            world.records.current("qualtrics_invitations")
            .unique("contact_id", keep="last", maintain_order=True)
            .sort("contact_id")
        ),
    )


def _directory(call: Call) -> None:
    if call.params["directory"] != DIRECTORY:
        raise Refuse(Why.UNKNOWN_RECORD)


def _meta() -> str:
    return respond(meta()).body.decode()
