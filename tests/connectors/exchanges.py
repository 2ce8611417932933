"""Recorded exchanges of one sync with a vendor: kept as JSON, and played again.

A file holds what one sync of one stream asked and was answered, in order. It is played by method
and path alone: what a request says of times depends on when it is made.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2

FOLDER = Path(__file__).parent / "recorded"
HOST = "http://127.0.0.1:18080"
"""Where the recordings were made; the vendors' links lead there."""

BEGIN = datetime(2026, 2, 1)  # noqa: DTZ001 - naive UTC by contract
"""Where history begins in the recordings."""

_KEPT = ("content-type", "date")


class Recorder(httpx2.BaseTransport):
    """Asks another transport, and remembers what was said."""

    def __init__(self, inner: httpx2.BaseTransport) -> None:
        """Record nothing yet."""
        self._inner = inner
        self.exchanges: list[dict[str, Any]] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Ask, and remember."""
        response = self._inner.handle_request(request)
        body = response.read()
        kind = response.headers["content-type"]
        told = {"method": request.method, "path": request.url.path, "status": response.status_code}
        told["headers"] = {name: response.headers[name] for name in _KEPT}
        if "json" in kind:
            told["answer"] = json.loads(body)
        else:
            told["file"] = base64.b64encode(body).decode()
        self.exchanges.append(told)
        return httpx2.Response(response.status_code, headers=told["headers"], content=body)

    def write(self, path: Path) -> None:
        """Write the exchanges, for people to read."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.exchanges, indent=1, ensure_ascii=False) + "\n")


class Player(httpx2.BaseTransport):
    """Answers as was recorded: of each method and path in turn, the last answer for ever."""

    def __init__(self, exchanges: list[dict[str, Any]]) -> None:
        """Answer from the first exchange on."""
        self.asked = 0
        self._answers: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for exchange in exchanges:
            self._answers[exchange["method"], exchange["path"]].append(exchange)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        self.asked += 1
        answers = self._answers[request.method, request.url.path]
        if not answers:
            return httpx2.Response(404, json={})
        told = answers.pop(0) if len(answers) > 1 else answers[0]
        if "file" in told:
            body = base64.b64decode(told["file"])
        else:
            body = json.dumps(told["answer"], ensure_ascii=False).encode()
        return httpx2.Response(told["status"], headers=told["headers"], content=body)


def recorded() -> list[Path]:
    """All recordings: `<connector>/<stream>/<name>.json`."""
    return sorted(FOLDER.glob("*/*/*.json"))
