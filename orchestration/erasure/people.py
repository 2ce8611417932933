"""Whom somebody means, and by which names the whole house knows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import polars as pl

from connectors.erasure import (
    Addresses,
    Names,
    Sought,
    Tombstones,
    email_name,
    name_columns,
    names,
    person_name,
    phone_name,
    says_whose,
)
from connectors.errors import FixConfiguration, FixEnvironment
from connectors.families import TABLES, Table
from connectors.phones import e164
from orchestration.warehouse import Connection
from orchestration.warehouse.sql import columns, literal, literals, quote

_CUSTOMER = re.compile(r"\d{6,19}")
_CUSTOMERS = "intermediate.int_record_customers"
_MODELS = {"int_record_customers", "int_references", "int_set_aside"}
_SHORTEST_PHONE = 7
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class People:
    """Who is to be erased: how many, ids of those who are customers, and all names of theirs."""

    number: int
    customers: list[int]
    sought: Sought


Hashed = Callable[[str, str], str | None]
"""How rows of a source name an employee, by the source's own id of theirs; None where none do."""


def find(
    connection: Connection, who: Iterable[str], tombstones: Tombstones, hashed: Hashed
) -> People:
    """Find people by any name, and every other name that their records have.

    A reference that another customer's records hold too, or that was set aside as nobody's, is
    none of their names: it would take others out with them.

    Args:
        connection: The warehouse as it was last built.
        who: An id of a customer, an e-mail address, a phone number, or `SOURCE:PERSON_REF`, each;
            of an employee, the source's own id.
        tombstones: Those that are kept; the names found are added.
        hashed: Names employees.

    Raises:
        FixConfiguration: Nobody is meant, or more than one.
        FixEnvironment: The models are not built.
    """
    _check_built(connection)
    sources = connection.execute("select distinct source from raw._loads").fetchall()
    known = {str(source) for (source,) in sources}
    employees: set[str] = set()
    customers: set[int] = set()
    for one in who:
        employee = _employee(connection, one, known, hashed)
        if employee is not None:
            employees.add(employee)
        else:
            customers.add(_customer(connection, one, known))
    found = _known_by(connection, customers, Sought(Names(tombstones)))
    found.known.add(employees)
    return People(len(employees) + len(customers), sorted(customers), found)


def _check_built(connection: Connection) -> None:
    """Refuse to look for somebody among models that are not there, such as after an erasure."""
    needed = {f"stg_{table.name}" for table in _tables()} | _MODELS
    there = connection.execute(
        "select table_name from duckdb_tables() union all select view_name from duckdb_views()"
    ).fetchall()
    if needed - {str(name) for (name,) in there}:
        raise FixEnvironment(
            "ERASE-UNBUILT",
            "the warehouse",
            "its models are not all there, so nobody can be recognised in it",
            "earful run builds them; it also finishes an erasure that was cut off while it built.",
        )


def _known_by(connection: Connection, customers: set[int], sought: Sought) -> Sought:
    """Customers by all names that they share with nobody."""
    if not customers:
        return sought
    ids = ", ".join(str(customer) for customer in customers)
    of_theirs = f"select record_id from {_CUSTOMERS} where customer_id in ({ids})"
    of_others = f"select record_id from {_CUSTOMERS} where customer_id not in ({ids})"
    found: dict[str, set[str]] = {}
    for table in _tables():
        rows = _rows(connection, table, of_theirs)
        sought.learn(table, rows)
        for kind, named in _references(table, rows):
            found.setdefault(kind, set()).update(named)
    taken = _set_aside(connection)
    told = {name.rpartition(_SEPARATOR)[2] for named in found.values() for name in named}
    for table in _tables():
        for kind, named in _references(table, _rows(connection, table, of_others, told)):
            taken |= found.get(kind, set()).intersection(named)
    own = {name for named in found.values() for name in named} - taken
    sought.known.add(own)
    return replace(sought, addresses=Addresses(_addresses(own)))


def _employee(connection: Connection, who: str, sources: set[str], hashed: Hashed) -> str | None:
    """The name of an employee who answered; None where nobody did."""
    source, _, ref = who.partition(":")
    if source not in sources:
        return None
    told = hashed(source, ref.strip())
    answered = connection.execute(
        "select count(*) from raw.pulse_answers "
        f"where source = {literal(source)} and respondent_hash = {literal(told or '')}"
    ).fetchone()
    return person_name(source, told) if told and answered and answered[0] else None


