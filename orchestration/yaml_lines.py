"""Where in a YAML file something stands, for messages that name the line."""

from __future__ import annotations

from pathlib import Path

import yaml


def line_of(file: Path, location: tuple[str | int, ...]) -> int:
    """Line (from 1) of the deepest part of `location` that the file holds."""
    node = yaml.compose(file.read_text())
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
