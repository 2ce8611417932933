"""How a stream goes on where it stopped: the kinds of cursor, each with its boundary rules.

A cursor drives a vendor's reader, which asks for one page at a time, and says after each page
where the stream now stands. That position is text, stamped with kind and version, and becomes
visible only with the package that holds the page.
"""

from connectors.cursors.batch import Batch, Cursor, Posted, Reading, Span
from connectors.cursors.each_part import EachPart
from connectors.cursors.inclusive import InclusiveTime
from connectors.cursors.newest_first import NewestFirst
from connectors.cursors.opaque import Opaque
from connectors.cursors.snapshot import Snapshot
from connectors.cursors.sweep import Sweep
from connectors.cursors.swept import NEVER, Swept
from connectors.cursors.windowed import Windowed

__all__ = [
    "NEVER",
    "Batch",
    "Cursor",
    "EachPart",
    "InclusiveTime",
    "NewestFirst",
    "Opaque",
    "Posted",
    "Reading",
    "Snapshot",
    "Span",
    "Sweep",
    "Swept",
    "Windowed",
]
