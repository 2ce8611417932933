"""The five family contracts: one per kind of voice, declared once."""

from connectors.families.contract import Column, Family, Privacy, Table, Type
from connectors.families.customer import CUSTOMER
from connectors.families.review import REVIEW
from connectors.families.support import SUPPORT
from connectors.families.survey import SURVEY
from connectors.families.workforce import WORKFORCE

FAMILIES: dict[str, Family] = {
    family.name: family for family in (SURVEY, SUPPORT, WORKFORCE, REVIEW, CUSTOMER)
}
TABLES: dict[str, Table] = {
    table.name: table for family in FAMILIES.values() for table in family.tables
}

__all__ = [
    "FAMILIES",
    "TABLES",
    "Column",
    "Family",
    "Privacy",
    "Table",
    "Type",
]
