"""What users write about the probabilistic pass: the YAML that the setting `matching` names."""

from __future__ import annotations

import hashlib
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from connectors.errors import FixConfiguration, FixEnvironment
from orchestration import yaml_files

_FIELD = re.compile(r"[a-z][a-z0-9_]*")
_COLUMNS = ("full_name", "email", "phone", "external_id", "country", "language", "account_ref")
_FROM = re.compile(rf"({'|'.join(_COLUMNS)}|full_name\.(first|last)|attributes\.[\w ./-]+)")
_TAKEN = ("person", "source")

Rule = Annotated[list[str], Field(min_length=1)]
"""Fields that are all equal, and filled, in a pair."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Comparison(_Model):
    """How one field of two people is compared."""

    field: str = Field(description="The field.")
    kind: Literal["exact", "name", "text", "date", "email"] = Field(
        description="exact; name (Jaro-Winkler); text (Levenshtein); date (digits, with slips and "
        "swaps); email (the name before the @ counts too).",
        alias="as",
    )
    near: list[float] | None = Field(
        None,
        description="Steps of likeness, best first. Default: name 0.92, 0.88, 0.7; text and date "
        "1, 2 (edits).",
    )
    rare: bool | None = Field(
        None,
        description="A rare value says more than a common one. Default: yes for name.",
    )


class MatchingConfig(_Model):
    """The probabilistic pass over people: what is compared, and from when it links."""

    fields: dict[str, str] = Field(
        min_length=1,
        description="Name -> column of `people` (full_name, also .first and .last of it, email, "
        "phone, external_id, country, language, account_ref) or attributes.KEY.",
    )
    compare: list[Comparison] = Field(
        min_length=2, description="The comparisons, each with weights learnt from the data."
    )
    block_on: list[Rule] = Field(
        min_length=1, description="A pair is looked at where all fields of one of these are equal."
    )
    train_on: list[Rule] = Field(
        min_length=2,
        description="Pairs that weights are learnt from, as in block_on. What a rule holds equal "
        "is learnt from the others, so no field may be in all of them.",
    )
    sure: list[Rule] = Field(
        min_length=1,
        description="Equal fields that prove a pair nearly always: how many pairs there are.",
    )
    sure_share: float = Field(
        0.8, gt=0, le=1, description="Share of all true pairs that `sure` finds; a guess will do."
    )
    within_source: bool = Field(
        default=True, description="Whether two people of one source may be the same person."
    )
    link_from: float = Field(0.99, gt=0.5, lt=1, description="Probability that links.")
    review_from: float = Field(
        0.9, gt=0, lt=1, description="Probability from which a pair is worth a look."
    )
    sample_pairs: int = Field(
        2_000_000, ge=1000, description="Random pairs that coincidence is learnt from."
    )

    @model_validator(mode="after")
    def _fields_are_known(self) -> Self:
        for name, column in self.fields.items():
            if not _FIELD.fullmatch(name) or name in _TAKEN:
                raise ValueError(f"fields.{name}: a name is lower case letters, digits and _")
            if not _FROM.fullmatch(column):
                raise ValueError(f"fields.{name}: {column} is no column of people")
        rules = (("block_on", self.block_on), ("train_on", self.train_on), ("sure", self.sure))
        used = [("compare", c.field) for c in self.compare]
        used += [(key, name) for key, lists in rules for rule in lists for name in rule]
        for key, name in used:
            if name not in self.fields:
                raise ValueError(f"{key}: no field is called {name}")
        return self

    @model_validator(mode="after")
    def _everything_is_learnt(self) -> Self:
        for comparison in self.compare:
            if all(comparison.field in rule for rule in self.train_on):
                raise ValueError(
                    f"train_on: {comparison.field} is in every rule, so nothing tells its weight"
                )
        if self.review_from > self.link_from:
            raise ValueError("review_from is not above link_from")
        return self

    @property
    def version(self) -> str:
        """Name of the model: it changes with what is learnt, not with thresholds."""
        learnt = self.model_dump_json(
            include={"fields", "compare", "train_on", "sure", "sure_share", "sample_pairs"}
        )
        return hashlib.sha256(f"{splink_version()} {learnt}".encode()).hexdigest()[:12]


def splink_version() -> str:
    """The installed Splink. Raises `FixEnvironment` where there is none."""
    try:
        return version("splink")
    except PackageNotFoundError:
        raise FixEnvironment(
            "MATCHING-SPLINK",
            "splink",
            "the setting matching is on, and Splink is not installed",
            "pip install -e '.[matching]', or leave the setting out.",
        ) from None


def read(path: Path) -> MatchingConfig:
    """What the YAML says. Raises `FixConfiguration` naming the file and the field."""
    try:
        return MatchingConfig.model_validate(yaml_files.read(path))
    except OSError as error:
        raise FixConfiguration(
            "MATCHING-MISSING", str(path), f"cannot be read ({error.strerror})", "See `matching`."
        ) from None
    except ValidationError as error:
        keys = "docs/source-reference.md lists every key."
        raise yaml_files.off_schema(path, error, keys=keys) from None