def _customer(connection: Connection, who: str, sources: set[str]) -> int:
    """The one customer that somebody means."""
    records = " union ".join(
        f"select record_id from staging.{quote(f'stg_{table.name}')} where {condition}"
        for table in _tables()
        for condition in _conditions(table, who, sources)
    )
    if _CUSTOMER.fullmatch(who):
        records = f"select record_id from {_CUSTOMERS} where customer_id = {int(who)}"
    if not records:
        raise FixConfiguration(
            "ERASE-WHO",
            "the person",
            "is named by none of the ways there are",
            "Give a customer_id, an e-mail address, a phone number that begins with +, or "
            "SOURCE:PERSON_REF.",
        )
    matched = connection.execute(
        f"select count(distinct matched.record_id), list(distinct customer_id) "
        f"from ({records}) as matched "
        f"left join {_CUSTOMERS} using (record_id)"
    ).fetchone()
    number, customers = matched or (0, [])
    customers = [customer for customer in customers or [] if customer is not None]
    if len(customers) == 1:
        return int(customers[0])
    if customers:
        raise FixConfiguration(
            "ERASE-SEVERAL",
            "the person",
            f"is {len(customers)} customers: {', '.join(str(c) for c in sorted(customers))}",
            "Name the one that is meant by customer_id, or several one after another.",
        )
    raise FixConfiguration(
        "ERASE-NOBODY",
        "the person",
        f"{number} records hold this, and none is a customer's"
        if number
        else "no record holds this",
        "earful run first where records have landed since the last one. What many share, such as "
        "info@, is nobody's.",
    )


def _conditions(table: Table, who: str, sources: set[str]) -> Iterator[str]:
    """How a table's rows may be found by what somebody wrote."""
    source, colon, ref = who.partition(":")
    text = literal(who.strip().lower())
    if colon and source in sources:
        yield f"source = {literal(source)} and trim(person_ref) = {literal(ref.strip())}"
    elif "email" in table.by_name and "@" in who:
        yield f"lower(trim(email)) = {text}"
    elif "email" in table.by_name and who.startswith("+"):
        yield f"phone_e164 = {_number(who)}"
    elif "@" in who:
        yield f"lower(trim(value)) = {text}"
    elif who.startswith("+"):
        yield f"phone_e164 = {_number(who)}"


def _number(who: str) -> str:
    """A phone number as SQL, in E.164 if it is one."""
    return literal(e164(pl.Series([who])).item() or who)


def _tables() -> Iterator[Table]:
    return (table for table in TABLES.values() if says_whose(table))


def _rows(
    connection: Connection, table: Table, records: str, told: set[str] | None = None
) -> pl.DataFrame:
    """All versions of records in raw, of those that tell one of `told` if given: who is named."""
    wanted = {
        *name_columns(table),
        *(["kind", "value"] if table.name == "person_addresses" else []),
    }
    if table.phone is not None:
        wanted |= {table.phone.name, "phone_e164"}
    tells = "true"
    if told is not None:
        values = literals(sorted(value.lower() for value in told)) or "null"
        tells = " or ".join(f"lower(trim(held.{quote(c)})) in ({values})" for c in sorted(wanted))
    on_key = " and ".join(f"held.{quote(k)} = told.{quote(k)}" for k in table.identity)
    return connection.execute(
        f"select {columns(sorted(wanted))} from raw.{quote(table.name)} as held where exists ("
        f"select 1 from staging.{quote(f'stg_{table.name}')} as told "
        f"where {on_key} and told.record_id in ({records})) and ({tells})"
    ).pl()


def _references(table: Table, rows: pl.DataFrame) -> Iterator[tuple[str, set[str]]]:
    """Names that are no record's own, by kind; an address of a person's is one too."""
    named = {kind: name for kind, name in names(table).items() if not kind.startswith("record")}
    if table.name == "person_addresses":
        is_mail = pl.col("kind") == "email"
        named["email"] = email_name(pl.when(is_mail).then("value"))
        named["phone"] = phone_name(pl.when(~is_mail).then(pl.coalesce("phone_e164", "value")))
    for kind, name in named.items():
        yield kind, set(rows.select(name.drop_nulls().unique()).to_series())


def _set_aside(connection: Connection) -> set[str]:
    """Names of references that many share, and that are nobody's for that reason."""
    rows = connection.execute(
        "select kind, source, value from intermediate.int_references "
        "where node_id in (select node_id from intermediate.int_set_aside)"
    ).fetchall()
    return {_SEPARATOR.join(part for part in row if part is not None) for row in rows}


def _addresses(own: Iterable[str]) -> Iterator[str]:
    """E-mail addresses and phone numbers among names; a number as short as an extension is none."""
    for name in own:
        kind, _, value = name.partition(_SEPARATOR)
        if kind == "email" and "@" in value:
            yield value
        if kind == "phone" and sum(c.isdigit() for c in value) >= _SHORTEST_PHONE:
            yield value
