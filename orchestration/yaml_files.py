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
    """The sentence for what a schema refuses: the deepest thing, which the others follow from.

    Where a value may have several shapes, pydantic tells why it is none of each; the shape that was
    meant is the one that fits furthest.

    Args:
        path: The file.
        error: What pydantic says.
        above: Keys under which what it judged stands in the file.
        keys: Where every key is explained.
    """
    root = yaml.compose(path.read_text(encoding="utf-8"))
    found = [
        (_lines(root, (*above, *one["loc"])), not one["type"].endswith("_type"), one)
        for one in error.errors(include_input=False, include_url=False)
    ]
    lines, _, told = max(found, key=lambda one: (len(one[0]), one[1]))
    # a shape's name stands in no file; what is missing does not either
    last = len(told["loc"]) - 1 if told["type"] == "missing" else None
    parts = [p for at, p in enumerate(told["loc"]) if at == last or len(above) + at in lines]
    where = f"{path}:{max(lines.values(), default=1)}"
    field = ".".join(str(part) for part in parts)
    return FixConfiguration(
        "YAML-SCHEMA", f"{where}, {field}" if field else where, told["msg"], keys
    )


def _lines(node: yaml.Node | None, location: tuple[str | int, ...]) -> dict[int, int]:
    """Lines (from 1) of the parts of `location` that the file holds, by their place in it."""
    lines = {}
    for place, part in enumerate(location):
        if found := _child(node, part):
            lines[place], node = found
    return lines


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark.line + 1, item
    return None
