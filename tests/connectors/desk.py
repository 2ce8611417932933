"""A folder of exports, a landing folder, and a few words to put things into them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from connectors.files import FileStream, StreamConfig
from connectors.landing import Landing, Manifest, Origin, Window


@dataclass
class Desk:
    """Writes exports, lands them, and reads what landed."""

    exports: Path
    landing: Landing

    def put(self, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        """Drop a file into the folder of exports."""
        path = self.exports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def stream(
        self,
        mapping: str | dict[str, Any],
        family: str = "survey",
        *,
        keep_raw: bool = True,
        key: bytes | None = None,
        region: str | None = None,
    ) -> FileStream:
        """Make a stream of a mapping in YAML."""
        given = yaml.safe_load(mapping) if isinstance(mapping, str) else mapping
        return FileStream(
            Origin(source="shop", stream="answers", connector="files", family=family),
            StreamConfig.model_validate(given),
            self.exports,
            keep_raw=keep_raw,
            hash_key=key,
            region=region,
        )

    def land(
        self,
        mapping: str | dict[str, Any],
        family: str = "survey",
        window: Window | None = None,
        *,
        keep_raw: bool = True,
        key: bytes | None = None,
    ) -> list[Manifest]:
        """Land what is new; the counts of every package balance."""
        stream = self.stream(mapping, family, keep_raw=keep_raw, key=key)
        landed = list(stream.sync(self.landing, window))
        assert all(manifest.counts.balanced for manifest in landed)
        return landed

    def table(self, name: str) -> pl.DataFrame:
        """Rows of a table over all packages in force."""
        return pl.concat(
            pl.read_parquet(self.landing.root / m.source / m.stream / m.load_id / f"{name}.parquet")
            for m in self.landing.manifests("shop", "answers")
            if name in m.tables
        )

    def rejects(self) -> pl.DataFrame:
        """What was set aside, over all packages."""
        return pl.concat(map(pl.read_parquet, self.landing.root.glob("*/*/2*/rejects.parquet")))

    def leftovers(self) -> list[Path]:
        """What an aborted run must not leave."""
        return [p for p in self.landing.root.rglob("*") if p.is_file() and p.name != ".lock"]
