"""What the report shows to whom, and in which words: `report.yaml`, and a YAML of the instance."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, field_validator

from connectors.errors import FixConfiguration

SHIPPED = Path(__file__).with_name("report.yaml")

Unit = Literal["points", "percent", "mean", "minutes", "per_100"]


class _Strict(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


class Words(_Strict):
    """How a metric is spoken of."""

    label: str = Field(description="Its name on the pages.")
    definition: str = Field(description="What it is, in one sentence.")
    unit: Unit = Field("mean", description="How its values are written.")
    better: Literal["up", "down", "neither"] = Field("neither", description="Where good is.")
    low: float | None = Field(None, description="Lowest value there can be.")
    high: float | None = Field(None, description="Highest value there can be.")
    versions: dict[str, str] = Field({}, description="Names of its method versions.")


class Audience(_Strict):
    """A page for some readers."""

    name: str = Field(pattern=r"^[a-z0-9-]+$", description="The page is for-NAME.html.")
    title: str = Field(description="Its heading.")
    lead: str = Field(description="What these readers find on it, in a sentence or two.")
    metrics: list[str] = Field(description="Metrics that it speaks of, the chief one first.")
    touchpoints: list[str] = Field([], description="Only these touchpoints; all if empty.")
    figures: list[str] = Field(description="Figures that it shows, in order.")
    words: dict[str, Words] = Field({}, description="Words for metrics that only they use.")


class Promise(_Strict):
    """How long customers of a kind may have to wait for an answer."""

    within_hours: float = Field(gt=0, description="Hours of calendar time.")
    touchpoint: str | None = Field(None, description="Only there; everywhere without.")
    priority: str | None = Field(None, description="Only cases of this priority.")


class Promises(_Strict):
    """What customers were told; of several the first that is meant counts."""

    cases: list[Promise] = Field([], description="Until a message on a case is answered.")
    low_scores: list[Promise] = Field([], description="Until somebody writes after a low score.")

    @field_validator("low_scores")
    @classmethod
    def _have_no_priority(cls, promises: list[Promise]) -> list[Promise]:
        if any(promise.priority for promise in promises):
            raise ValueError("a score has no priority")
        return promises


class Config(_Strict):
    """The whole report."""

    title: str = Field(description="Heading of every page.")
    minimum_n: int = Field(
        10, ge=2, description="Below so many answers a cell is hatched and no month counts."
    )
    months: int = Field(13, ge=2, description="Months that tables by month go back.")
    data_docs: HttpUrl | None = Field(
        None,
        description="Address where build/data_docs is served; the pages of sources lead there.",
    )
    promises: Promises = Field(
        Promises(), description="Within how many hours customers are to be answered."
    )
    score: str = Field(description="The chief score.")
    scores: list[str] = Field(description="Scores of the one page and the heat maps.")
    service: list[str] = Field(description="Metrics of the service page.")
    rates: list[str] = Field(description="Metrics of the service page that are drawn by month.")
    audiences: list[Audience] = Field([], description="Pages for some readers.")
    metrics: dict[str, Words] = Field(description="Words for each metric.")

    def spoken_to(self, audience: Audience) -> Config:
        """The same in an audience's own words."""
        if not audience.words:
            return self
        return self.model_copy(update={"metrics": {**self.metrics, **audience.words}})

    def words(self, metric: str) -> Words:
        """Words for a metric, made from its name where nobody wrote any."""
        plain = Words(
            label=metric.replace("_", " "),
            definition="Nobody has described this metric in the report's YAML.",
        )
        return self.metrics.get(metric, plain)

    @cached_property
    def spoken(self) -> list[str]:
        """Metrics of which a change is worth a sentence."""
        return [*self.scores, *self.service, *self.rates]


def load(path: Path | None) -> Config:
    """The shipped configuration, with what `path` says in its place.

    Raises:
        FixConfiguration: The file is missing, not YAML, or says what cannot be meant.
    """
    given = _read(path) if path else {}
    shipped = _read(SHIPPED)
    metrics = {**shipped["metrics"], **(given.get("metrics") or {})}
    try:
        return Config.model_validate({**shipped, **given, "metrics": metrics})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _wrong(path or SHIPPED, f"{where}: {first['msg']}") from None


def check(config: Config, path: Path | None, figures: Collection[str]) -> None:
    """Refuse pages that show what there is not, or that would be one file.

    Raises:
        FixConfiguration: Two audiences share a name, or a figure has one that nobody knows.
    """
    names = [audience.name for audience in config.audiences]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _wrong(path or SHIPPED, f"two audiences are called {twice[0]}")
    for audience in config.audiences:
        for figure in audience.figures:
            if figure not in figures:
                near = get_close_matches(figure, figures, n=1)
                meant = f", did you mean {near[0]}" if near else ""
                raise _wrong(path or SHIPPED, f"{audience.name}: no figure {figure}{meant}")


def _read(path: Path) -> dict[str, Any]:
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _wrong(path, f"cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise _wrong(path, "not YAML") from None
    if read is None:
        return {}
    if not isinstance(read, dict):
        raise _wrong(path, "not a mapping of keys")
    return read


def _wrong(path: Path, what: str) -> FixConfiguration:
    return FixConfiguration(
        "REPORT-CONFIG", str(path), what, "docs/report.md shows every key of the report's YAML."
    )
