from __future__ import annotations

from typing import Any

import pytest
from warehouse import Warehouse

MAY_READ = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate", "seed"},
    # what `metrics` is made of: sums over marts
    "numbers": {"intermediate", "marts", "numbers", "seed"},
    "marts": {"intermediate", "marts", "numbers", "seed"},
}


def layer(node: dict[str, Any]) -> str:
    """The layer of a node of the manifest: its folder, or what kind of node it is."""
    if node["resource_type"] in {"source", "seed"}:
        return str(node["resource_type"])
    return str(node["fqn"][1])


def backward_edges(manifest: dict[str, Any]) -> list[str]:
    """Every edge that data must not take, with what the reading layer may read."""
    nodes = {**manifest["nodes"], **manifest["sources"]}
    return [
        f"{node['name']} reads {nodes[parent]['name']}: {layer(node)} reads only "
        f"{', '.join(sorted(MAY_READ[layer(node)]))}"
        for node in nodes.values()
        if node["resource_type"] == "model"
        for parent in node["depends_on"]["nodes"]
        if layer(nodes[parent]) not in MAY_READ[layer(node)]
    ]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    empty = Warehouse(tmp_path_factory.mktemp("empty"))
    empty.dbt("parse", artifacts=True)
    return empty.manifest()


@pytest.mark.slow
def test_data_flows_one_way(manifest: dict[str, Any]) -> None:
    assert backward_edges(manifest) == []


@pytest.mark.slow
def test_hooks_refer_to_no_model(manifest: dict[str, Any]) -> None:
    """Of a hook whose macro alone changed, as by an upgrade, dbt keeps the references of before."""
    hooks = [node for node in manifest["nodes"].values() if node["resource_type"] == "operation"]
    assert hooks
    assert [hook["name"] for hook in hooks if hook["depends_on"]["nodes"]] == []


def test_an_edge_backwards_is_named() -> None:
    def model(name: str, folder: str, *parents: str) -> dict[str, Any]:
        return {
            "name": name,
            "fqn": ["earful", folder, name],
            "resource_type": "model",
            "depends_on": {"nodes": list(parents)},
        }

    manifest = {
        "nodes": {
            "scores": model("scores", "marts"),
            "int_back": model("int_back", "intermediate", "scores", "raw"),
        },
        "sources": {"raw": {"name": "cases", "resource_type": "source", "fqn": ["earful", "raw"]}},
    }

    assert backward_edges(manifest) == [
        "int_back reads scores: intermediate reads only intermediate, seed, staging",
        "int_back reads cases: intermediate reads only intermediate, seed, staging",
    ]
