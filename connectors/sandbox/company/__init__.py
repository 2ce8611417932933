"""A tea shop that never was: its customers live, and each of its systems sees a part.

`generate` makes the company: the tables that the vendors' servers answer from
(`connectors.sandbox.systems`) and the truth that is planted in them. `write_orders` fills the
shop's drop folder until a moment; `export` writes the whole company as export files.
"""

from connectors.sandbox.company.config import CompanyConfig
from connectors.sandbox.company.dropbox import write_orders
from connectors.sandbox.company.export import Export, export
from connectors.sandbox.company.generate import generate, read
from connectors.sandbox.company.home import Company, open_company

__all__ = [
    "Company",
    "CompanyConfig",
    "Export",
    "export",
    "generate",
    "open_company",
    "read",
    "write_orders",
]
