"""Components that users configure in YAML."""

from orchestration.components.source import Source

__all__ = ["Source"]
