"""`earful doctor`."""

from __future__ import annotations

from orchestration import settings as instance_settings
from orchestration.cli.output import Json, show_json, show_table


def doctor(*, as_json: Json = False) -> int:
    """Versions, the writer gate, disk, variables by name, clock; exit 1 if something is wrong."""
    from orchestration.checkup import checkup

    findings = checkup(instance_settings.load())
    rows = [["ok" if f.good else "WRONG", f.what, f.value, f.remedy] for f in findings]
    if as_json:
        show_json([dict(zip(("state", "what", "value", "remedy"), r, strict=True)) for r in rows])
    else:
        show_table("", ["", "what", "found", "remedy"], rows)
    return 0 if all(f.good for f in findings) else 1
