"""Load packages: folders that are the system of record, and change for an erasure alone."""

from connectors.landing.manifest import Artifact, Counts, Input, Manifest, Origin, Window
from connectors.landing.store import Landing, revision
from connectors.landing.writer import REJECTS, PackageWriter

__all__ = [
    "REJECTS",
    "Artifact",
    "Counts",
    "Input",
    "Landing",
    "Manifest",
    "Origin",
    "PackageWriter",
    "Window",
    "revision",
]
