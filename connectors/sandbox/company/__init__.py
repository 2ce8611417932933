"""A tea shop that never was: its customers live, and each of its systems sees a part.

`generate` makes the company: the tables that the vendors' servers answer from
(`connectors.sandbox.systems`) and the truth that is planted in them.
"""

from connectors.sandbox.company.config import CompanyConfig
from connectors.sandbox.company.generate import generate, read
from connectors.sandbox.company.home import Company, open_company

__all__ = ["Company", "CompanyConfig", "generate", "open_company", "read"]
