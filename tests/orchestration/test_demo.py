"""The demo's company lives in the data folder, and its vendors are where they were."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import FixConfiguration
from connectors.sandbox.vendors import credentials
from orchestration import settings
from orchestration.demo import company as demo
from orchestration.demo.company import Wish
from orchestration.settings import Settings

SMALL = Wish(scale=0.002)

pytestmark = [pytest.mark.slow, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    before = dict(os.environ)
    monkeypatch.setenv("EARFUL_DATA", str(tmp_path))
    yield settings.load()
    # what the demo puts into the environment goes with it
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@given(st.integers(1, 999), st.sampled_from([("h", 3600), ("d", 86400), ("w", 604800)]))
def test_a_span_of_time_is_a_number_and_a_unit(number: int, unit: tuple[str, int]) -> None:
    assert demo.span(f"{number}{unit[0]}") == timedelta(seconds=number * unit[1])


@pytest.mark.parametrize("text", ["", "d", "0d", "-1d", "30", "30 days", "1.5d", "soon"])
def test_anything_else_is_no_span_of_time(text: str) -> None:
    with pytest.raises(FixConfiguration) as caught:
        demo.span(text)

    assert caught.value.code == "DEMO-SPAN"


def test_time_goes_on_from_where_it_stood_at_the_same_address(instance: Settings) -> None:
    with demo.vendors(instance, SMALL) as vendors:
        first, begin = vendors.url, vendors.now
        assert os.environ["EARFUL_SANDBOX"] == first
        assert os.environ["SANDBOX_HUBSPOT_TOKEN"] == credentials.HUBSPOT_KEY

    with demo.vendors(instance, Wish(advance=timedelta(days=30))) as vendors:
        assert vendors.url == first
        assert vendors.now == begin + timedelta(days=30)

    orders = sorted(path.name for path in (instance.data / "sandbox/exports/shop").iterdir())
    assert orders[-1] == "orders_2026-09.csv"


def test_a_port_that_was_taken_meanwhile_is_not_insisted_on(instance: Settings) -> None:
    with demo.vendors(instance, SMALL) as vendors:
        port = vendors.port

    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with demo.vendors(instance, Wish()) as vendors:
            assert vendors.port != port


def test_a_company_of_another_scale_gets_a_folder_of_its_own(instance: Settings) -> None:
    demo.company(instance, 0.002)

    with pytest.raises(FixConfiguration) as caught:
        demo.company(instance, 0.003)

    assert caught.value.code == "DEMO-SCALE"
    assert demo.company(instance, None).config.scale == 0.002


def test_time_does_not_pass_beyond_the_companys_history(instance: Settings) -> None:
    with pytest.raises(FixConfiguration) as caught:
        with demo.vendors(instance, Wish(0.002, timedelta(days=91))):
            pass

    assert caught.value.code == "DEMO-END"


def test_the_key_of_the_employees_is_kept_and_readable_to_its_owner_alone(
    instance: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EARFUL_RESPONDENT_KEY", raising=False)

    keys = {demo.environment(instance, "")["EARFUL_RESPONDENT_KEY"] for _ in range(2)}

    assert len(keys) == 1
    assert (instance.data / "sandbox/respondent_key").stat().st_mode & 0o777 == 0o600


def test_a_bad_day_is_armed_at_the_vendors(instance: Settings) -> None:
    with demo.vendors(instance, Wish(0.002, None, bad_day=True)) as vendors:
        assert {fault["on"].split("/")[1] for fault in vendors.armed} == {
            "app_store",
            "hubspot",
            "peakon",
            "qualtrics",
            "zendesk",
        }
