"""What was planted in the sandbox company is found again in what the demo publishes.

The pipeline never reads the truth; these tests do. What today's marts cannot express yet stands
here too, expected to fail until they can.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from connectors.landing import Landing
from connectors.sandbox.company import CompanyConfig, generate
from connectors.sandbox.vendors import Limits, running
from connectors.sandbox.vendors import Settings as Behaviour
from orchestration import settings
from orchestration.components import silence
from orchestration.components.extraction import extract
from orchestration.components.streams import Streams
from orchestration.demo import company as demo
from orchestration.demo import home as demo_home
from orchestration.sources import OWN_SOURCES, source_config

pytestmark = pytest.mark.slow

SYSTEMS = {"crm": "hubspot", "desk": "zendesk", "shop": "shop", "survey": "qualtrics"}
ALL = "cut_by in ('all', 'touchpoint')"


@dataclass
class Demo:
    """The data folder of a demo that ran."""

    data: Path

    def truth(self, name: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        """A planted fact."""
        return json.loads((self._home / "truth/truth.json").read_text())[name]

    def planted(self, table: str) -> pl.DataFrame:
        """A table of the truth."""
        return pl.read_parquet(self._home / f"truth/{table}.parquet")

    def system(self, table: str) -> pl.DataFrame:
        """Versions of the records of a system, as its vendor's API draws on them."""
        return pl.read_parquet(self._home / f"systems/{table}/*.parquet")

    def sql(self, query: str) -> pl.DataFrame:
        """Rows of the published file."""
        with duckdb.connect(str(self.data / "published/earful.duckdb"), read_only=True) as file:
            return file.sql(query).pl()

    def warehouse(self, query: str) -> pl.DataFrame:
        """Rows of the warehouse, where references still have their values."""
        with duckdb.connect(str(self.data / "warehouse.duckdb"), read_only=True) as file:
            return file.sql(query).pl()

    @property
    def _home(self) -> Path:
        return self.data / "sandbox/company"


@pytest.fixture(scope="module")
def shown(demo_data: Path) -> Demo:
    return Demo(demo_data)


