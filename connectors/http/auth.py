"""Who we are to a vendor. Secrets live in `Secret`, which never shows what it holds."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from connectors.http.client import Api


class Secret:
    """A value that no repr, log or error shows; `reveal()` is called where a header is made."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Keep the value."""
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        """Three stars, whatever it holds."""
        return "***"


class Auth(Protocol):
    """Makes the headers of a request."""

    def headers(self, api: Api) -> Mapping[str, str]:
        """Headers that say who asks; may itself ask the vendor for a token."""
        ...

    def renew(self, refused: Mapping[str, str]) -> bool:
        """After a 401: whether another try is worth it, with other headers than the refused."""
        ...


@dataclass(frozen=True)
class Header:
    """A key in a header of the vendor's own."""

    name: str
    secret: Secret

    def headers(self, api: Api) -> Mapping[str, str]:  # noqa: ARG002 - signature of the protocol
        """The header."""
        return {self.name: self.secret.reveal()}

    def renew(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002 - as above
        """Nothing to renew: the key is what it is."""
        return False


@dataclass(frozen=True)
class Bearer:
    """A token that the user made at the vendor's."""

    secret: Secret

    def headers(self, api: Api) -> Mapping[str, str]:  # noqa: ARG002 - signature of the protocol
        """`Authorization: Bearer …`."""
        return {"Authorization": f"Bearer {self.secret.reveal()}"}

    def renew(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002 - as above
        """Nothing to renew: the token is what it is."""
        return False


@dataclass(frozen=True)
class Basic:
    """Name and password, or what a vendor puts in their places."""

    user: Secret
    password: Secret

    def headers(self, api: Api) -> Mapping[str, str]:  # noqa: ARG002 - signature of the protocol
        """`Authorization: Basic …` (RFC 7617)."""
        pair = f"{self.user.reveal()}:{self.password.reveal()}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def renew(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002 - as above
        """Nothing to renew: the password is what it is."""
        return False
