"""What is planted, written down while the lives are known; the pipeline never reads it."""

from __future__ import annotations

from pathlib import Path

from connectors.sandbox.company.block import Block
from connectors.sandbox.company.config import CompanyConfig


class Truth:
    """Gathers what each block knows, and writes it at the end."""

    def __init__(self, folder: Path, config: CompanyConfig) -> None:
        """Nothing learnt."""
        self.folder = folder
        self.config = config
        folder.mkdir(parents=True)

    def learn(self, block: Block) -> None:
        """Take from a block what the truth needs."""

    def write(self) -> None:
        """Write the truth of the whole company."""
