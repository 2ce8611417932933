"""published -> report: the pages that people look at."""

import dagster as dg

from orchestration import settings as instance_settings
from orchestration.assets import OWNERS, PUBLISHED, REPORT
from orchestration.attempts import attempting


@dg.asset(
    key=REPORT,
    deps=[PUBLISHED],
    description="Pages that stand on their own: where it hurts, how sure we are, who is waiting.",
    group_name="publishing",
    owners=OWNERS,
    kinds={"html"},
)
def report() -> dg.MaterializeResult[None]:
    """Draw every page of the published version and let readers have them."""
    # charts take a second to import, which no other step is to pay for
    from orchestration.report.build import build  # noqa: PLC0415

    with attempting():
        made = build(instance_settings.load())
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(str(made.path)),
            "version": made.version,
            "pages": made.pages,
            "bytes": made.size,
        }
    )
