"""The report in a browser: no network, no barrier, no overflow, no script but ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import AXE, CHROMIUM, Browser, chromium
from playwright.sync_api import Page
from published import Published

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}"),
]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FAULTS = """
async () => (await axe.run(document, {resultTypes: ["violations"], ...RULES})).violations
    .filter(v => ["serious", "critical"].includes(v.impact))
    .map(v => v.id + ": " + v.nodes[0].html + " " + v.nodes[0].failureSummary)
"""

# what can be scrolled must be reached by the keyboard
UNREACHABLE = """
[...document.querySelectorAll("main *")].filter(one =>
    one.scrollWidth > one.clientWidth + 1 && one.tabIndex < 0 &&
    ["auto", "scroll"].includes(getComputedStyle(one).overflowX)
).map(one => one.outerHTML.slice(0, 200))
"""
# axe takes time by the element: it passes by what is closed, and further rows are like the first
FEWER = """
document.querySelectorAll(
    "details:not([open]) > :not(summary), tr:nth-child(n + 5), article:nth-of-type(n + 4), "
    + "svg g > :nth-child(n + 8)"
).forEach(one => one.remove())
"""


# a figure that stands on several pages is the same on all of them: axe looks at it once
ONCE = """
seen => [...document.querySelectorAll("section.figure")].map(one => {
    const html = one.outerHTML;
    if (seen.includes(html)) one.remove();
    return html;
})
"""


# colours come from classes and attributes: of figures that are built alike the first one tells
NEW_COLOURS = """
seen => [...document.querySelectorAll("section.figure")].flatMap(figure => {
    const name = e => [e.tagName, e.className.baseVal ?? e.className, e.getAttribute("fill"),
        e.closest("[class]")?.className].join(" ")
        + (e === figure ? "" : "<" + name(e.parentElement));
    const kinds = [...new Set([figure, ...figure.querySelectorAll("*")].map(name))];
    if (kinds.every(kind => seen.includes(kind))) figure.remove();
    return kinds;
})
"""
# each that has had the focus is marked
TO_REACH = """
(() => {
    const reach = "a, summary, button, input, select, [tabindex='0']";
    window.wanted = [...document.querySelectorAll(reach)].filter(
        one => one.checkVisibility() && !one.closest("details:not([open]) > :not(summary)"));
    addEventListener("focusin", event => { event.target.dataset.reached = "yes" });
    return window.wanted.length;
})()
"""
NOT_REACHED = """
window.wanted.filter(one => !one.dataset.reached).map(one => one.outerHTML.slice(0, 200))
"""
# A4 less its margins, in pixels of CSS
PAPER = {"width": 688, "height": 1017}
# what leaves the paper, or would be scrolled there; charts and rows that no page could hold
CUT = """
(height) => [...document.querySelectorAll("main *, footer *")].filter(one => {
    const box = one.getBoundingClientRect();
    if (!box.width || one.closest(".skip")) return false;
    const cut = one.scrollWidth > one.clientWidth + 1 &&
        ["auto", "scroll", "hidden"].includes(getComputedStyle(one).overflowX);
    const high = one.matches("svg, tr") && box.height > height;
    return box.right > innerWidth + 1 || cut || high;
}).map(one => one.outerHTML.slice(0, 160))
"""
CONTRAST = "{runOnly: ['color-contrast']}"
BUT_CONTRAST = "{rules: {'color-contrast': {enabled: false}}}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(published: Published) -> list[Path]:
    return sorted((published.settings.report_folder / "current").glob("*.html"))


@dataclass
class Seen:
    """What a page turned out to be, looked at in each way."""

    requests: list[str]
    headings: int
    loads: int
    faults: dict[str, list[str]]
    too_wide: dict[str, int]


@pytest.fixture(scope="module")
def seen(browser: Browser, pages: list[Path]) -> dict[Path, Seen]:
    """Every page, opened once, in one window."""
    browser.complaints.clear()
    figures, colours = set[str](), set[str]()
    with browser.page(pages[0]) as page:
        return {path: look(browser, page, path, (figures, colours)) for path in pages}


def look(browser: Browser, page: Page, path: Path, known: tuple[set[str], set[str]]) -> Seen:
    """`known`: figures of pages before, and ways to be coloured."""
    figures, colours = known
    browser.requests.clear()
    page.emulate_media(color_scheme="light")
    page.goto(path.resolve().as_uri())
    found = Seen(
        requests=list(browser.requests),
        headings=page.locator("h1").count(),
        # whatever could load anything
        loads=page.locator("img, iframe, link[href], script[src], object, embed").count(),
        faults={},
        too_wide={},
    )
    # zooming 1100 pixels by 200 % leaves 550 of them
    for name, width in {"200 %": 550, "phone": 360}.items():
        page.set_viewport_size({"width": width, "height": 900})
        found.too_wide[name] = page.evaluate(OVERFLOW)
    found.faults["scrolled"] = page.evaluate(UNREACHABLE)
    page.set_viewport_size({"width": 1100, "height": 900})
    figures |= set(page.evaluate(ONCE, list(figures)))
    page.evaluate(FEWER)
    page.evaluate(AXE)
    found.faults["light"] = page.evaluate(FAULTS.replace("RULES", BUT_CONTRAST))
    colours |= set(page.evaluate(NEW_COLOURS, list(colours)))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        faults = page.evaluate(FAULTS.replace("RULES", CONTRAST))
        found.faults[scheme] = [*found.faults.get(scheme, []), *faults]
    return found


def named(pages: list[Path], name: str) -> Path:
    return next(page for page in pages if page.name == name)


def test_every_page_opens_from_a_folder_and_asks_for_nothing_else(
    browser: Browser, seen: dict[Path, Seen]
) -> None:
    for path, found in seen.items():
        assert found.requests == [path.resolve().as_uri()]
        assert (found.headings, found.loads) == (1, 0)
    assert browser.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(seen: dict[Path, Seen], scheme: str) -> None:
    assert {p.name: s.faults[scheme] for p, s in seen.items() if s.faults[scheme]} == {}


def test_what_is_scrolled_on_a_phone_is_reached_by_the_keyboard(seen: dict[Path, Seen]) -> None:
    assert {p.name: s.faults["scrolled"] for p, s in seen.items() if s.faults["scrolled"]} == {}


@pytest.mark.parametrize("size", ["phone", "200 %"])
def test_no_page_is_wider_than_the_window(seen: dict[Path, Seen], size: str) -> None:
    assert {p.name: s.too_wide[size] for p, s in seen.items() if s.too_wide[size]} == {}


def test_an_open_table_of_numbers_has_no_barrier_either(
    browser: Browser, pages: list[Path]
) -> None:
    with browser.page(named(pages, "index.html")) as page:
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        page.evaluate(FEWER)
        page.evaluate(AXE)
        assert page.evaluate(FAULTS.replace("RULES", "{}")) == []


def test_the_keyboard_reaches_every_link_and_every_table_of_every_page(
    browser: Browser, pages: list[Path]
) -> None:
    missed = {}
    with browser.page(pages[0]) as page:
        for path in pages:
            page.goto(path.resolve().as_uri())
            wanted = page.evaluate(TO_REACH)
            for _ in range(wanted):
                page.keyboard.press("Tab")
            missed[path.name] = page.evaluate(NOT_REACHED)
            assert wanted > 10
    assert {name: found for name, found in missed.items() if found} == {}


def test_a_summary_opens_by_the_keyboard(browser: Browser, pages: list[Path]) -> None:
    with browser.page(named(pages, "index.html")) as page:
        page.locator("details.sql summary").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("details.sql pre").first.is_visible()


def test_nothing_is_cut_on_paper(browser: Browser, pages: list[Path]) -> None:
    with browser.page(pages[0]) as page:
        page.set_viewport_size(PAPER)
        page.emulate_media(media="print")
        cut = {}
        for path in pages:
            page.goto(path.resolve().as_uri())
            cut[path.name] = page.evaluate(CUT, PAPER["height"])
            kept = page.evaluate(
                "[...document.querySelectorAll('svg')]"
                ".every(one => getComputedStyle(one).breakInside === 'avoid')"
            )
            assert kept, path.name
    assert {name: found for name, found in cut.items() if found} == {}


def test_every_page_prints_on_a4(browser: Browser, pages: list[Path]) -> None:
    for name in ("index.html", "journey.html", "words.html"):
        with browser.page(named(pages, name), scheme="dark") as page:
            printed = page.pdf(format="A4")
            page.emulate_media(media="print", color_scheme="dark")
            paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            assert page.locator("nav").first.is_hidden()
        assert printed.startswith(b"%PDF")
        # hatching once was a picture for each cell
        assert len(printed) < 1_000_000
        assert printed.count(b"/Type /Page\n") < 12
        assert paper == "rgb(255, 255, 255)"


def test_what_customers_wrote_is_text_and_nothing_else(browser: Browser, pages: list[Path]) -> None:
    browser.complaints.clear()
    for path in pages:
        with browser.page(path) as page:
            assert page.title() != "owned"
            assert (
                page.locator("main script, main img, main iframe, [onerror], [onload]").count() == 0
            )
            assert page.locator("main a[href^='javascript'], main a[href^='http']").count() == 0
            assert page.locator("h1").count() == 1
    assert browser.complaints == []


def test_right_to_left_words_stay_in_their_place(browser: Browser, pages: list[Path]) -> None:
    with browser.page(named(pages, "words.html")) as page:
        mine = page.locator("bdi.whole", has_text="يمين")
        assert mine.count() >= 1
        assert mine.first.evaluate("e => getComputedStyle(e).unicodeBidi") == "isolate"
        assert mine.first.evaluate("e => e.closest('article') !== null")


def test_a_very_long_comment_is_folded(browser: Browser, pages: list[Path]) -> None:
    with browser.page(named(pages, "words.html")) as page:
        folded = page.locator("article details", has_text="a very long story")
        assert not folded.locator(".whole").first.is_visible()
        assert folded.first.bounding_box()["height"] < 200  # type: ignore[index]
        folded.locator("summary").first.click()
        assert len(folded.locator(".whole").first.inner_text()) > 9_000


def test_comments_can_be_filtered_and_are_all_there_without_the_script(
    browser: Browser, pages: list[Path]
) -> None:
    with browser.page(named(pages, "words.html"), java_script_enabled=False) as page:
        everything = page.locator("article").count()
        assert page.locator("article:visible").count() == everything
        assert page.locator("form").is_hidden()
    with browser.page(named(pages, "words.html")) as page:
        page.get_by_label("Words").fill("  VERY long ")
        assert 0 < page.locator("article:visible").count() < everything
        assert page.locator("#found").inner_text().endswith(f"of {everything} comments")
        page.get_by_label("Words").fill("")
        page.get_by_label("Theme").select_option("price")
        assert 0 < page.locator("article:visible").count() < everything
        page.get_by_label("Theme").select_option("none of them")
        assert 0 < page.locator("article:visible").count() < everything
        page.get_by_label("Theme").select_option("all")
        page.get_by_label("Touchpoint").select_option("billing")
        assert 0 < page.locator("article:visible").count() < everything


def test_comments_are_filtered_by_the_keyboard_alone(browser: Browser, pages: list[Path]) -> None:
    with browser.page(named(pages, "words.html")) as page:
        everything = page.locator("article:visible").count()
        page.get_by_label("Words").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        assert page.get_by_label("Theme").input_value() == "price"
        assert 0 < page.locator("article:visible").count() < everything


def test_tables_are_sorted_by_the_keyboard_and_come_back(
    browser: Browser, pages: list[Path]
) -> None:
    with browser.page(named(pages, "waiting.html"), java_script_enabled=False) as page:
        assert page.locator("th button").count() == 0
        without = page.locator("table:not([class])").first.locator("tbody tr").count()
    with browser.page(named(pages, "waiting.html")) as page:
        table = page.locator("table:not([class])").first
        # exact values: 9.5 days come before 10
        texts = "t => [...t.tBodies[0].rows].map(r => Number(r.cells[0].dataset.v))"
        own = table.evaluate(texts)
        assert len(own) == without > 3
        head = table.locator("th").first
        head.locator("button").focus()
        for key, wanted in (("Enter", sorted(own)), ("Space", sorted(own)[::-1]), ("Enter", own)):
            page.keyboard.press(key)
            assert table.evaluate(texts) == wanted
        assert head.get_attribute("aria-sort") is None


def test_pictures_follow_the_dark_scheme(browser: Browser, pages: list[Path]) -> None:
    ink = "getComputedStyle(document.querySelector('svg text')).fill"
    with browser.page(named(pages, "index.html")) as page:
        light = page.evaluate(ink)
    with browser.page(named(pages, "index.html"), scheme="dark") as page:
        assert page.evaluate(ink) != light
