"""A Chromium that is there already, driven by Playwright, with its network watched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_core_python
from playwright.sync_api import Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@dataclass
class Browser:
    """A browser without a network, and every address that it asked for."""

    engine: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @contextmanager
    def page(
        self,
        path: Path,
        *,
        width: int = 1100,
        scheme: str = "light",
        **more: Any,  # noqa: ANN401 - options of the browser
    ) -> Iterator[Page]:
        size = {"width": width, "height": 900}
        context = self.engine.new_context(viewport=size, color_scheme=scheme, offline=True, **more)
        page = context.new_page()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.goto(path.resolve().as_uri())
        yield page
        context.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start it, and end it."""
    with sync_playwright() as playwright:
        engine = playwright.chromium.launch(executable_path=str(CHROMIUM))
        yield Browser(engine)
        engine.close()
