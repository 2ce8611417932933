"""Lands the streams of one source, side by side where a vendor is waited for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from threading import Event

from connectors.errors import EarfulError
from connectors.landing import Landing, Manifest, Window
from orchestration.components.streams import Streams

_AT_ONCE = 4
"""Streams of a vendor that are read at once: most of the time each waits."""


@dataclass(frozen=True)
class Landed:
    """What landing one stream came to; what landed before an error stays landed."""

    stream: str
    manifests: list[Manifest]
    error: EarfulError | None = None


def extract(
    streams: Streams, names: Sequence[str], landing: Landing, window: Window | None
) -> Iterator[Landed]:
    """Land streams; yields each as it ends. Export files are read one after the other."""
    at_once = 1 if streams.config.is_files else _AT_ONCE
    stop = Event()
    with ThreadPoolExecutor(min(at_once, len(names)), thread_name_prefix=streams.source) as pool:
        running = [pool.submit(_land, streams, name, landing, window, stop) for name in names]
        try:
            for done in as_completed(running):
                yield done.result()
        except BaseException:
            # an interrupted run begins nothing more, and what it waits for breaks off
            stop.set()
            streams.close()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _land(
    streams: Streams, name: str, landing: Landing, window: Window | None, stop: Event
) -> Landed:
    manifests: list[Manifest] = []
    try:
        for manifest in streams.stream(name).sync(landing, window):
            manifests.append(manifest)
            if stop.is_set():
                break
    except EarfulError as error:
        return Landed(name, manifests, error)
    return Landed(name, manifests)
