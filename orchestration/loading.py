"""Loads the definitions; where an instance's YAML is wrong, says so in a sentence."""

from __future__ import annotations

import re
import warnings

import dagster as dg
import yaml
from dagster._utils.warnings import PreviewWarning
from pydantic import ValidationError

from connectors.errors import EarfulError, FixConfiguration
from orchestration import settings
from orchestration.sources import source_files
from orchestration.yaml_files import not_yaml, source_attributes

_AT = re.compile(r"(?:attributes\.)?(?P<field>.+) at (?P<line>.+:\d+)")
"""How Dagster says where in a YAML something is wrong."""


def load_definitions() -> dg.Definitions:
    """The instance's definitions.

    Raises:
        FixConfiguration: A source's YAML is not YAML, or not what the schema says: the file,
            the line or field, and what was expected.
    """
    # imported here: importing them reads the dbt manifest
    from orchestration.definitions import defs  # noqa: PLC0415

    # Dagster would show its own insides for a file that is empty or says nothing of a source
    for file in source_files(settings.load()):
        source_attributes(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PreviewWarning)
        try:
            return defs()
        except Exception as error:  # noqa: BLE001 - raised again, as a sentence if there is one
            raise _explained(error) from None


def _explained(error: Exception) -> Exception:
    """The sentence behind a chain of loading errors, or the error itself if it is a bug."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, EarfulError):
            return cause
        if isinstance(cause, yaml.MarkedYAMLError) and cause.problem_mark is not None:
            return not_yaml(cause.problem_mark.name, cause)
        if isinstance(cause, ValidationError):
            first = cause.errors(include_input=False, include_url=False)[0]
            return FixConfiguration(
                "YAML-SCHEMA",
                _where(".".join(str(part) for part in first["loc"])),
                first["msg"],
                "docs/add-a-source.md lists every key.",
            )
        cause = cause.__cause__ or cause.__context__
    return error


def _where(place: str) -> str:
    found = _AT.fullmatch(place)
    return f"{found['line']}, {found['field']}" if found else place
