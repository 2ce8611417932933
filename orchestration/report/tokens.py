"""Colours, named once for pages and charts; each in a light and a dark variant.

Charts are drawn in the light variants; `drawings.svg` replaces them by the names, so that one SVG
serves light, dark and print. No two tokens may share a light variant.
"""

from __future__ import annotations

LIGHT = {
    "paper": "#ffffff",
    "ink": "#1c1f22",
    "soft": "#565d64",
    "line": "#d3d8dc",
    "faint": "#f3f5f6",
    "grey": "#878f96",
    "band": "#dfe5ea",
    "good": "#1b6ca8",
    "bad": "#b4500f",
    "good-tint": "#d6e6f3",
    "bad-tint": "#f7e0cc",
    "link": "#1a5a8f",
}
DARK = {
    "paper": "#15181b",
    "ink": "#e9e7e3",
    "soft": "#aeb5bb",
    "line": "#3a4147",
    "faint": "#1e2226",
    "grey": "#8f979e",
    "band": "#2c343b",
    "good": "#74b6ea",
    "bad": "#f0a35c",
    "good-tint": "#1d3c55",
    "bad-tint": "#57331a",
    "link": "#8cc4f2",
}


def stylesheet() -> str:
    """The tokens as CSS variables; paper that is printed is always light."""
    light = "".join(f"--{name}:{value};" for name, value in LIGHT.items())
    dark = "".join(f"--{name}:{value};" for name, value in DARK.items())
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def variable(name: str) -> str:
    """A token as it stands in CSS and SVG."""
    return f"var(--{name})"
