"""Pictures of every page of the report, to be looked at: light, dark and as on a phone.

Usage: .venv/bin/python scripts/report_pictures.py [PAGE ...]   (after make demo)

They go to build/report_pictures/. `--images` writes those of the README to docs/images instead.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from orchestration import settings as instance_settings
from orchestration.report.editions import reports
from orchestration.settings import ROOT

CHROMIUM = "/usr/bin/chromium"
README = {"index": 1180, "journey": 900}
"""Pages that the README shows, and how much of them, in pixels."""


@dataclass(frozen=True)
class Look:
    """A way to look at a page."""

    name: str
    width: int
    scheme: str


LOOKS = (Look("light", 1100, "light"), Look("dark", 1100, "dark"), Look("phone", 360, "light"))


def main() -> None:
    """Take the pictures."""
    folder = reports(instance_settings.load()).root / "current"
    wanted = [name for name in sys.argv[1:] if not name.startswith("-")]
    pages = [p for p in sorted(folder.glob("*.html")) if not wanted or p.stem in wanted]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        if "--images" in sys.argv:
            for name, height in README.items():
                _image(browser, folder / f"{name}.html", height)
            return
        for look in LOOKS:
            for page in pages:
                _picture(browser, look, page)


def _picture(browser: Any, look: Look, path: Path) -> None:  # noqa: ANN401 - Playwright's browser
    target = ROOT / "build/report_pictures" / f"{path.stem}-{look.name}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    size = {"width": look.width, "height": 900}
    page = browser.new_page(viewport=size, color_scheme=look.scheme)
    page.goto(path.resolve().as_uri())
    page.screenshot(path=target, full_page=True)
    page.close()


def _image(browser: Any, path: Path, height: int) -> None:  # noqa: ANN401 - same
    target = ROOT / "docs/images" / f"report-{path.stem}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport={"width": 1000, "height": height})
    page.goto(path.resolve().as_uri())
    page.screenshot(path=target)
    page.close()


if __name__ == "__main__":
    main()
