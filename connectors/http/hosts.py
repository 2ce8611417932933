"""Where requests may go: to the configured host, over TLS, and nowhere else."""

from __future__ import annotations

import ipaddress

import httpx2

from connectors.errors import AskVendor, FixConfiguration


def checked(url: str, source: str) -> str:
    """The address without its closing slash.

    Raises:
        FixConfiguration: It is no address, or plain http to another machine.
    """
    address = _read(url)
    if address is None or address.query or address.fragment or address.userinfo:
        raise FixConfiguration(
            "VENDOR-URL",
            f"{source}, url",
            "not the address of an API",
            "Write scheme and host, such as https://acme.zendesk.com, without user or query.",
        )
    if address.scheme == "http" and not is_loopback(url):
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
    own, other = _read(home), _read(url)
    if own is None or other is None or _origin(own) != _origin(other):
        host = other.host if other is not None else "of no readable address"
        raise AskVendor(
            "VENDOR-ELSEWHERE",
            where,
            f"the vendor sends us to another host ({host})",
            "If that is where this tenant lives, write it as `url` in the source's YAML.",
        )


def is_loopback(url: str) -> bool:
    """Whether an address is of this machine."""
    address = _read(url)
    if address is None:
        return False
    try:
        return ipaddress.ip_address(address.host).is_loopback
    except ValueError:
        return address.host == "localhost"


def _read(url: str) -> httpx2.URL | None:
    """An address, read by the very library that will connect to it; None where it is none."""
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL:
        return None
    # what no host's name may hold comes back escaped
    good = address.scheme in ("http", "https") and address.host and "%" not in address.host
    return address if good else None


def _origin(address: httpx2.URL) -> tuple[str, str, int | None]:
    # a scheme's usual port reads as None, whether it was written or not
    return address.scheme, address.host, address.port
