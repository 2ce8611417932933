from __future__ import annotations

from typing import Any

from connectors.files import FileSource


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
