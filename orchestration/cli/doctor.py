"""`earful doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration import settings as instance_settings
from orchestration.cli.output import Json, show_json, show_table

if TYPE_CHECKING:
    from orchestration.checkup import Finding


def doctor(*, as_json: Json = False) -> int:
    """Versions, disk, the writer gate, seeds, variables by name; exit 1 if something is wrong."""
    from orchestration.checkup import checkup

    findings = checkup(instance_settings.load())
    rows = [[_state(f), f.what, f.value, f.remedy] for f in findings]
    if as_json:
        show_json([dict(zip(("state", "what", "value", "remedy"), r, strict=True)) for r in rows])
    else:
        show_table("", ["", "what", "found", "remedy"], rows)
    return 0 if all(f.good for f in findings) else 1


def _state(finding: Finding) -> str:
    if not finding.good:
        return "WRONG"
    return "WARN" if finding.warns else "ok"
