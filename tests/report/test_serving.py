"""The report is served to this machine alone, and always the current one."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from published import publish

from connectors.errors import FixEnvironment
from orchestration.report.build import build
from orchestration.report.serving import serving
from orchestration.settings import Settings

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = publish(tmp_path)
    build(made.settings)
    return made.settings


@pytest.fixture
def server(settings: Settings) -> Iterator[ThreadingHTTPServer]:
    with serving(settings, 0) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def get(server: ThreadingHTTPServer, path: str, host: str | None = None) -> tuple[int, str]:
    port = server.server_address[1]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{port}"})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def test_it_listens_on_this_machine_alone(server: ThreadingHTTPServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    status, body = get(server, "/")
    assert status == 200
    assert "One page" in body


def test_a_foreign_name_gets_nothing(server: ThreadingHTTPServer) -> None:
    """A web page could make its own name point here, and read the answer."""
    assert get(server, "/", host="evil.example")[0] == 421


@pytest.mark.parametrize("path", ["/../../published/earful.duckdb", "/%2e%2e/%2e%2e/.lock", "/x"])
def test_nothing_but_pages_is_served(server: ThreadingHTTPServer, path: str) -> None:
    assert get(server, path)[0] == 404


def test_the_next_report_is_served_without_a_restart(
    server: ThreadingHTTPServer, settings: Settings
) -> None:
    config = settings.data / "report.yaml"
    config.write_text("title: Another title")
    build(settings.model_copy(update={"report": config}))

    assert "Another title" in get(server, "/index.html")[1]


def test_a_port_that_is_taken_is_one_sentence(
    server: ThreadingHTTPServer, settings: Settings
) -> None:
    with pytest.raises(FixEnvironment) as caught, serving(settings, server.server_address[1]):
        pass
    assert caught.value.code == "REPORT-PORT"


def test_no_report_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FixEnvironment) as caught, serving(Settings(data=tmp_path / "new"), 0):
        pass
    assert caught.value.code == "REPORT-MISSING"
