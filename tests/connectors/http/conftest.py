from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx2
import pytest
from far_vendor import SECRET, Answer, Connect, Far
from patience import Clock, hurried

from connectors.http import Api, Auth, Bearer, Connection, Rate, Reply, Secret, Vendor


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Budgets and retries wait on this clock, and nobody really does."""
    return hurried(monkeypatch)


@pytest.fixture
def connect(clock: Clock) -> Iterator[Connect]:  # noqa: ARG001 - time must not pass
    """Connects to a vendor that gives these answers."""
    opened: list[Connection] = []

    def connected(
        *answers: Answer,
        auth: Auth | None = None,
        used_up: Callable[[Reply], bool] = lambda _: False,
    ) -> tuple[Api, Far]:
        far = Far(list(answers))
        rates = {"default": Rate(1000, 1), "search": Rate(1000, 1)}
        vendor = Vendor("Acme", rates=rates, ping="ping", used_up=used_up)
        who = auth or Bearer(Secret(SECRET))
        transport = httpx2.MockTransport(far)
        url = "https://acme.example/api"
        opened.append(Connection(vendor, url, who, "desk", transport=transport))
        return Api(opened[-1], "desk.tickets"), far

    yield connected
    for connection in opened:
        connection.close()
