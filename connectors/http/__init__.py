"""The only place that talks to a network: auth, budgets, retries, and errors that leak nothing."""

from connectors.errors import Missing
from connectors.http.auth import Auth, Basic, Bearer, Header, Secret
from connectors.http.budget import Budget, Rate
from connectors.http.client import Api
from connectors.http.connection import Connection, Reply, Vendor

__all__ = [
    "Api",
    "Auth",
    "Basic",
    "Bearer",
    "Budget",
    "Connection",
    "Header",
    "Missing",
    "Rate",
    "Reply",
    "Secret",
    "Vendor",
]
