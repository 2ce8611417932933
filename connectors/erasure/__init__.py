"""Takes people out of what has landed, and keeps them out."""

from connectors.erasure.packages import Package, Taken, count, find_records, take_out
from connectors.erasure.rule import (
    email_name,
    name_columns,
    names,
    person_name,
    phone_name,
    says_whose,
)
from connectors.erasure.sought import Sought
from connectors.erasure.texts import Addresses, text_columns
from connectors.erasure.tombstones import Names, Tombstones

__all__ = [
    "Addresses",
    "Names",
    "Package",
    "Sought",
    "Taken",
    "Tombstones",
    "count",
    "email_name",
    "find_records",
    "name_columns",
    "names",
    "person_name",
    "phone_name",
    "says_whose",
    "take_out",
    "text_columns",
]
