"""HubSpot's part: contacts that are imported, completed, merged, archived, erased; companies."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.contacts import local_phone, mistyped, written_phone
from connectors.sandbox.company.ids import Ints
from connectors.sandbox.company.plan import COUNTRIES, DAY, HOUR, LANGUAGES, SEGMENTS, Plan
from connectors.sandbox.company.tables import Tables, table, texts
from connectors.sandbox.company.versions import versions

CONTACTS_FROM = 30_000_000_000
COMPANIES_FROM = 9_000_000_000
MS = 1_000
BATCH = 250
_RECALCULATED = (0.17, 0.45, 0.8)
"""Where in the company's life segments were computed anew for some contacts, all in one go."""


def known_as(plan: Plan, rng: Generator, people: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """People with what the CRM makes of them.

    `crm_email` (mistyped for a few), `crm_phone` as written, `crm_number`, `contact` and
    `contact_2` (ids, null where there is none), `created` and further moments in milliseconds,
    null where a step is not taken.
    """
    count = len(people)
    # a family's number is known to be one while all of its members are
    single = people["family"].to_numpy() < 0
    person, row = people["person"].to_numpy(), people["row"].to_numpy()
    wrong = (rng.random(count) < 0.012) & (people["account"].to_numpy() < 0)
    email = people["email"].zip_with(
        pl.Series(~wrong), mistyped(people["email"], rng.random(count))
    )
    phone = written_phone(people["phone"], rng.random(count))
    at_home = (rng.random(count) < 0.03) & single
    local = local_phone(people["phone"], people["country"].to_numpy())
    old = people["signup"].to_numpy() < plan.start
    batch = np.cumsum(old) // BATCH + people["person"][0] // BATCH
    imported = (plan.start + 2 * HOUR) * MS + batch * 400
    created = np.where(old, imported, people["signup"].to_numpy() * MS + rng.integers(0, MS, count))
    left = terms.filter(pl.col("kind") == 2).group_by("row").agg(pl.col("at").max())
    left_at = people.select("row").join(left, on="row", how="left", maintain_order="left")["at"]
    twice = (rng.random(count) < 0.25) & people["email_2"].is_not_null().to_numpy()
    second = created + rng.integers(20, 400, count) * DAY * MS + rng.integers(0, DAY * MS, count)
    merges = twice & (rng.random(count) < 0.6)
    merged = second + rng.integers(DAY, 60 * DAY, count) * MS
    guest = people["guest"].to_numpy()
    some = rng.random((4, count))
    end = plan.end * MS

    def at(moment: Ints, who: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pl.Series:
        return pl.Series(moment).set(pl.Series(~who | guest | (moment >= end)), None)

    phone_later = at(
        created + rng.integers(DAY, 90 * DAY, count) * MS,
        (some[1] < 0.3) & single,
    )
    told = (some[1] >= 0.3) | ~single
    later = left_at.fill_null(2**50).to_numpy() * MS
    archived = later + (some[0] * 200 * DAY).astype(np.int64) * MS + 30 * DAY * MS
    has_second = at(second, twice)
    return people.with_columns(
        mistyped=pl.Series(wrong),
        crm_email=email,
        crm_phone=phone.zip_with(pl.Series(~at_home), local),
        at_home=pl.Series(at_home),
        crm_number=people["number"].set(pl.Series(guest), None),
        contact=pl.Series(CONTACTS_FROM + person * 20).set(pl.Series(guest), None),
        contact_2=pl.Series(CONTACTS_FROM + person * 20 + 7).set(has_second.is_null(), None),
        created=at(created, ~guest),
        phone_later=phone_later,
        phone_first=pl.Series(told),
        phone_known=pl.Series(told) | phone_later.is_not_null(),
        second=has_second,
        merged=at(merged, merges & has_second.is_not_null().to_numpy()),
        further=at(created + rng.integers(DAY, 300 * DAY, count) * MS, (some[2] < 0.3) & ~twice),
        archived=at(archived, single & (some[3] < 0.1)),
        erased=at(archived + DAY * MS, single & (some[3] >= 0.1) & (some[3] < 0.15)),
        recalculated=pl.Series(row % 17),
    )


def contact_tables(plan: Plan, people: pl.DataFrame) -> Tables:
    """Contacts and companies of a block, as known in `known_as`."""
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
    contacts = table("hubspot_contacts", {n: frame[n] for n in frame.columns}, plan.end)
    return {"hubspot_contacts": contacts, "hubspot_companies": _companies(plan, people)}


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
    yes = pl.lit(True)  # noqa: FBT003 - a value
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


def _companies(plan: Plan, people: pl.DataFrame) -> pl.DataFrame:
    firms = (
        people.filter(pl.col("account") >= 0)
        .group_by("account", maintain_order=True)
        .agg(pl.first("company", "domain", "country", "segment"), pl.min("signup"))
    )
    created = firms["signup"].to_numpy()
    created = np.where(created < plan.start, plan.start + 60, created)
    account = firms["account"].to_numpy()
    chain = (account % 7 == 3) & np.isin(account - 1, account)
    columns = {
        "id": COMPANIES_FROM + account * 10,
        "at": created,
        "name": firms["company"],
        "domain": firms["domain"],
        "country": texts(list(COUNTRIES), firms["country"].to_numpy()),
        "segment": texts(list(SEGMENTS), firms["segment"].to_numpy()),
        "account_number": pl.select(pl.format("A{}", pl.Series(account + 10_000))).to_series(),
        "created_at": created,
        "archived": np.zeros(len(account), dtype=bool),
    }
    founded = table("hubspot_companies", columns, plan.end)
    # branches are found to belong to a house once both are known
    first = dict(zip(account.tolist(), created.tolist(), strict=True))
    parent = np.array([first.get(number - 1, 0) for number in account.tolist()], dtype=np.int64)
    later = {
        **columns,
        "at": np.maximum(created, parent) + 3 * DAY,
        "parent_id": COMPANIES_FROM + (account - 1) * 10,
    }
    found = table(
        "hubspot_companies", pl.DataFrame(later).filter(pl.Series(chain)).to_dict(), plan.end
    )
    return pl.concat([founded, found]).sort("at", "id")
