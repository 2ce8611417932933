"""From the JSON of a page to typed columns, without losing a record."""

from connectors.decoding.decoded import Decoded, joined
from connectors.decoding.decoder import Decoder
from connectors.decoding.lines import Lines

__all__ = ["Decoded", "Decoder", "Lines", "joined"]
