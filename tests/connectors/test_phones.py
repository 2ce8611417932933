"""Numbers of phones in E.164: what is told, what is not, and that it is told again by a replay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import phonenumbers
import polars as pl
import pytest
from desk import Desk
from exchanges import BEGIN, HOST
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tenants import SECRETS, options, rows, stream_of, tenant_of
from test_person_addresses import Answers, export, identity, user

from connectors.landing import Landing
from connectors.landing.replay import replay
from connectors.phones import e164, is_region
from connectors.vendors import connector

if TYPE_CHECKING:
    from pathlib import Path

TOLD = "+491701234567"


def told(number: str | None, region: str | None = None) -> str | None:
    return e164(pl.Series([number], dtype=pl.String), region)[0]


@pytest.mark.parametrize(
    "number",
    [
        "+491701234567",
        " +49 170 1234567 ",
        "+49 (0)170 / 12 34 567",
        "+4901701234567",
        "0049 170 1234567",
        "tel:+49-170-1234567",
        "+49 170 1234567 ext. 5",
    ],
)
@pytest.mark.parametrize("region", [None, "DE", "FR"])
def test_an_international_number_is_told_wherever_it_is_from(
    number: str, region: str | None
) -> None:
    assert told(number, region) == TOLD


def test_a_national_number_is_told_where_its_country_is_known() -> None:
    assert told("0170 1234567", "DE") == TOLD
    assert told("0170 1234567") is None


@pytest.mark.parametrize(
    "number",
    [None, "", "unknown", "+49", "12", "112", "+33 6 12", "jo@01701234567", "+" * 300],
)
@pytest.mark.parametrize("region", [None, "DE"])
def test_what_is_no_number_is_not_told(number: str | None, region: str | None) -> None:
    assert told(number, region) is None


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("12345", "DE"),
        ("012345", "DE"),
        ("1111111", "DE"),
        ("9999999", "DE"),
        ("01111111", "DE"),
        ("0000000", "GB"),
        ("0000000000", "US"),
        ("1 111 111 1111", "US"),
        ("12345", "GL"),
        ("+4912345", None),
        ("+49 123456", None),
        ("004912345", None),
        ("+491111111", None),
        ("+49 (0) 1111111", None),
        ("+440000000000", None),
        ("+1 222 222 2222", None),
        ("00353 9999999", None),
    ],
)
def test_the_country_code_makes_nobodys_number_nobody_elses(
    number: str, region: str | None
) -> None:
    assert told(number, region) is None


@pytest.mark.parametrize(
    ("number", "region", "one"),
    [
        ("123456", "GL", "+299123456"),
        ("+1 234 444 4444", None, "+12344444444"),
        ("+49 1234567", None, "+491234567"),
        ("1111112", "DE", "+491111112"),
    ],
)
def test_digits_are_counted_without_the_country_code(
    number: str, region: str | None, one: str
) -> None:
    assert told(number, region) == one


@pytest.mark.slow
def test_every_countrys_numbers_are_told_from_both_spellings() -> None:
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    form = phonenumbers.PhoneNumberFormat
    wrong = []
    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in kinds:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is None:
                continue
            one = phonenumbers.format_number(number, form.E164)
            for spelling in (form.E164, form.INTERNATIONAL, form.NATIONAL):
                text = phonenumbers.format_number(number, spelling)
                if told(text, region) != one:
                    wrong.append((region, text, one, told(text, region)))
    assert wrong == []


# a country's rules are read when it is first asked for
@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(alphabet="+0123456789 ()-@x", max_size=20))))
@example(["000000", "10000000000000"])
def test_what_is_told_is_e164_and_told_the_same_again(numbers: list[str | None]) -> None:
    once = e164(pl.Series(numbers, dtype=pl.String), "DE")

    assert once.drop_nulls().str.contains(r"^\+[1-9]\d{6,14}$").all()
    assert e164(once, "DE").equals(once)


def test_a_region_is_a_country_that_has_numbers() -> None:
    assert is_region("DE")
    assert not is_region("XX")


PEOPLE = """
files: ["*.csv"]
tables:
  people:
    columns: {person_ref: Id, phone: Phone}
"""


def test_a_replay_tells_numbers_by_the_country_that_is_named_now(desk: Desk) -> None:
    desk.put("a.csv", "Id,Phone\n1,0170 1234567\n2,+49 170 1234567\n3,\n")
    desk.land(PEOPLE, "customer")
    before = desk.table("people").select("phone", "phone_e164").rows()

    list(replay(desk.stream(PEOPLE, "customer", region="DE"), desk.landing))

    assert before == [("0170 1234567", None), ("+49 170 1234567", TOLD), (None, None)]
    assert desk.table("people").select("phone", "phone_e164").rows() == [
        ("0170 1234567", TOLD),
        ("+49 170 1234567", TOLD),
        (None, None),
    ]


def test_a_vendors_numbers_are_told_and_its_e_mails_are_none(tmp_path: Path) -> None:
    identities = [identity(1, "phone_number", "0170 1234567"), identity(1, "email", "1@2.test")]
    users = [user(1, phone="+49 (0)170 7654321")]
    answers = Answers({"users/cursor": export(users, identities=identities)})
    tenant = tenant_of(connector("zendesk"), f"{HOST}/zendesk", SECRETS["zendesk"], answers)
    how = replace(options("zendesk"), begin=BEGIN)
    stream = stream_of("zendesk", "users", tenant, given=how)
    landing = Landing(tmp_path)
    list(replace(stream, terms=replace(stream.terms, region="DE")).sync(landing))
    tenant.close()

    landed = rows(landing, "zendesk")
    assert landed["people"].select("phone", "phone_e164").rows() == [
        ("+49 (0)170 7654321", "+491707654321")
    ]
    assert landed["person_addresses"].select("value", "phone_e164").rows() == [
        ("0170 1234567", TOLD),
        ("1@2.test", None),
    ]
