"""What a record says that no mapping uses: one JSON object a record."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from connectors.records import ABSENT, NULL, Leaf

Values = Sequence[Any]
"""A field's values, one a record."""

_EMPTY = msgspec.Raw(b"{}")


class KeptObjects:
    """JSON objects of a record's kept fields, without those that say nothing."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        """Objects of fields of JSON text."""
        self._leaves = leaves
        self._nothing = [nothing(leaf) for leaf in leaves]

    def of(self, columns: Sequence[Values | None], height: int) -> Values:
        """Each record's object, ready to be encoded; None is a field that no record has."""
        spoken: dict[int, Values] = {}
        for number, (column, silence) in enumerate(zip(columns, self._nothing, strict=True)):
            silent = height if column is None else column.count(silence)
            if column is not None and silent < height:
                spoken[number] = _cleared(column, silence) if silent else column
        if not spoken:
            return [_EMPTY] * height
        return list(map(self._object(tuple(spoken)), *spoken.values()))

    @lru_cache(maxsize=64)  # noqa: B019 - lives as long as the sync of a stream
    def _object(self, speaking: tuple[int, ...]) -> type[msgspec.Struct]:
        """An object of those fields that some record of a page fills."""
        fields = [
            (f"field_{n}", msgspec.Raw, msgspec.field(name=self._leaves[n].path, default=silence))
            for n, silence in enumerate(self._nothing)
            if n in speaking
        ]
        return msgspec.defstruct("Object", fields, omit_defaults=True, gc=False)


def nothing(leaf: Leaf) -> msgspec.Raw:
    """JSON text of a field that says nothing."""
    return ABSENT if leaf.keeps_null else NULL


def _cleared(column: Values, silence: msgspec.Raw) -> Values:
    """A column of JSON text where all that says nothing is the same object: it is left out."""
    return [silence if value == silence else value for value in column]
