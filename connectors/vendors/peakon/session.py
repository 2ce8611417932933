"""The application's key, and the token that it is exchanged for."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from connectors.errors import FixConfiguration
from connectors.http import Api, Missing, Secret


class _Token(msgspec.Struct):
    id: str


class _Granted(msgspec.Struct):
    data: _Token


@dataclass
class Session:
    """Exchanges the application's key for a token, once for all streams, and anew when it dies."""

    key: Secret
    _token: str | None = field(default=None, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _asking: bool = False

    def headers(self, api: Api) -> Mapping[str, str]:
        """`Authorization: Bearer …`; none on the request that asks for the token."""
        with self._lock:
            if self._asking:
                return {}
            if self._token is None:
                self._token = self._exchange(api)
        return {"Authorization": f"Bearer {self._token}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Forget a refused token, once for all streams: the next request asks for another."""
        used = refused.get("Authorization")
        with self._lock:
            if used == f"Bearer {self._token}":
                self._token = None
        # without a token it was the application's key that was refused
        return used is not None

    def _exchange(self, api: Api) -> str:
        self._asking = True
        try:
            body = {"token": self.key.reveal()}
            return api.post("auth/application", _Granted, body=body).data.id
        except Missing:
            pass
        finally:
            self._asking = False
        raise FixConfiguration(
            "VENDOR-CREDENTIALS",
            f"{api.where}, secrets.token",
            "Peakon does not know this application",
            "Check the variable that `secrets` names, and `url`.",
        )
