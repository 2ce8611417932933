"""The credentials that the sandbox takes: fixed and public, since they open nothing but loopback.

Each vendor knows a second one that is valid yet lacks a scope, so that both refusals can be met.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ZENDESK_EMAIL = "admin@sandbox.example"
ZENDESK_KEY = "sandbox-zendesk-api-key"
"""Basic `{email}/token:{key}`; the same key is taken as a bearer token."""
ZENDESK_AGENT_KEY = "sandbox-zendesk-agent-key"
"""An agent's: incremental exports are for admins."""

QUALTRICS_KEY = "sandbox-qualtrics-api-key"
QUALTRICS_NARROW_KEY = "sandbox-qualtrics-narrow-key"
"""May list surveys and read nothing else."""

HUBSPOT_KEY = "sandbox-hubspot-private-app-key"
HUBSPOT_NARROW_KEY = "sandbox-hubspot-narrow-key"
"""Has `crm.objects.contacts.read` only."""

PEAKON_KEY = "sandbox-peakon-application-key"
PEAKON_NARROW_KEY = "sandbox-peakon-narrow-key"
"""May read everything but answers."""

APP_STORE_APP_ID = "6448311069"
APP_STORE_ISSUER = "69a6de70-03db-47e3-e053-5b8c7c11a4d1"
APP_STORE_KEY_ID = "SANDBOX123"
APP_STORE_NARROW_KEY_ID = "SANDBOX456"
"""The same key under a role without access to reviews."""

_APP_STORE_KEY = ec.derive_private_key(
    # any number makes a key; a fixed one makes a public one, and no scanner takes it for a secret
    int.from_bytes(b"the sandbox keeps no secrets"),
    ec.SECP256R1(),
)
APP_STORE_PUBLIC_KEY = _APP_STORE_KEY.public_key()


def app_store_private_key() -> str:
    """The key to sign App Store Connect tokens with, as the `.p8` file holds it."""
    return _APP_STORE_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
