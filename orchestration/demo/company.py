"""The demo's company: it lives in the data folder, and its vendors answer on loopback."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from connectors.errors import FixConfiguration
from connectors.sandbox.company import Company, CompanyConfig, generate, open_company, write_orders
from connectors.sandbox.vendors import Limits, Vendors, bad_day, credentials, running
from connectors.sandbox.vendors import Settings as Behaviour
from orchestration.demo.home import exists, home
from orchestration.settings import Settings

SCALE = 0.05
"""A thousand customers: enough to look at, and read in a minute."""

_LEFT = timedelta(days=90)
"""How much of the company's history still lies ahead when the demo begins."""

_SPAN = re.compile(r"(\d+)([dhw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Wish:
    """What the user asks of the demo; `scale` None takes the company that is there."""

    scale: float | None = None
    advance: timedelta | None = None
    bad_day: bool = False


def span(text: str) -> timedelta:
    """`30d`, `12h`, `2w`. Raises `FixConfiguration` where it is none of these."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise FixConfiguration(
            "DEMO-SPAN", "--advance", "not a span of time", "Write 30d, 12h or 2w."
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def company(settings: Settings, scale: float | None) -> Company:
    """The company, made where there is none.

    Raises:
        FixConfiguration: One of another scale lives here, or the scale is none.
    """
    wanted = CompanyConfig(scale=SCALE if scale is None else scale)
    if not exists(settings):
        # half a company, or a folder of the user's, is told from none by `generate`
        return generate(home(settings), wanted)
    there = open_company(home(settings))
    if scale is not None and scale != there.config.scale:
        raise FixConfiguration(
            "DEMO-SCALE",
            "--scale",
            f"a company of scale {there.config.scale:g} lives in {settings.data}",
            f"Give this one a folder of its own: EARFUL_DATA=data-{scale:g} earful demo "
            f"--scale {scale:g}.",
        )
    return there


@contextmanager
def vendors(settings: Settings, wish: Wish) -> Iterator[Vendors]:
    """The company's vendors, running, and everything in the environment that sources name.

    Raises:
        FixConfiguration: See `company`; or its history ends before the moment that is asked for.
    """
    here = company(settings, wish.scale)
    free = Limits(**{limit.name: 10**6 for limit in fields(Limits)})
    begin = here.config.end - _LEFT
    # an export that is not ready is waited for, and there is nothing to learn from that here
    behaviour = Behaviour(limits=free, export_polls=0)
    with _running(settings, begin, behaviour) as found:
        if wish.advance is not None:
            _advance(found, here, wish.advance)
        exports = settings.data / "sandbox" / "exports"
        write_orders(home(settings), exports / "shop", found.now)
        if wish.bad_day:
            found.arm(bad_day())
        os.environ.update(environment(settings, found.url))
        yield found


@contextmanager
def _running(settings: Settings, begin: datetime, behaviour: Behaviour) -> Iterator[Vendors]:
    """The vendors, where they were the last time if that port is free.

    Their records name themselves by address: from another one, all of them look changed.
    """
    kept = settings.data / "sandbox" / "port"
    port = int(kept.read_text()) if kept.exists() else 0
    with ExitStack() as stack:
        try:
            found = stack.enter_context(_vendors(settings, port, begin, behaviour))
        except FixConfiguration:
            found = stack.enter_context(_vendors(settings, 0, begin, behaviour))
        kept.write_text(str(found.port))
        yield found


def _vendors(
    settings: Settings, port: int, begin: datetime, behaviour: Behaviour
) -> AbstractContextManager[Vendors]:
    return running(home(settings), port, now=begin, settings=behaviour, within="process")


def environment(settings: Settings, url: str) -> dict[str, str]:
    """Variables that the demo's sources name."""
    return {
        "EARFUL_SANDBOX": url,
        "EARFUL_EXPORTS": str(settings.data / "sandbox" / "exports"),
        "EARFUL_RESPONDENT_KEY": os.environ.get("EARFUL_RESPONDENT_KEY") or _key(settings),
        "SANDBOX_ZENDESK_EMAIL": credentials.ZENDESK_EMAIL,
        "SANDBOX_ZENDESK_TOKEN": credentials.ZENDESK_KEY,
        "SANDBOX_QUALTRICS_TOKEN": credentials.QUALTRICS_KEY,
        "SANDBOX_HUBSPOT_TOKEN": credentials.HUBSPOT_KEY,
        "SANDBOX_PEAKON_TOKEN": credentials.PEAKON_KEY,
        "SANDBOX_APP_STORE_ISSUER": credentials.APP_STORE_ISSUER,
        "SANDBOX_APP_STORE_KEY_ID": credentials.APP_STORE_KEY_ID,
        "SANDBOX_APP_STORE_KEY": credentials.app_store_private_key(),
    }


def _advance(found: Vendors, here: Company, by: timedelta) -> None:
    if found.now + by > here.config.end:
        left = (here.config.end - found.now).days
        raise FixConfiguration(
            "DEMO-END",
            "--advance",
            f"the company's history ends on {here.config.end:%Y-%m-%d}, {left} days from its now",
            "Ask for less, or begin anew in another folder: EARFUL_DATA=… earful demo.",
        )
    found.advance(by)


def _key(settings: Settings) -> str:
    """Key that the demo's employees are hashed with; kept, or everybody became somebody else."""
    path = settings.data / "sandbox" / "respondent_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text()
