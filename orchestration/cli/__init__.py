"""The command `earful`: noun or verb first, every flag after it, data to stdout, talk to stderr."""

from orchestration.cli.main import main

__all__ = ["main"]
