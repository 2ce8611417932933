"""HubSpot's contacts: imported, completed, merged, archived, erased."""

from __future__ import annotations

import polars as pl

from connectors.sandbox.company.firms import COMPANIES_FROM
from connectors.sandbox.company.known import MS
from connectors.sandbox.company.plan import COUNTRIES, DAY, HOUR, LANGUAGES, SEGMENTS, Plan
from connectors.sandbox.company.tables import Tables, table, texts
from connectors.sandbox.company.versions import versions

_RECALCULATED = (0.17, 0.45, 0.8)
"""Where in the company's life segments were computed anew for some contacts, all in one go."""


def contact_tables(plan: Plan, people: pl.DataFrame) -> Tables:
    """Contacts of a block, as `known_as` knows them."""
    frame = versions(_steps(plan, people), "id").with_columns(
        pl.col("archived", "gone").fill_null(value=False)
    )
    erased = pl.col("gone")
    frame = frame.with_columns(
        pl.when(erased).then(None).otherwise(pl.col(name)).alias(name)
        for name in ("email", "phone", "firstname", "lastname")
    )
    frame = frame.sort("at", "id").with_columns(
        at=(pl.col("at") * MS).cast(pl.Datetime("us")),
        created_at=(pl.col("created_at") * MS).cast(pl.Datetime("us")),
    )
    return {"hubspot_contacts": table("hubspot_contacts", frame, plan.end)}


def _steps(plan: Plan, people: pl.DataFrame) -> list[pl.DataFrame]:
    known = people.filter(pl.col("created").is_not_null())
    early = pl.col("phone_first")
    base = known.select(
        id="contact",
        at="created",
        created_at="created",
        email="crm_email",
        phone=pl.when(early).then("crm_phone"),
        firstname="first",
        lastname="last",
        country=texts(list(COUNTRIES), known["country"].to_numpy()),
        language=texts(list(LANGUAGES), known["language"].to_numpy()),
        segment=texts(list(SEGMENTS), known["segment"].to_numpy()),
        customer_number="crm_number",
        company_id=pl.when(pl.col("account") >= 0).then(COMPANIES_FROM + pl.col("account") * 10),
    )
    other = known.filter(pl.col("contact_2").is_not_null())
    second = other.select(
        id="contact_2",
        at="second",
        created_at="second",
        email="email_2",
        firstname="first",
        lastname="last",
        country=texts(list(COUNTRIES), other["country"].to_numpy()),
        language=texts(list(LANGUAGES), other["language"].to_numpy()),
        phone=pl.when(pl.col("row") % 3 == 0).then("phone"),
    )
    both = pl.concat_list("email_2")
    yes = pl.lit(value=True)
    changes = [
        known.select(id="contact", at="phone_later", phone="crm_phone"),
        known.select(id="contact", at="phone_later", mobilephone="phone").filter(
            pl.col("id") % 3 == 0
        ),
        known.select(id="contact", at="further", additional_emails=both).filter(
            pl.col("additional_emails").list.first().is_not_null()
        ),
        known.select(id="contact_2", at="merged", archived=yes, merged_into_id="contact"),
        known.select(id="contact", at="merged", additional_emails=both),
        *_recalculations(plan, known),
        known.select(id="contact", at="archived", archived=yes),
        known.select(id="contact", at="erased", gone=yes),
    ]
    return [base, second, *(c.filter(pl.col("at").is_not_null()) for c in changes)]


def _recalculations(plan: Plan, known: pl.DataFrame) -> list[pl.DataFrame]:
    """Hundreds of contacts that change in one millisecond, thrice."""
    made = []
    for number, place in enumerate(_RECALCULATED):
        day = (plan.start + int((plan.end - plan.start) * place)) // DAY * DAY
        moment = (day + 3 * HOUR) * MS + 417
        those = known.filter(
            pl.col("recalculated") == number,
            pl.col("created") < moment - DAY * MS,
            pl.col("archived").is_null() & pl.col("erased").is_null(),
        )
        regular = pl.when(pl.col("segment") < 2).then(pl.lit("regular"))
        made.append(those.select(id="contact", at=pl.lit(moment, dtype=pl.Int64), segment=regular))
    return made
