"""What phrases are filled in with: the customer's tea, days, city, order, and private things."""

from __future__ import annotations

import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.ids import Ints, luhn
from connectors.sandbox.company.plan import DAY, TEAS
from connectors.sandbox.company.tables import texts

_DAYS = {
    0: "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    1: "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    2: "lundi mardi mercredi jeudi vendredi samedi dimanche",
    3: "lunes martes miércoles jueves viernes sábado domingo",
    4: "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
}
_POOL = 997  # different cards and accounts: more than a block needs
_WEEKDAYS = [name for days in _DAYS.values() for name in days.split()]


def slots(
    rng: Generator, language: Ints, facts: pl.DataFrame, people: pl.DataFrame
) -> pl.DataFrame:
    """The values of every slot, from `facts` (tea, days, at, order) and the people they befell.

    `facts` and `people` have a row each for a text.
    """
    count = len(facts)
    weekday = (facts["at"].to_numpy() // DAY + 3) % 7
    return pl.DataFrame(
        {
            "tea": texts(TEAS, facts["tea"].to_numpy()),
            "days": facts["days"].clip(2).cast(pl.String),
            "day": texts(_WEEKDAYS, language * 7 + weekday),
            "city": people["city"],
            "order": facts["order"],
            "name": people["first"],
            "agent": facts["agent_name"],
            "email": people["email"],
            "phone": people["phone"].fill_null(_at_home(people["person"])),
            "caller": people["phone"].fill_null("a withheld number"),
            "card": cards(rng, _POOL).gather(rng.integers(0, _POOL, count)),
            "iban": ibans(rng, _POOL).gather(rng.integers(0, _POOL, count)),
        }
    )


def _at_home(person: pl.Series) -> pl.Series:
    """The number of those who gave the house none."""
    return "0555 " + (person * 7 % 1_000_000 + 1_000_000).cast(pl.String).str.slice(1)


def cards(rng: Generator, count: int) -> pl.Series:
    """Numbers that pass the test of cards, of a range that no bank gives out."""
    body = 400_000_000_000_000 + rng.integers(0, 10**9, count)
    number = pl.Series(body * 10 + luhn(body)).cast(pl.String)
    return number.str.replace(r"^(\d{4})(\d{4})(\d{4})(\d{4})$", "$1 $2 $3 $4")


def ibans(rng: Generator, count: int) -> pl.Series:
    """German account numbers with right check digits, at a bank that does not exist."""
    account = rng.integers(10**8, 10**9, count)
    # bank 99999999, account, country DE (1314), 00: the remainder by parts
    rest = (99_999_999 * pow(10, 10, 97) + account) % 97
    rest = (rest * pow(10, 6, 97) + 131_400) % 97
    check = pl.Series(98 - rest).cast(pl.String).str.zfill(2)
    number = pl.Series(account).cast(pl.String).str.zfill(10)
    return pl.select(
        pl.format(
            "DE{} 9999 9999 {} {} {}", check, number.str.slice(0, 4), number.str.slice(4, 4),
            number.str.slice(8),
        )
    ).to_series()  # fmt: skip
