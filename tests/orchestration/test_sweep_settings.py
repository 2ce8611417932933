"""What a source's YAML says of sweeps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from connectors.cursors import NEVER
from orchestration.components.config import SourceConfig

CRM = {
    "connector": "hubspot",
    "description": "The CRM.",
    "url": "https://api.hubapi.com",
    "secrets": {"token": "CRM_TOKEN"},
}


@pytest.mark.parametrize(
    ("written", "meant"),
    [(None, None), ("never", NEVER), ("7 days", timedelta(days=7)), ("12 hours", timedelta(0.5))],
)
def test_how_often_to_sweep_reaches_the_connector(
    written: str | None, meant: timedelta | None
) -> None:
    config = SourceConfig.model_validate(CRM | {"sweep": written, "sweep_limit": 0.5})
    assert (config.options.sweep, config.options.sweep_limit) == (meant, 0.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sweep": "weekly"},
        {"sweep": "0 days"},
        {"sweep_limit": 0},
        {"sweep_limit": 10},
        {"connector": "files", "sweep": "7 days"},
        {"connector": "zendesk", "secrets": {"email": "E", "token": "T"}, "sweep": "7 days"},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="sweep"):
        SourceConfig.model_validate(CRM | wrong)
