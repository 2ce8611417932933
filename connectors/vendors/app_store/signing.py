"""Tokens of short life, signed with the key of the company."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.errors import FixConfiguration
from connectors.http import Api, Secret

_LIFETIME = 15 * 60
"""Seconds that a token lives; Apple takes 20 minutes at most."""


@dataclass
class Signed:
    """Signs a token of short life with the key (ES256), and a new one in good time."""

    issuer: Secret
    key_id: Secret
    private_key: Secret
    _token: str = field(default="", repr=False)
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def headers(self, api: Api) -> Mapping[str, str]:
        """`Authorization: Bearer …`. Raises `FixConfiguration` where the key cannot sign."""
        with self._lock:
            if time.time() > self._until - 60:
                self._sign(api.where)
        return {"Authorization": f"Bearer {self._token}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """A token that the vendor refuses is signed anew once: clocks differ."""
        with self._lock:
            if refused.get("Authorization") == f"Bearer {self._token}":
                self._until = 0.0
        return True

    def _sign(self, where: str) -> None:
        # imported here: it brings cryptography, and most processes only check the YAML
        import jwt  # noqa: PLC0415

        now = int(time.time())
        claims = {
            "iss": self.issuer.reveal(),
            "iat": now,
            "exp": now + _LIFETIME,
            "aud": "appstoreconnect-v1",
        }
        headers = {"kid": self.key_id.reveal()}
        # in a variable of the environment its line breaks are often written as \n
        pem = self.private_key.reveal().replace("\\n", "\n")
        try:
            self._token = jwt.encode(claims, pem, algorithm="ES256", headers=headers)
            self._until = now + _LIFETIME
        except (ValueError, TypeError, jwt.PyJWTError):
            self._token = ""
        if not self._token:
            raise FixConfiguration(
                "VENDOR-KEY",
                f"{where}, secrets.private_key",
                "the variable does not hold a private key that can sign (ES256)",
                "Put the whole text of the .p8 file into it.",
            )
