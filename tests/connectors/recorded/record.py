"""Records the pages of this folder anew, from the sandbox, when it is run.

All data in them is invented. Recordings of a real tenant belong here only with its leave, and
after names and words were replaced.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from exchanges import BEGIN, FOLDER, Recorder
from tenants import EVERY, SECRETS, TRANSPORT, options, stream_of, tenant_of
from vendors_on_loopback.company import NOON, furnish, write

from connectors.landing import Landing
from connectors.sandbox.vendors import Limits, Settings, running
from connectors.vendors import connector


def _archive(home: Path) -> None:
    """An archived company and deal, which the small company has none of."""
    at = NOON - timedelta(hours=3)
    company = {"id": 9, "at": at, "name": "Acme", "domain": "acme.example", "created_at": at}
    write(home, "hubspot_companies", company, company | {"id": 10, "archived": True})
    deal = {"id": 70, "at": at, "name": "Renewal", "amount": 1200.5, "stage": "closedwon"}
    deal |= {"contact_id": 1, "company_id": 9, "created_at": at, "close_date": at}
    write(home, "hubspot_deals", deal, deal | {"id": 71, "archived": True})


def _pulses(home: Path) -> None:
    """One employee's answers in three rounds."""
    answer = {"employee_id": 90, "segment_id": 80, "question_id": 95, "at": NOON}
    rounds = [{"id": 1000 + n, "round_id": n, "score": 7 + n} for n in (1, 2, 3)]
    write(home, "peakon_answers", *(answer | one | {"comment": "Fine"} for one in rounds))


def main() -> None:
    """Record one sync of each stream."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        furnish(home)
        _archive(home)
        _pulses(home)
        settings = Settings(limits=Limits.roomy(), export_polls=1)
        with running(home, 18080, settings=settings) as sandbox:
            for vendor, name in EVERY:
                recorder = Recorder(TRANSPORT)
                url = f"{sandbox.url}/{vendor}"
                tenant = tenant_of(connector(vendor), url, SECRETS[vendor], recorder)
                given = replace(options(vendor), begin=BEGIN)
                list(stream_of(vendor, name, tenant, given=given).sync(Landing(home / "landing")))
                tenant.close()
                recorder.write(FOLDER / vendor / name / "small_company.json")


if __name__ == "__main__":
    main()
