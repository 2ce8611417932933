"""`earful erase`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from connectors.errors import FixConfiguration
from orchestration import settings as instance_settings
from orchestration.cli.output import Json, Quiet, Verbose, say, show, show_json, show_table
from orchestration.cli.progress import Progress
from orchestration.cli.run import logged, show_outcome
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.erasure.erase import Receipt
    from orchestration.outcome import Outcome

Who = Annotated[
    list[str],
    typer.Argument(
        metavar="WHO...",
        help="customer_id, e-mail address, phone number (+…) or SOURCE:PERSON_REF; "
        "- reads them from standard input, one a line.",
    ),
]


def erase(
    who: Who,
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would be done.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Take people out of landing, warehouse, report and every published version, for good."""
    from orchestration.erasure import erase as erasure

    settings = instance_settings.load()
    people = _read(who)
    if plan:
        receipt = erasure.plan(settings, people)
        _show(receipt, "Would go", as_json=as_json)
        return 0
    progress = Progress(quiet=quiet or as_json, verbose=verbose)
    receipt, outcome = _erase(settings, people, progress)
    show_outcome(settings, outcome, quiet=True)
    receipt.published = erasure.readers_have(settings, receipt)
    path = erasure.write(settings, receipt)
    if not quiet:
        _show(receipt, "Erased", as_json=as_json)
        say(f"receipt: {path}")
    if receipt.left:
        say(f"failed: a search afterwards still found rows in {', '.join(receipt.left)}")
    if receipt.published is None:
        say(
            "failed: landing and warehouse are clear, and the published version still holds them; "
            "the next earful run that publishes replaces it"
        )
    return outcome.exit_code or (1 if receipt.left or receipt.published is None else 0)


def _erase(settings: Settings, people: list[str], progress: Progress) -> tuple[Receipt, Outcome]:
    """Take them out, then build and publish without them."""
    from orchestration.dbt import manifest as dbt_manifest
    from orchestration.erasure import erase as erasure
    from orchestration.long_lived import long_lived

    with dbt_manifest.parsing(settings) as parsing, logged(settings, progress):
        progress("erase")
        receipt = erasure.take_out(settings, people)
        erasure.write(settings, receipt)
        with long_lived():
            from orchestration.runs import build
        return receipt, build(settings, progress, parsing)


def _read(who: list[str]) -> list[str]:
    """Who is meant. What a shell keeps in its history need not name anybody: `-`."""
    lines = sys.stdin.read().splitlines() if who == ["-"] else who
    people = [line.strip() for line in lines if line.strip()]
    if any(not line.isprintable() for line in people):
        raise FixConfiguration(
            "ERASE-WHO",
            "a name",
            "holds what is no text",
            "Write names in UTF-8, one a line.",
        )
    if not people:
        raise FixConfiguration(
            "ERASE-WHO",
            "standard input",
            "names nobody",
            "Write one customer_id, e-mail address, phone number or SOURCE:PERSON_REF a line.",
        )
    return people


def _show(receipt: Receipt, title: str, *, as_json: bool) -> None:
    if as_json:
        show_json(msgspec.to_builtins(receipt))
        return
    tables = sorted({*receipt.rows, *receipt.raw_rows, *receipt.raw_masked})
    show_table(
        title,
        ["table", "rows in landing", "rows in raw", "others' texts masked"],
        [
            [t, receipt.rows.get(t, 0), receipt.raw_rows.get(t, 0), receipt.raw_masked.get(t, 0)]
            for t in tables
        ],
    )
    show(f"{counted(receipt.people, 'person', 'people')}, {counted(receipt.packages, 'package')}.")
    if receipt.unreplayable:
        lost = counted(receipt.unreplayable, "package")
        show(f"{lost} lost their raw pages: earful replay cannot map them again.")
    if receipt.exports:
        files = counted(len(receipt.exports), "export file")
        show(
            f"They were in {files} when read, {receipt.exports[0]} first. Those are yours to clean."
        )


def counted(number: int, one: str, several: str = "") -> str:
    """A number of things."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"
