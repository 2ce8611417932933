"""Addresses of people: several of them, mistyped, shared; none of them anybody's real one."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from connectors.sandbox.company.ids import Ints
from connectors.sandbox.company.plan import DIAL
from connectors.sandbox.company.tables import texts
from connectors.sandbox.company.words import names

_HOSTS = ("example.com", "example.org", "example.net", "mailhaven.example", "briefkast.example",
          "lettre.example", "correo.example", "postvak.example")  # fmt: skip
# how mobile numbers begin; eight digits follow
_MOBILE = ("152", "74", "6", "6", "6", "664", "8", "4")
_SIZE = 10**8
_DESKS = ("info", "office", "hello", "contact")


def addresses(rng: Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """With `email`, `email_2`, `phone` (E.164), `shared_email`, `company` and `domain`.

    `email_2` is a second address of some, `shared_email` the desk of a firm; `phone` may be null.
    """
    count = len(frame)
    number = frame["person"].to_numpy()
    frame = _workplaces(frame)
    plain = frame.select(
        first=_ascii(pl.col("first")),
        last=_ascii(pl.col("last")),
        number=pl.Series(number + 11).cast(pl.String),
        member=pl.col("member").cast(pl.String),
        domain=pl.col("domain"),
    )
    host = texts(_HOSTS, rng.integers(0, len(_HOSTS), count))
    style = pl.Series(rng.random(count))
    private = plain.select(
        pl.when(style < 0.5)
        .then(pl.format("{}.{}{}@{}", "first", "last", "number", host))
        .when(style < 0.8)
        .then(pl.format("{}{}@{}", "first", "number", host))
        .otherwise(pl.format("{}_{}@{}", "last", "number", host))
    ).to_series()
    other = texts(_HOSTS, rng.integers(0, len(_HOSTS), count))
    second = plain.select(pl.format("{}{}.x@{}", "last", "number", other)).to_series()
    work = plain.select(pl.format("{}.{}{}@{}", "first", "last", "member", "domain")).to_series()
    phone = _phones(rng, frame)
    has_second = pl.Series(rng.random(count) < 0.22)
    desk = texts(_DESKS, frame["account"].to_numpy() % len(_DESKS))
    business = pl.col("account") >= 0
    return frame.with_columns(
        email=pl.when(business).then(work).otherwise(private),
        email_2=pl.when(has_second).then(pl.when(business).then(private).otherwise(second)),
        phone=phone,
        shared_email=pl.when(business).then(pl.format("{}@{}", desk, "domain")),
    )


def _ascii(column: pl.Expr) -> pl.Expr:
    """Letters that an address may hold."""
    for old, new in (("ß", "ss"), ("ö", "oe"), ("ü", "ue"), ("ä", "ae")):
        column = column.str.replace_all(old, new, literal=True)
    return column.str.to_lowercase().str.normalize("NFKD").str.replace_all(r"[^a-z]", "")


def _workplaces(frame: pl.DataFrame) -> pl.DataFrame:
    """`company` and `domain` of a business account."""
    account = frame["account"].to_numpy()
    kind = np.where(frame["segment"].to_numpy() == 3, 1, 0)
    which = np.where(account >= 0, account * 31, -1)
    stems = names.of("company", "stem")
    stem = texts(stems, np.where(which >= 0, which % len(stems), -1))
    kinds = [names.of("company", "office"), names.of("company", "cafe")]
    label = pl.DataFrame(
        {
            n: texts(pool, np.where(which >= 0, account % len(pool), -1))
            for n, pool in zip("ab", kinds, strict=True)
        }
    )
    place = frame["city"].gather(_leaders(account))
    return frame.with_columns(
        company=pl.select(
            pl.when(pl.Series(account >= 0)).then(
                pl.format(
                    "{} {} {}",
                    pl.when(pl.Series(kind == 1)).then(label["b"]).otherwise(label["a"]),
                    stem,
                    place,
                )
            )
        ).to_series(),
        domain=pl.select(
            pl.when(pl.Series(account >= 0)).then(
                pl.format("{}-{}.example", stem.str.to_lowercase(), pl.Series(account + 100))
            )
        ).to_series(),
    )


def _leaders(account: Ints) -> Ints:
    _, first, which = np.unique(account, return_index=True, return_inverse=True)
    return np.where(account >= 0, first[which], np.arange(len(account)))


def _phones(rng: Generator, frame: pl.DataFrame) -> pl.Series:
    """One number each in E.164, families one together; every eighth person gives none."""
    country = frame["country"].to_numpy()
    family = frame["family"].to_numpy()
    person = frame["person"].to_numpy()
    owner = np.where(family >= 0, person[_leaders(family)], person)
    country = country[_leaders(family)]
    # one to one within a country's numbers, and not in a row
    local = (owner * 3_373_259 + 271_828) % _SIZE
    digits = pl.Series(local + _SIZE).cast(pl.String).str.slice(1)
    head = texts([d + m for d, m in zip(DIAL, _MOBILE, strict=True)], country)
    given = (rng.random(len(frame)) < 0.87) | (family >= 0)
    number = pl.select(pl.format("{}{}", head, digits)).to_series()
    return number.set(pl.Series(~given), None)


def mistyped(email: pl.Series, how: NDArray[np.float64]) -> pl.Series:
    """The address with a slip that makes it nobody's; `how` (0 to 1) chooses the slip."""
    at = pl.col("email")
    frame = pl.DataFrame({"email": email, "how": how})
    return frame.select(
        pl.when(pl.col("how") < 0.4)
        .then(
            at.str.replace(".example", ".exmaple", literal=True).str.replace(
                "@example.", "@exampel.", literal=True
            )
        )
        .when(pl.col("how") < 0.7)
        .then(at.str.replace(r"@(.)", "@${1}${1}"))
        .otherwise(at.str.replace(r"(.)@", "${1}${1}.@"))
    ).to_series()


def written_phone(phone: pl.Series, how: NDArray[np.float64]) -> pl.Series:
    """E.164 as people write it: with spaces, dashes, 00 or brackets; the same number."""
    frame = pl.DataFrame({"p": phone, "how": how})
    p = pl.col("p")
    return frame.select(
        pl.when(pl.col("how") < 0.4)
        .then(p)
        .when(pl.col("how") < 0.6)
        .then(p.str.replace(r"^\+(\d\d)(\d{3})(\d+)$", "+$1 $2 $3"))
        .when(pl.col("how") < 0.75)
        .then(p.str.replace(r"^\+", "00"))
        .when(pl.col("how") < 0.9)
        .then(p.str.replace(r"^\+(\d\d)(\d{3})(\d{3})(\d+)$", "+$1 $2-$3-$4"))
        .otherwise(p.str.replace(r"^\+(\d\d)(\d{3})(\d+)$", "+$1 ($2) $3"))
    ).to_series()


def local_phone(phone: pl.Series, country: Ints) -> pl.Series:
    """The number without its country, as one writes it at home; it links nobody."""
    dial = texts(list(DIAL), country)
    return pl.select(pl.format("0{}", phone.str.strip_prefix(dial))).to_series()
