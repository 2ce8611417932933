"""A stream of export files: one load package for each file that is new or changed."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backports import zstd

from connectors.errors import FixConfiguration, FixEnvironment, TryAgain
from connectors.files.folder import Drop, changed, landed, settled
from connectors.files.land import Job, land
from connectors.files.mapping import StreamConfig, TableMapping, Value
from connectors.files.plan import check
from connectors.landing import Counts, Input, Landing, Manifest, Origin, PackageWriter, Window
from connectors.landing.replay import Remapped


@dataclass(frozen=True)
class _Visit:
    """One export file to read: with what beside it, and why."""

    main: Path
    others: list[list[Path]]
    files: list[Path]
    states: list[Input]
    window: Window | None
    again: bool


class FileStream:
    """Export files of one kind, mapped onto the tables of a family.

    Args:
        origin: Instance, stream, connector and family.
        config: The mapping.
        folder: Folder of the exports.
        keep_raw: Whether a copy of each file is kept in its package, for replay.
        hash_key: What respondents are hashed with, if the mapping hashes any.
        region: Country of phone numbers that name none; see `connectors.phones.e164`.

    Raises:
        FixConfiguration: The mapping names what the family does not have.
    """

    def __init__(
        self,
        origin: Origin,
        config: StreamConfig,
        folder: Path,
        *,
        keep_raw: bool,
        hash_key: bytes | None,
        region: str | None = None,
    ) -> None:
        """Check the mapping against the family's contract; nothing is read yet."""
        check(config, origin)
        self.origin = origin
        self.config = config
        self.keep_raw = keep_raw
        self.region = region
        self._drop = Drop(folder, str(origin))
        self._key = hash_key

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that the stream fills."""
        return tuple(self.config.tables)

    def sync(self, landing: Landing, window: Window | None = None) -> Iterator[Manifest]:
        """Land each new or changed file, in the order of their names.

        Args:
            landing: Where to.
            window: If given, all files are read again, and rows outside of it are left alone.

        Raises:
            FixInput: A file or folder is missing or cannot be read; nothing of it has landed.
            FixConfiguration: The mapping does not fit the file.
            Locked: Another process is landing this stream.
        """
        self._check_key()
        with landing.writing(self.origin.source, self.origin.stream) as target:
            before = landed(landing, self.origin)
            find = self._drop.files if before else self._drop.some
            mains = list(settled(find(self.config.files), self.config.settle_seconds))
            others = [self._drop.some(lookup.files) for lookup in self.config.lookups]
            for main in mains:
                known = before.get(self._drop.name(main))
                files = [main, *itertools.chain.from_iterable(others)]
                states = changed(self._drop, files, None if window else known)
                if states is not None:
                    visit = _Visit(main, others, files, states, window, known is not None)
                    yield self._package(landing, target, visit)

    def remap(self, package: Path, manifest: Manifest, writer: PackageWriter) -> Remapped:
        """Map the files kept in a package again; see `Remapper`."""
        self._check_key()
        with _workplace(package.parent) as work:
            paths = [_unpacked(package / page.file, work) for page in manifest.pages]
            main, *kept = paths
            named = dict(zip([i.path for i in manifest.inputs[1:]], kept, strict=True))
            others = [
                [path for name, path in named.items() if any(Path(name).match(p) for p in x.files)]
                for x in self.config.lookups
            ]
            name = manifest.inputs[0].path
            job = Job(
                self.origin, self.config, main, name, others, work, self._key, manifest.window
            )
            return Remapped(self._landed(job, writer, paths))

    def _package(self, landing: Landing, target: Path, visit: _Visit) -> Manifest:
        load_id = landing.next_load_id(self.origin.source, self.origin.stream)
        name = self._drop.name(visit.main)
        with (
            _workplace(target) as work,
            PackageWriter(
                target, load_id, self.origin, keep_raw=self.keep_raw, region=self.region
            ) as writer,
        ):
            job = Job(
                self.origin,
                self.config,
                visit.main,
                name,
                visit.others,
                work,
                self._key,
                visit.window,
            )
            counts = self._landed(job, writer, visit.files)
            _check_unchanged(visit)
            overlaps = visit.again or visit.window is not None
            return writer.commit(
                counts, inputs=visit.states, overlaps=overlaps, window=visit.window
            )

    def _landed(self, job: Job, writer: PackageWriter, paths: list[Path]) -> Counts:
        # compressing the copies needs no Python: it runs beside the mapping
        with ThreadPoolExecutor(1) as beside:
            copies = [
                beside.submit(writer.file, path, f"{at}-{path.name}")
                for at, path in enumerate(paths)
            ]
            try:
                counts = land(job, writer)
            except OSError as error:
                raise _refused(job, error) from error
            for copy in copies:
                copy.result()
        return counts

    def _check_key(self) -> None:
        if self._key is None and any(value.hash for value in _values(self.config)):
            raise FixConfiguration(
                "SECRET-KEY",
                str(self.origin),
                "the mapping hashes respondents, and no key is set",
                "Name the variable in the source, secrets: {respondent_key: "
                "EARFUL_RESPONDENT_KEY}, and set it.",
            )


def _check_unchanged(visit: _Visit) -> None:
    for path, state in zip(visit.files, visit.states, strict=True):
        stat = path.stat()
        if (stat.st_size, stat.st_mtime_ns) != (state.bytes, state.mtime_ns):
            raise TryAgain(
                "FILE-CHANGED",
                state.path,
                "the file was written to while it was read",
                "Run again when the export is complete, or set settle_seconds.",
            )


def _refused(job: Job, error: OSError) -> FixEnvironment:
    return FixEnvironment(
        "LANDING-WRITE",
        str(job.work.parent),
        f"cannot be written, or {job.name} not be read ({error.strerror or type(error).__name__})",
        "Check permissions and free space, or set EARFUL_DATA to another folder.",
    )


def _values(config: StreamConfig) -> Iterator[Value]:
    mappings: list[TableMapping] = []
    for given in config.tables.values():
        mappings += given if isinstance(given, list) else [given]
    for columns in (config.columns, *(mapping.columns for mapping in mappings)):
        yield from (value for value in columns.values() if isinstance(value, Value))


@contextmanager
def _workplace(target: Path) -> Iterator[Path]:
    """A folder beside the packages; its name lets the next writer sweep it after a crash."""
    path = Path(tempfile.mkdtemp(prefix=".tmp-work-", dir=target))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _unpacked(page: Path, work: Path) -> Path:
    path = work / page.name.removesuffix(".zst")
    with zstd.open(page, "rb") as packed, path.open("wb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)
    return path
