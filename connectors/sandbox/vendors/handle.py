"""A hand on the running vendors: their address, their clock, their faults, what they were asked."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from .faults import Armed, Fault

HOST = "127.0.0.1"


PATIENCE = 60.0


class Vendors:
    """The running vendors.

    Attributes:
        url: `http://127.0.0.1:<port>`; a vendor lives at `<url>/<name>/…`.
    """

    def __init__(self, port: int) -> None:
        """Talk to the vendors on a port."""
        self.port = port
        self.url = f"http://{HOST}:{port}"

    @property
    def now(self) -> datetime:
        """The vendors' clock, naive UTC."""
        return datetime.fromisoformat(self._control("GET", "state")["now"])

    def advance(self, by: timedelta) -> datetime:
        """Let time pass."""
        sent = {"seconds": by.total_seconds()}
        return datetime.fromisoformat(self._control("POST", "advance", sent)["now"])

    def at(self, moment: datetime) -> datetime:
        """Let time pass until a moment, which may not lie before the present one."""
        sent = {"to": moment.isoformat()}
        return datetime.fromisoformat(self._control("POST", "advance", sent)["now"])

    def fault(self, fault: Fault, on: str = "*", **options: Any) -> None:  # noqa: ANN401 - Armed's
        """Arm one fault; `options` are those of `Armed`."""
        self.arm([Armed(fault, on, **options)])

    def arm(self, faults: Iterable[Armed]) -> None:
        """Arm several faults."""
        self._control("POST", "faults", [msgspec.to_builtins(armed) for armed in faults])

    def calm(self) -> None:
        """Take all faults away."""
        self._control("DELETE", "faults")

    @property
    def armed(self) -> list[dict[str, Any]]:
        """The faults that have not struck as often as they were armed to."""
        found: list[dict[str, Any]] = self._control("GET", "state")["faults"]
        return found

    def requests(self, *, forget: bool = False) -> list[dict[str, Any]]:
        """Method, path, query and status of every request so far; `forget` them after."""
        found: list[dict[str, Any]] = self._control("GET", "requests")
        if forget:
            self._control("DELETE", "requests")
        return found

    def _control(self, method: str, name: str, sent: object = None) -> Any:  # noqa: ANN401 - JSON
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            body = None if sent is None else json.dumps(sent)
            connection.request(method, f"/_sandbox/{name}", body)
            response = connection.getresponse()
            found = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise ValueError(found["error"])
        return found
