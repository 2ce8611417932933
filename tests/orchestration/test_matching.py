"""The probabilistic pass: what it reads, what it links, and what it refuses."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from connectors.errors import FixConfiguration
from orchestration import settings as instance_settings
from orchestration.assets import MATCHES as ASSET
from orchestration.assets import raw_key
from orchestration.defs.matching import links as defined
from orchestration.defs.warehouse import raw
from orchestration.matching import config as configuration
from orchestration.matching import links, people
from orchestration.settings import Settings
from orchestration.warehouse import connect
from orchestration.warehouse.schema import MATCHES

if TYPE_CHECKING:
    from pathlib import Path

YAML = """
fields:
  given_name: full_name.first
  surname: full_name.last
  born: attributes.birth date
  city: attributes.city
compare:
  - {field: given_name, as: name}
  - {field: surname, as: name}
  - {field: born, as: date}
  - {field: city, as: exact, rare: true}
block_on:
  - [given_name, surname]
  - [born]
train_on:
  - [given_name, surname]
  - [born]
sure:
  - [given_name, surname, born]
sure_share: 0.6
"""
COLUMNS = "source, person_ref, full_name, email, phone, phone_e164, attributes, is_deleted"
Person = tuple[str, str, str | None, dict[str, str]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "matching.yaml"
    path.write_text(YAML)
    return path


def told(settings: Settings, rows: list[Person]) -> None:
    """Put people where staging would have them."""
    with connect(settings.warehouse) as connection:
        connection.execute(MATCHES)
        connection.execute("create schema staging")
        types = COLUMNS.replace(",", " varchar,").replace("is_deleted", "is_deleted boolean")
        connection.execute(f"create table staging.stg_people ({types})")
        connection.executemany(
            f"insert into staging.stg_people ({COLUMNS}) values (?, ?, ?, null, null, null, ?, ?)",
            [(source, ref, name, json.dumps(more), False) for source, ref, name, more in rows],
        )


def company(count: int) -> list[Person]:
    """People of a shop, two thirds of whom a desk knows too, a third of those misspelt."""
    dice = random.Random(7)  # noqa: S311 - not for secrets
    syllables = ("ba", "ko", "mi", "ter", "lan", "su", "vo", "ri", "ne", "da", "pel", "gu")
    names = ["".join(dice.choices(syllables, k=3)) for _ in range(60)]
    found: list[Person] = []
    for n in range(count):
        given, surname = dice.choice(names), dice.choice(names)
        born = f"{dice.randint(1940, 2005)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
        city = dice.choice(names)
        found.append(("shop", str(n), f"{given} {surname}", {"birth date": born, "city": city}))
        if n % 3:
            slip = surname[:-1] + "x" if n % 3 == 1 and n % 2 else surname
            moved = born.replace("-", "") if n % 5 else born[:-1] + "9"
            more = {"birth date": moved, "city": city}
            found.append(("desk", str(n), f"{given.upper()}  {slip}", more))
    return found


def matches(settings: Settings) -> list[tuple[Any, ...]]:
    with connect(settings.warehouse, read_only=True) as connection:
        return connection.execute("select * from matching.links order by all").fetchall()


def test_people_who_share_no_address_are_linked_by_how_alike_they_are(
    settings: Settings, file: Path
) -> None:
    rows = company(600)
    told(settings, rows)

    found = links.run(settings, file)

    pairs = [row for row in matches(settings) if row[5] == "link"]
    right = sum(ref_a == ref_b for _, ref_a, _, ref_b, *_ in pairs)
    assert found.people == len(rows)
    assert found.links == len(pairs)
    assert right / len(pairs) > 0.99
    assert right / 400 > 0.9
    assert {row[6] for row in matches(settings)} == {found.model}

    # customers do not change with a second run's luck, nor with what was once learnt
    before = matches(settings)
    links.run(settings, file)
    assert matches(settings) == before


def test_what_is_not_sure_waits_for_a_person_and_one_source_may_be_kept_apart(
    settings: Settings, file: Path
) -> None:
    told(settings, company(600))
    sure = links.run(settings, file)
    learnt = sorted((settings.data / "matching").iterdir())

    halfway = sorted(row[4] for row in matches(settings))[200]
    file.write_text(f"{YAML}link_from: {halfway!r}\nreview_from: 0.5\nwithin_source: false\n")
    found = links.run(settings, file)

    assert found.to_review > sure.to_review
    assert found.links < sure.links
    assert {row[5] for row in matches(settings)} == {"link", "review"}
    assert all(source_a != source_b for source_a, _, source_b, *_ in matches(settings))
    # a threshold is no reason to learn anew
    assert sorted((settings.data / "matching").iterdir()) == learnt


def test_a_model_holds_no_person(settings: Settings, file: Path) -> None:
    told(settings, company(600))
    links.run(settings, file)

    [model] = (settings.data / "matching").iterdir()

    text = model.read_text()
    assert not [name for _, _, name, _ in company(600) if (name or "").split()[-1] in text]


def test_case_accents_blanks_and_the_strokes_of_a_date_are_no_difference(
    settings: Settings, file: Path
) -> None:
    told(
        settings,
        [
            ("desk", "1", " José  de la CRUZ ", {"birth date": "1980-02-01", "city": " "}),
            ("shop", "2", None, {}),
        ],
    )

    with connect(settings.warehouse) as connection:
        read = people.read(connection, configuration.read(file))

    assert read.rows() == [
        (1, "desk", "1", "jose", "cruz", "19800201", None),
        (2, "shop", "2", None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("as: exact", "as: exactly", "compare.3.as"),
        ("- [born]\ntrain_on", "- [birth]\ntrain_on", "block_on: no field is called birth"),
        ("attributes.city", "password", "password is no column of people"),
        ("city: ", 'ci"ty: ', "a name is lower case letters"),
        ("  - [born]\nsure", "  - [born, surname]\nsure", "surname is in every rule"),
        ("sure_share: 0.6", "review_from: 0.999", "review_from is not above link_from"),
    ],
)
def test_a_slip_in_the_yaml_is_named(file: Path, old: str, new: str, said: str) -> None:
    assert old in YAML
    file.write_text(YAML.replace(old, new))

    with pytest.raises(FixConfiguration, match=r"matching\.yaml") as refused:
        configuration.read(file)

    assert said in str(refused.value)


def test_two_people_with_nothing_in_common_teach_nothing_and_that_is_said(
    settings: Settings, file: Path
) -> None:
    told(settings, [("shop", "1", "Ann Lee", {}), ("desk", "2", "Bo Ray", {})])

    with pytest.raises(FixConfiguration, match="nothing could be learnt"):
        links.run(settings, file)


def test_one_person_is_nobody_twice(settings: Settings, file: Path) -> None:
    told(settings, company(1))

    found = links.run(settings, file)

    assert (found.people, found.links, found.to_review) == (1, 0, 0)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FixConfiguration, match=r"nowhere\.yaml"):
        configuration.read(tmp_path / "nowhere.yaml")


def test_the_setting_is_relative_to_its_file_and_off_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert instance_settings.load().matching is None
    assert isinstance(defined.matching_links, dg.AssetSpec)

    (tmp_path / "earful.toml").write_text('matching = "of/mine.yaml"\n')
    monkeypatch.setenv("EARFUL_CONFIG", str(tmp_path / "earful.toml"))

    assert instance_settings.load().matching == tmp_path / "of/mine.yaml"


def test_the_pass_stands_between_people_and_the_models(file: Path) -> None:
    asset = defined._asset(file)

    assert asset.keys == {ASSET}
    assert asset.asset_deps[ASSET] == {raw_key("people")}


def test_a_pass_that_was_switched_off_leaves_no_link(settings: Settings, file: Path) -> None:
    on = settings.model_copy(update={"matching": file})
    raw._load(on)
    with connect(settings.warehouse) as connection:
        connection.execute(
            "insert into matching.links values ('s', '1', 't', '2', 0.995, 'link', 'm')"
        )
    raw._load(on)
    assert len(matches(settings)) == 1

    raw._load(settings)

    assert matches(settings) == []
