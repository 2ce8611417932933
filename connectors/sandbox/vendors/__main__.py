"""The vendors in a process of their own, as `running` starts it: socket and arguments come in."""

from __future__ import annotations

import sys

from .child import child

if __name__ == "__main__":
    child(int(sys.argv[1]), sys.argv[2])
