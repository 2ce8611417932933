"""What `dg scaffold defs orchestration.components.Source NAME` writes."""

import dagster as dg

_EXAMPLE = {
    "connector": "files",
    "family": "survey",
    "description": "What this source is, for the people who find its data.",
    "schedule": "0 5 * * *",
    "stale_after": "30 hours",
    "folder": "a folder below EARFUL_EXPORTS",
    "streams": {
        "responses": {
            "files": "*.csv",
            "tables": {
                "survey_responses": {
                    "columns": {
                        "survey_id": {"constant": "name_of_the_survey"},
                        "response_id": "Column with the id",
                        "status": {"constant": "completed"},
                        "submitted_at": {"column": "Column with the time", "format": "%Y-%m-%d"},
                    }
                }
            },
        }
    },
}


class SourceScaffolder(dg.Scaffolder):
    """Writes a defs.yaml that is valid as it stands, to be filled in."""

    def scaffold(self, request: dg.ScaffoldRequest) -> None:
        """Write the example."""
        dg.scaffold_component(request, _EXAMPLE)
