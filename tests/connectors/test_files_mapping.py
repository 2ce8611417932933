from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.files import FileSource
from connectors.files.mapping import Value


def test_every_option_that_editors_show_is_described() -> None:
    schema = FileSource.model_json_schema()
    models: list[dict[str, Any]] = [schema, *schema["$defs"].values()]
    bare = [
        f"{model['title']}.{name}"
        for model in models
        for name, option in model["properties"].items()
        if not option.get("description")
    ]
    assert bare == []
    assert all(model["additionalProperties"] is False for model in models)


def test_options_are_named_as_in_yaml() -> None:
    schema = FileSource.model_json_schema()["$defs"]
    assert "as" in schema["Question"]["properties"]
    assert set(schema["Lookup"]["properties"]) == {"files", "key", "take", "aggregate"}


def test_a_time_zone_that_is_not_there_is_a_mistake_of_the_yaml() -> None:
    assert Value(column="at", time_zone="Europe/Berlin").time_zone == "Europe/Berlin"
    with pytest.raises(ValidationError, match="no such time zone, did you mean Europe/Berlin"):
        Value(column="at", time_zone="Europe/Berln")
