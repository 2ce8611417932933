"""One position for each part of a source: each survey, each app."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from connectors.cursors import state
from connectors.cursors.batch import Cursor, Reading
from connectors.http import Api, Missing
from connectors.stream import Page


class _State(msgspec.Struct, tag="each_part", tag_field="kind"):
    parts: dict[str, str] = {}


@dataclass(frozen=True)
class EachPart:
    """Reads part after part, each with a cursor of its own.

    Args:
        parts: Asks which parts there are, where the user did not name them.
        cursor: Makes the cursor of one part.
        own: Whether the parts are others than those that the user limits the source to.
    """

    parts: Callable[[Api], Sequence[str]]
    cursor: Callable[[str], Cursor]
    own: bool = False

    @property
    def overlaps(self) -> bool:
        """As its parts' cursors do."""
        return self.cursor("").overlaps

    def pages(self, api: Api, at: str | None, reading: Reading) -> Iterator[Page]:
        """See `Cursor`; a part that is gone keeps its position.

        Raises:
            Missing: A part that the user named is not there. One that the vendor has just named,
                and does not have any more, is passed over.
        """
        held = state.read(at, _State, api.where) or _State()
        named = () if self.own else reading.only
        for part in named or self.parts(api):
            try:
                for page in self.cursor(part).pages(api, held.parts.get(part), reading):
                    if page.cursor is not None:
                        held.parts[part] = page.cursor
                    yield Page(page.records, state.write(held), page.repeated)
            except Missing:
                if named:
                    raise
