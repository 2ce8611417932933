"""Which encoding a text file has, and its text as UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

import charset_normalizer

from connectors.errors import FixConfiguration, FixInput

BLOCK = 1 << 20
_SAMPLE = 1 << 18
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def as_utf8(path: Path, wanted: str | None, work: Path) -> Path:
    """The file itself if it is UTF-8 with line feeds, otherwise a copy that is.

    Args:
        path: A text file.
        wanted: Encoding by the mapping; `auto` guesses, None trusts the byte order mark.
        work: Folder for the copy.

    Raises:
        FixConfiguration: There is no such encoding.
        FixInput: The file is not in that encoding; names the first bad byte.
    """
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    name = _name(path, wanted, sample)
    only_returns = name in ("utf-8", "utf-8-sig") and b"\r" in sample and b"\n" not in sample
    if name == "utf-8" and not only_returns:
        return path
    if name == "utf-8-sig" and not only_returns and wanted in (None, "utf-8-sig", "auto"):
        return path
    return _transcoded(path, name, work)


def check_utf8(path: Path) -> None:
    """Raise `FixInput` at the first byte that is not UTF-8."""
    for _ in _decoded(path, "utf-8"):
        pass


def _name(path: Path, wanted: str | None, sample: bytes) -> str:
    marked = next((name for mark, name in _MARKS if sample.startswith(mark)), None)
    said = marked or _guessed(sample) if wanted == "auto" else wanted
    name = said or marked or "utf-8"
    try:
        found = codecs.lookup(name).name
    except LookupError as error:
        raise FixConfiguration(
            "FILE-ENCODING",
            str(path),
            f"there is no encoding '{name}'",
            "Use a name such as utf-8, utf-16, windows-1252 or mac_roman.",
        ) from error
    # ASCII is a part of UTF-8, and needs no copy
    return "utf-8" if found == "ascii" else found


def _guessed(sample: bytes) -> str:
    try:
        # a character may be cut in two at the sample's end
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        best = charset_normalizer.from_bytes(sample).best()
    else:
        return "utf-8"
    if best is None:
        return "utf-8"
    # several code pages agree on most texts: the one that Excel writes is the likeliest
    return "cp1252" if "cp1252" in best.could_be_from_charset else best.encoding


def _transcoded(path: Path, name: str, work: Path) -> Path:
    copy = work / f"{path.name}.utf8"
    with copy.open("wb") as target:
        for text in _decoded(path, name):
            target.write(text.encode())
    return copy


def _decoded(path: Path, name: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(name)()
    returns = _ReturnsOnly()
    with path.open("rb") as file:
        at = 0
        while True:
            block = file.read(BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                raise _unreadable(path, name, at - pending + error.start) from error
            at += len(block)
            yield returns.mend(text)
            if not block:
                return


class _ReturnsOnly:
    """Old Mac files end lines with a carriage return alone; decided by the first block."""

    def __init__(self) -> None:
        self._mend: bool | None = None

    def mend(self, text: str) -> str:
        if self._mend is None:
            self._mend = "\r" in text and "\n" not in text
        return text.replace("\r", "\n") if self._mend else text


def _unreadable(path: Path, name: str, offset: int) -> FixInput:
    return FixInput(
        "FILE-ENCODING",
        str(path),
        f"byte {offset} is not {name}",
        "Say the file's encoding in the mapping, for example encoding: windows-1252 "
        "(Excel's CSV in Western Europe), utf-16, or auto to have it guessed.",
    )