def pairs(frame: pl.DataFrame, *by: str) -> int:
    """Pairs of rows that are equal in these columns."""
    return sum(n * (n - 1) // 2 for n in frame.group_by(*by).len()["len"].to_list())


def told(figure: str) -> None:
    """Print a figure, to be read with `pytest -s`."""
    sys.stdout.write(f"{figure}\n")


@pytest.fixture(scope="module")
def references(shown: Demo) -> pl.DataFrame:
    """Planted references that reached the warehouse, each with the customer that it led to."""
    known = shown.warehouse(
        """
        select refs.kind, refs.source, refs.value as ref,
               coalesce(ids.customer_id, -refs.node_id) as customer
        from intermediate.int_references as refs
        left join intermediate.int_customer_ids as ids
            on refs.node_id = ids.node_id and ids.until is null
        """
    )
    truth = shown.planted("identities").with_columns(
        source=pl.col("system").replace_strict(SYSTEMS)
    )
    own = pl.col("kind").is_in(["person", "external"])
    by_source = truth.filter(own).join(known, on=["kind", "source", "ref"])
    anywhere = truth.filter(~own).drop("source").join(known, on=["kind", "ref"])
    found = pl.concat([by_source, anywhere], how="diagonal").unique(
        ["person_id", "source", "kind", "ref"]
    )
    assert found.height > 5_000
    return found


@pytest.fixture(scope="module")
def usable(references: pl.DataFrame) -> pl.DataFrame:
    """Those that may link; `plain` groups them as if there were no further addresses."""
    found = references.filter("usable").unique(["source", "kind", "ref"])
    alone = -1 - pl.int_range(pl.len())
    return found.with_columns(plain=pl.coalesce("linkable_plain", alone))


def test_references_of_one_person_are_one_customer(usable: pl.DataFrame) -> None:
    recall = pairs(usable, "linkable", "customer") / pairs(usable, "linkable")
    told(f"{recall:.4f} of the pairs that can be linked are one customer")

    assert recall >= 0.985


def test_what_only_a_further_address_links_is_one_customer(usable: pl.DataFrame) -> None:
    possible = pairs(usable, "linkable") - pairs(usable, "linkable", "plain")
    together = pairs(usable, "linkable", "customer")
    found = together - pairs(usable, "linkable", "plain", "customer")
    told(f"{found} of {possible} pairs that only a further address links are one customer")

    assert possible > 50
    assert found / possible >= 0.85


def test_references_of_two_people_are_not_one_customer(references: pl.DataFrame) -> None:
    own = references.filter(~pl.col("shared")).unique(["source", "kind", "ref"])

    precision = pairs(own, "customer", "person_id") / pairs(own, "customer")
    told(f"{precision:.6f} of the pairs of one customer are one person")

    assert precision >= 0.999


def test_nps_of_each_month_and_touchpoint_lies_in_its_planted_interval(shown: Demo) -> None:
    found = shown.sql(
        f"""
        select period_start as month, touchpoint, n, value from metrics
        where metric = 'nps' and period_grain = 'month' and {ALL}
        """
    )
    whole_months = pl.col("month") < date(2026, 8, 1)
    planted = shown.planted("metrics").filter(whole_months & (pl.col("n") > 0))

    both = planted.join(found, on=["month", "touchpoint"], how="left", suffix="_found")
    outside = both.filter(~pl.col("value").is_between("low", "high").fill_null(value=False))

    assert both.height > 100
    assert outside.select("month", "touchpoint", "n", "nps", "value").rows() == []


def test_the_touchpoint_that_hurts_is_ranked_first(shown: Demo) -> None:
    ranked = shown.sql(
        f"""
        select touchpoint from metrics
        where metric = 'nps' and period_grain = 'all' and touchpoint <> 'all' and {ALL}
        order by value
        """
    )

    assert ranked["touchpoint"][0] == shown.truth("hurting_touchpoint")["touchpoint"]


def test_a_team_too_small_to_be_named_has_no_number_anywhere(shown: Demo) -> None:
    name = shown.truth("small_team")["name"]
    shares = shown.sql(
        f"select n, value, interval_low, is_hidden from team_pulse where team = '{name}'"
    )

    assert shown.sql("select count(*) from team_pulse where value is not null").item() > 100
    assert shares.filter(~pl.col("is_hidden")).rows() == []
    assert shares.select(pl.col("n", "value", "interval_low").is_not_null().any()).row(0) in (
        (False, False, False),
        (None, None, None),
    )


def test_a_changed_scale_opens_a_new_version_of_the_metric(shown: Demo) -> None:
    planted = shown.truth("scale_change")
    changed = datetime.fromisoformat(planted["at"]).date()
    versions = shown.sql(
        f"""
        select method_version, min(period_start) as first, max(period_start) as last
        from metrics
        where metric = 'csat' and touchpoint = '{planted["touchpoint"]}'
            and period_grain = 'month' and source = 'qualtrics' and cut_by = 'source, touchpoint'
        group by method_version order by first
        """
    )

    assert versions.height == 2
    assert versions["last"][0] < changed <= versions["first"][1]
    marked = shown.sql(
        f"""
        select distinct period_start from metrics
        where metric = 'csat' and touchpoint = '{planted["touchpoint"]}' and break_before
            and period_grain = 'month' and source = 'qualtrics' and cut_by = 'source, touchpoint'
        """
    )
    assert marked["period_start"].to_list() == [versions["first"][1]]


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_an_outage_of_one_source_is_seen_while_it_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARFUL_DATA", str(tmp_path))
    instance = settings.load()
    home = demo_home.home(instance)
    generate(home, CompanyConfig(scale=0.01))
    outage = json.loads((home / "truth/truth.json").read_text())["outage"]
    begin = datetime.fromisoformat(outage["from"]).replace(tzinfo=None)
    late = datetime.fromisoformat(outage["until"]).replace(tzinfo=None, hour=0)
    landing = Landing(instance.landing)
    source = outage["system"]
    config = source_config(OWN_SOURCES / source / "defs.yaml")

    with running(home, now=begin, settings=Behaviour(Limits.roomy(), export_polls=0)) as vendors:
        for name, value in demo.environment(instance, vendors.url).items():
            monkeypatch.setenv(name, value)

        def heard() -> bool:
            streams = Streams(source, config)
            landed = list(extract(streams, list(streams.facts()), landing, None))
            assert [one.error for one in landed if one.error] == []
            return bool(silence.judge(streams, landing).passed)

        assert heard()
        vendors.at(late)
        assert not heard()

    newest = landing.newest(source, "responses")
    assert newest is not None
    assert newest <= begin


def test_the_drivers_of_the_score_have_their_sign_and_order(shown: Demo) -> None:
    found = shown.sql(
        "select driver, points from drivers where touchpoint = 'delivery' and metric = 'nps'"
    )
    observed = shown.truth("drivers")["observed_after_delivery"]
    points = dict(found.iter_rows())

    # planted themes, and the topics under which the help desk files them
    filed = {"late": "late_delivery", "damaged": "damaged", "billing": "billing"}
    assert all(points[topic] * observed[d]["points"] > 0 for d, topic in filed.items())
    assert min(points, key=points.__getitem__) == "billing"


def test_december_is_no_trend(shown: Demo) -> None:
    month = shown.truth("seasonality")["month"]
    found = shown.sql(
        f"""
        select avg(value - value_deseasoned) as drop from metrics
        where metric = 'nps' and touchpoint = 'delivery' and period_grain = 'month'
            and month(period_start) = {month} and {ALL}
        """
    )

    assert found["drop"][0] < -3


@pytest.mark.parametrize("place", range(3))
def test_an_initiative_gets_the_verdict_that_was_planted(shown: Demo, place: int) -> None:
    planted = shown.truth("initiatives")[place]
    [verdict] = shown.sql(f"select works from outcomes where initiative = '{planted['name']}'")[
        "works"
    ]

    assert verdict is (planted["verdict"] == "works")


def test_the_theme_that_rises_is_seen_before_churn_does(shown: Demo) -> None:
    planted = shown.truth("rising_theme")
    alarms = shown.sql(
        """
        select distinct theme, month from theme_trends
        where is_rising and tone = 'complaint' and cut_by = 'all' order by month
        """
    )
    rises, churns = (
        datetime.fromisoformat(planted[at]).date() for at in ("rises_from", "churn_from")
    )
    told(f"rising complaints: {alarms.rows()}; planted {planted['theme']} from {rises}")

    assert alarms["theme"].unique().to_list() == [planted["theme"]]
    # an alarm before there is anything to be alarmed by would be luck
    assert rises <= alarms["month"][0] < churns


def test_the_weighted_score_is_nearer_to_what_everybody_would_have_said(shown: Demo) -> None:
    planted = shown.truth("non_response")
    [raw, weighted] = shown.sql(
        """
        select value, value_weighted from metrics
        where metric = 'nps' and period_grain = 'all' and cut_by = 'all'
        """
    ).row(0)

    assert abs(weighted - planted["true_nps"]) < abs(raw - planted["true_nps"])


def test_agents_who_ask_only_happy_customers_stand_out(shown: Demo) -> None:
    # employees one by one are nobody's to publish
    found = shown.warehouse("select agent_ref from numbers.rating_coverage where is_selective")

    assert set(shown.truth("choosy_agents")["agents"]) <= set(found["agent_ref"])


def test_a_case_names_the_desk_that_has_it(shown: Demo) -> None:
    named = shown.sql("select distinct team_name from cases where team_ref is not null")[
        "team_name"
    ]
    desks = shown.system("zendesk_groups")["name"]
    assert set(named) == set(desks)
    assert len(desks) > 5
