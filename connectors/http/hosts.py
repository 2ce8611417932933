"""Where requests may go: to the configured host, over TLS, and nowhere else."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from connectors.errors import AskVendor, FixConfiguration


def checked(url: str, source: str) -> str:
    """The address without its closing slash.

    Raises:
        FixConfiguration: It is no address, or plain http to another machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise FixConfiguration(
            "VENDOR-URL",
            f"{source}, url",
            "not the address of an API",
            "Write scheme and host, such as https://acme.zendesk.com, without user or query.",
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise FixConfiguration(
            "VENDOR-URL",
            f"{source}, url",
            "plain http would send the credentials in the clear",
            "Write https://.",
        )
    return url.rstrip("/")


def same_host(home: str, url: str, where: str) -> None:
    """Refuse to follow a link to another scheme, host or port: credentials would go along.

    Raises:
        AskVendor: The link leads elsewhere.
    """
    own, other = urlsplit(home), urlsplit(url)
    if (own.scheme, own.hostname, own.port) != (other.scheme, other.hostname, other.port):
        raise AskVendor(
            "VENDOR-ELSEWHERE",
            where,
            f"the vendor sends us to another host ({other.hostname})",
            "If that is where this tenant lives, write it as `url` in the source's YAML.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
