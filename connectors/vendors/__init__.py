"""Vendors' APIs, one module each; a module is imported when a source of its vendor is."""

from __future__ import annotations

from importlib import import_module

from connectors.vendors.connector import Connector, Endpoint, Options, Tenant, VendorStream

NAMES = ("app_store", "hubspot", "peakon", "qualtrics", "zendesk")
"""Vendors that there is a connector for."""


def connector(name: str) -> Connector:
    """The connector of a vendor in `NAMES`."""
    found: Connector = import_module(f"connectors.vendors.{name}").CONNECTOR
    return found


__all__ = ["NAMES", "Connector", "Endpoint", "Options", "Tenant", "VendorStream", "connector"]
