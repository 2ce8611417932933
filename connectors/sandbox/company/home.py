"""Where a company lives on disk: written beside, renamed when whole, described in one file.

<home>/systems/<table>/<block:05d>.parquet    block 0 is the house itself
<home>/truth/                                 what is planted; never read by the pipeline
<home>/company.json                           what there is
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import filelock
import msgspec

from connectors.errors import EarfulError, FixConfiguration, FixEnvironment, Locked
from connectors.sandbox.company.config import CompanyConfig

VERSION = 1
"""Of the generator: another one makes other companies from the same configuration."""
DESCRIPTION = "company.json"


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """A whole company on disk: its configuration, rows a table, first and last moment."""

    config: CompanyConfig
    rows: dict[str, int]
    first: datetime
    last: datetime
    version: int = VERSION


def open_company(home: Path) -> Company:
    """The description of the company in `home`.

    Raises:
        FixConfiguration: There is none, or one of another generator.
    """
    try:
        company = msgspec.json.decode((home / DESCRIPTION).read_bytes(), type=Company)
    except OSError:
        company = None
    except msgspec.MsgspecError:
        company = None
    if company is None or company.version != VERSION:
        raise FixConfiguration(
            "SANDBOX-NONE",
            str(home),
            "here lives no sandbox company that this version made",
            "Remove the folder if it is a sandbox's, and generate one.",
        )
    return company


@contextmanager
def building(home: Path) -> Iterator[Path]:
    """A folder beside `home` that becomes it if all goes well; leftovers of others are swept.

    Raises:
        FixConfiguration: Something else is there.
        FixEnvironment: The disk refuses.
        Locked: Somebody else is building the same.
    """
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(home.parent / f".{home.name}.lock", timeout=0):
            _refuse_others(home)
            for left in home.parent.glob(f".{home.name}.tmp-*"):
                shutil.rmtree(left)
            beside = home.parent / f".{home.name}.tmp-{os.getpid()}"
            beside.mkdir()
            yield beside
            if home.is_dir():
                home.rmdir()
            beside.rename(home)
    except filelock.Timeout:
        raise Locked(
            "SANDBOX-LOCKED",
            str(home),
            "another process is generating this company",
            "Wait for it.",
        ) from None
    except EarfulError:
        raise
    except OSError as error:
        raise FixEnvironment(
            "SANDBOX-DISK",
            str(home),
            f"the disk refuses ({error.strerror or type(error).__name__})",
            "Look for space and permissions; what was half-written will be swept.",
        ) from error


def _refuse_others(home: Path) -> None:
    if home.exists() and not (home.is_dir() and not any(home.iterdir())):
        raise FixConfiguration(
            "SANDBOX-FOLDER",
            str(home),
            "this folder is not empty and not this company",
            "Name an empty or a new one.",
        )
