"""YAML that users write: what it says, or a sentence with file and line of what cannot be meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from connectors.errors import FixConfiguration

_KEYS = "docs/add-a-source.md lists every key."


def read(path: Path) -> Any:  # noqa: ANN401 - whatever YAML holds
    """What a file says.

    Raises:
        FixConfiguration: It is not YAML: the line, and what is wrong there.
        OSError: It cannot be read.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise not_yaml(str(path), error) from None
    except UnicodeDecodeError:
        raise FixConfiguration(
            "YAML", str(path), "not valid YAML: not UTF-8", "Save it as UTF-8."
        ) from None


def source_attributes(path: Path) -> dict[str, Any]:
    """The attributes of a source. Raises `FixConfiguration` where the file holds none."""
    try:
        said = read(path)
    except OSError as error:
        raise FixConfiguration(
            "YAML", str(path), f"cannot be read ({error.strerror})", "Check its permissions."
        ) from None
    attributes = said.get("attributes") if isinstance(said, dict) else None
    if not isinstance(attributes, dict):
        raise FixConfiguration("YAML-SCHEMA", str(path), "has no attributes of a source", _KEYS)
    return attributes


def not_yaml(file: str, error: yaml.YAMLError) -> FixConfiguration:
    """The sentence for a file that is not YAML."""
    where, what = file, "not valid YAML"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        where, what = f"{file}:{error.problem_mark.line + 1}", f"{what}: {error.problem}"
    return FixConfiguration(
        "YAML", where, what, "Put texts with : or ? in quotes, and indent with spaces."
    )


def off_schema(
    path: Path, error: ValidationError, above: tuple[str, ...] = (), keys: str = _KEYS
) -> FixConfiguration:
    """The sentence for the first thing that a schema refuses.

    Args:
        path: The file.
        error: What pydantic says.
        above: Keys under which what it judged stands in the file.
        keys: Where every key is explained.
    """
    first = error.errors(include_input=False, include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    line = _line_of(path, (*above, *first["loc"]))
    where = f"{path}:{line}, {field}" if field else f"{path}:{line}"
    return FixConfiguration("YAML-SCHEMA", where, first["msg"], keys)


def _line_of(file: Path, location: tuple[str | int, ...]) -> int:
    """Line (from 1) of the deepest part of `location` that the file holds."""
    node = yaml.compose(file.read_text(encoding="utf-8"))
    line = 1
    for part in location:
        found = _child(node, part)
        if found is None:
            break
        line, node = found
    return line


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark.line + 1, item
    return None
