"""The report of whatever was published: nothing yet, little, too much; and how it is swapped in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import filelock
import pytest
from pages import Shown, read
from published import HOSTILE, NOW, PLACES, Published, end_of, measure, months, publish
from small_company import company

from connectors.errors import EarfulError, FixConfiguration, FixEnvironment, Locked
from orchestration.publishing.versions import Versions
from orchestration.report import build as building
from orchestration.report import editions
from orchestration.report.build import build
from orchestration.settings import ROOT, Settings

pytestmark = pytest.mark.slow


def page(settings: Settings, name: str) -> str:
    return (settings.report_folder / "current" / name).read_text(encoding="utf-8")


def figures(settings: Settings, name: str) -> dict[str, Shown]:
    path = settings.report_folder / "current" / name
    return {figure.name: figure for figure in read(path)}


def text_of(page: str) -> str:
    """What readers see: neither queries nor styles."""
    bare = re.sub(r"<(style|script|pre)\b.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", bare)


def test_a_version_without_a_row_says_so_on_every_page(tmp_path: Path) -> None:
    made = publish(tmp_path)

    report = build(made.settings)

    # the pages of sources are missing: there are none
    assert report.pages == 9 + 6
    for path in report.path.parent.glob("*.html"):
        told = text_of(path.read_text(encoding="utf-8"))
        assert not re.search(r"\b(None|nan|NaN|undefined)\b", told), path.name
    assert figures(made.settings, "index.html")["scoreboard"].is_empty
    assert "No two complete months can be compared yet." in page(made.settings, "index.html")
    assert "Nobody waits" in page(made.settings, "waiting.html")


def test_one_month_is_shown_and_compared_with_nothing(tmp_path: Path) -> None:
    made = publish(tmp_path)
    made.add("metrics", [measure("nps", month, 20.0) for month in months(1)])

    build(made.settings)

    assert "nothing to compare" in page(made.settings, "index.html")
    chart = figures(made.settings, "index.html")["control-nps-0"]
    assert len(chart.rows) == 1
    assert chart.pictures == 1


def test_a_metric_without_an_interval_says_why(tmp_path: Path) -> None:
    made = publish(tmp_path)
    nothing = dict.fromkeys(("value", "interval_low", "interval_high", "interval_method"))
    [row] = [measure("nps", month, 0.0, n=1) for month in months(1)]
    made.add("metrics", [row | nothing | {"flag": "too_few"}])

    build(made.settings)

    assert "too few" in text_of(page(made.settings, "index.html"))


def test_a_file_without_a_table_is_told_of(tmp_path: Path) -> None:
    made = publish(tmp_path, without=["team_pulse", "journey_events", "questions_to_map"])

    build(made.settings)

    assert "has no table team_pulse" in page(made.settings, "people.html")
    assert "has no table journey_events" in page(made.settings, "unknown.html")


def test_a_file_of_another_release_is_refused_and_the_report_stays(tmp_path: Path) -> None:
    made = publish(tmp_path)
    first = build(made.settings)
    made.folder.joinpath("earful.duckdb").chmod(0o644)
    made.execute("alter table cases drop column waiting_since")

    with pytest.raises(FixEnvironment, match="another release") as caught:
        build(made.settings)

    assert caught.value.code == "REPORT-QUERY"
    assert editions.reports(made.settings).current() == first.version


def test_a_version_without_its_file_is_one_sentence(tmp_path: Path) -> None:
    made = publish(tmp_path)
    made.folder.joinpath("earful.duckdb").unlink()

    with pytest.raises(FixEnvironment) as caught:
        build(made.settings)

    assert caught.value.code == "WAREHOUSE-MISSING"


def test_a_file_from_before_there_were_themes_is_shown_without(tmp_path: Path) -> None:
    made = publish(tmp_path, without=["theme_trends", "comment_themes", "themes_to_map"])
    made.execute("alter table comments drop column themes")
    scored = {"voice_id": 1, "metric": "nps", "score": 0.0, "scale_min": 0.0, "scale_max": 10.0}
    made.add("scores", [{"score_id": 1, **scored}])
    wrote = {"comment": "Too late", "commented_at": NOW, "touchpoint": "delivery"}
    made.add("comments", [{"comment_id": 1, "voice_id": 1, "metric": "nps", "score": 0.0, **wrote}])

    build(made.settings)

    assert "Too late" in page(made.settings, "words.html")
    assert "has no table theme_trends" in page(made.settings, "index.html")


def test_the_theme_that_rises_is_told_and_what_moved_in_each_tone(published: Published) -> None:
    first = text_of(page(published.settings, "index.html"))
    words = figures(published.settings, "words.html")

    assert (
        "1 of 2 themes of complaints rose beyond noise until Jul 2026: taste, of which 9" in first
    )
    for tone, colour in (("complaint", "bad"), ("praise", "bad")):
        figure = words[f"themes-{tone}"]
        assert [row[0] for row in figure.rows] == ["taste", "price"]
        section = page(published.settings, "words.html").split(f'id="themes-{tone}-title"')[1]
        assert section.split("</section>")[0].count(f'class="dot {colour}"') == 1


def test_what_was_done_has_a_verdict_and_what_moves_a_score_a_colour(
    published: Published,
) -> None:
    worth = page(published.settings, "worth.html")
    told = text_of(worth)

    assert [row[0] for row in figures(published.settings, "worth.html")["outcomes"].rows] == [
        "second carrier",
        HOSTILE[0],
        "nobody knows",
    ]
    assert "+169 (−95 to +432) EUR" in told
    assert "metric: empty" in told
    assert told.index("late delivery (topic of a case)") < told.index("question (topic of a case)")
    assert worth.count('class="dot good"') == worth.count('class="dot bad"') == 1


def test_nothing_that_rises_is_said_too(tmp_path: Path) -> None:
    made = publish(tmp_path)
    still = {"month": months(1)[0], "cut_by": "all", "n_recent": 90, "change_verdict": "noise"}
    told = {"theme": "price", "tone": "complaint", "touchpoint": "all", "is_rising": False}
    made.add("theme_trends", [still | told])

    build(made.settings)

    assert "No theme of complaints rises: of 1 that" in page(made.settings, "index.html")


def test_a_season_is_named_and_not_coloured(tmp_path: Path) -> None:
    made = publish(tmp_path)
    said = {"tone": "complaint", "touchpoint": "all", "cut_by": "all", "month": months(1)[0]}
    moved = {"change": 5.0, "change_low": 2.0, "change_high": 8.0, "change_verdict": "season"}
    shares = {"n_recent": 90, "share_recent": 9.0, "share_before": 4.0, "share_year_before": 8.5}
    told = {"theme": "late_delivery", "is_rising": False, "year_change": 0.5}
    made.add("theme_trends", [said | moved | shares | told])

    build(made.settings)

    first = text_of(page(made.settings, "index.html"))
    assert "beyond noise and season. In season, as a year before: late delivery." in first
    section = page(made.settings, "words.html").split('id="themes-complaint-title"')[1]
    drawn = section.split("</section>")[0]
    assert "season: +5" in drawn
    assert 'class="dot grey"' in drawn
    assert 'class="dot bad"' not in drawn


def test_nothing_published_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FixEnvironment) as caught:
        build(Settings(data=tmp_path))

    assert caught.value.code == "REPORT-NOTHING"


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    made = publish(tmp_path)
    made.settings.report_folder.write_text("a file where the folder would be")

    with pytest.raises(FixEnvironment) as caught:
        build(made.settings)

    assert caught.value.code == "DATA-WRITE"


def test_a_build_that_breaks_off_leaves_the_report_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = publish(tmp_path)
    first = build(made.settings)
    write = Path.write_text

    def break_off(self: Path, text: str, **how: str) -> int:
        if self.name == "waiting.html":
            raise ZeroDivisionError
        return write(self, text, **how)

    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(Path, "write_text", break_off)
        build(made.settings)

    there = editions.reports(made.settings)
    assert there.names() == [first.version] == [there.current()]
    half = list((there.root / "versions").glob(".new-*"))
    assert len(half) == 1
    build(made.settings)
    assert not half[0].exists()


def test_two_builds_take_turns(tmp_path: Path) -> None:
    made = publish(tmp_path)
    made.settings.report_folder.mkdir()

    with filelock.FileLock(made.settings.report_folder / ".lock"), pytest.raises(Locked) as caught:
        build(made.settings)

    assert caught.value.code == "REPORT-LOCKED"


def test_a_report_is_named_as_its_version_and_the_last_ones_are_kept(tmp_path: Path) -> None:
    made = publish(tmp_path)
    version = Versions(made.settings.published).current()

    names = [build(made.settings).version for _ in range(12)]

    assert names[0] == version
    assert {editions.version_of(name) for name in names} == {version}
    there = editions.reports(made.settings)
    assert there.names() == names[-made.settings.keep_versions :]
    assert there.current() == names[-1]
    assert editions.is_current(made.settings)


def test_the_report_follows_a_rollback(tmp_path: Path) -> None:
    first = publish(tmp_path)
    build(first.settings)
    second = publish(tmp_path)
    build(second.settings)
    assert editions.is_current(second.settings)

    _, version = Versions(second.settings.published).roll_back()

    assert not editions.is_current(second.settings)
    assert editions.follow(second.settings, version)
    assert editions.is_current(second.settings)
    assert not editions.follow(second.settings, "20000101T000000.000000Z")


def test_of_a_hidden_team_no_number_is_told(published: Published) -> None:
    shown = figures(published.settings, "people.html")
    for name in ("teams", "drivers"):
        rows = [row for row in shown[name].rows if "Tiny" in row]
        assert rows
        for row in rows:
            # n, value, both ends of the interval and how it was made
            assert row[6:11] == [""] * 5
            assert row[11] == "True"
    line = re.search(r"<bdi>Tiny</bdi>.*?</tr>", page(published.settings, "people.html"), re.DOTALL)
    assert line
    assert re.findall(r'class="n"><bdi>([^<]*)<', line[0]) == ["support", "hidden", "–", "–"]


def test_sentences_tell_what_moved_and_where_it_hurts(published: Published) -> None:
    shown = figures(published.settings, "index.html")

    assert "NPS at billing is worse than the month before" in shown["changed"].text
    assert "At billing: NPS −40" in shown["hurts"].text
    assert "clearly apart from the whole" in shown["hurts"].text


def test_the_share_of_scores_without_a_customer_is_what_the_query_returns(
    published: Published,
) -> None:
    shown = figures(published.settings, "index.html")["not-known"]
    [row] = published.rows(shown.query)

    assert [str(value) for value in row[-2:]] == shown.rows[0][-2:]
    assert f"the other {int(shown.rows[0][9]):,} think is not known" in shown.text


def test_a_response_rate_of_nobody_is_not_told(tmp_path: Path) -> None:
    made = publish(tmp_path)
    nothing = dict.fromkeys(("value", "interval_low", "interval_high", "interval_method"))
    whole = {"period_grain": "all", "n": 0, "flag": "too_few"}
    made.add("metrics", [measure("response_rate", months(1)[0], 0.0) | nothing | whole])

    build(made.settings)

    told = figures(made.settings, "index.html")["not-known"].text
    assert "No survey has told whom it invited" in told
    assert "%" not in told


def test_a_team_is_grey_where_its_interval_spans_zero(tmp_path: Path) -> None:
    made = publish(tmp_path)
    ends = {"all": (-15.0, 4.0), "down": (-56.0, -7.0), "up": (14.0, 52.0), "even": (-1.0, 1.0)}
    asked = {"month": months(1)[0], "metric": "enps", "is_hidden": False, "n": 9, "value": 0.0}
    made.add(
        "team_pulse",
        [
            asked | {"team": team, "team_ref": team, "interval_low": low, "interval_high": high}
            for team, (low, high) in ends.items()
        ],
    )

    build(made.settings)

    lines = re.findall(
        r'<th scope="row"><bdi>(\w+)</bdi></th>\s*<td class="dot (\w+)"',
        page(made.settings, "people.html"),
    )
    assert dict(lines) == {"all": "grey", "down": "bad", "up": "good", "even": "grey"}


def test_touchpoints_that_add_up_to_the_whole_are_not_held_against_it(tmp_path: Path) -> None:
    """Each has fewer cases than all together: that is no merit."""
    made = publish(tmp_path)
    whole = {"period_grain": "all", "n": 960, "interval_low": 20.0, "interval_high": 28.0}
    rows = [
        measure("contact_rate", months(1)[0], 24.0) | whole | {"touchpoint": "billing"},
        measure("contact_rate", months(1)[0], 174.0)
        | whole
        | {"interval_low": 165.0, "interval_high": 182.0},
        measure("contact_rate", months(1)[0], 9.8),
        measure("contact_rate", months(1)[0], 1.8, touchpoint="billing"),
    ]
    for row in rows:
        made.add("metrics", [row])

    build(made.settings)

    text = page(made.settings, "for-finance.html")
    section = text.split('id="places-contact-rate-0-title"')[1].partition("</section>")[0]
    assert re.findall(r'class="dot (\w+)"', section) == ["ink", "ink"]
    assert 'class="ref"' not in section
    assert "Touchpoints are parts of the whole" in section
    assert "Cases per 100 customers at billing by month" in text


def test_names_that_systems_gave_are_read_in_words(published: Published) -> None:
    flags = figures(published.settings, "unknown.html")["flags"]
    text = page(published.settings, "unknown.html")

    assert flags.rows[0][0] == "open_ended"
    assert ">no end yet<" in text
    assert ">Resolution, nine in ten<" in text
    assert " · unknown · " not in page(published.settings, "words.html")


def test_cells_of_few_answers_are_hatched_and_not_coloured(published: Published) -> None:
    text = page(published.settings, "journey.html")
    cells = re.findall(r'<td class="(\w+)"[^>]*><b>[^<]*</b><small>([\d,]+)</small>', text)

    assert {tone for tone, n in cells if n == "4"} == {"small"}
    assert {tone for tone, n in cells if n != "4"} >= {"good", "bad", "plain"}


def test_months_that_are_not_settled_are_not_drawn(tmp_path: Path) -> None:
    """Of the latest months those that are over are the quick ones."""
    made = publish(tmp_path)
    share = {"reached_share": 80.0, "reached_share_low": 70.0, "reached_share_high": 88.0}
    early = {**dict.fromkeys(share), "open": 20, "flag": "unsettled"}
    kind = {"journey": "renewal", "entered": 50, "n": 50, "open": 0, "median_days": 60.0} | share
    made.add("journey_funnels", [{"period_grain": "all", "period_start": months(9)[0]} | kind])
    made.add(
        "journey_funnels",
        [
            {"period_grain": "month", "period_start": month, "period_end": end_of(month)}
            | kind
            | (early if place > 3 else {})
            for place, month in enumerate(months(6))
        ],
    )

    build(made.settings)

    shown = figures(made.settings, "journey.html")["reached-by-month"]
    assert [row[-1] for row in shown.rows[:4]] == [shown.rows[0][-1]] * 4
    assert [row[-1] for row in shown.rows[4:]] == ["unsettled"] * 2
    assert drawn(made.settings, "journey.html", "reached-by-month") == 4


def test_a_control_chart_has_a_mark_for_each_month(published: Published) -> None:
    rows = figures(published.settings, "index.html")["control-nps-0"].rows

    assert drawn(published.settings, "index.html", "control-nps-0") == len(rows) == 26


def drawn(settings: Settings, name: str, figure: str) -> int:
    """Points in a picture: arcs that Vega draws."""
    text = page(settings, name)
    _, _, rest = text.partition(f'<h2 id="{figure}-title">')
    return len(re.findall(r'<path [^>]*d="M[^"]*A', rest.partition("</figure>")[0]))


def test_an_audience_sees_its_touchpoints_alone(published: Published) -> None:
    shown = figures(published.settings, "for-product.html")

    said = {row[0] for row in shown["words-praise"].rows} | set(shown["words-praise"].comments)
    assert said
    assert "app" in shown["heat-nps-0"].text
    assert "billing" not in shown["heat-nps-0"].text


EMPTY = "{name: a, title: A, lead: l, metrics: [], figures: []}"


def configured(made: Published, yaml: str) -> Settings:
    file = made.settings.data / "report.yaml"
    file.write_text(yaml, encoding="utf-8")
    return made.settings.model_copy(update={"report": file})


def test_pages_of_sources_lead_to_the_data_docs_where_they_are_served(tmp_path: Path) -> None:
    made = company(tmp_path)
    settings = configured(made, "data_docs: https://docs.example/raw_gate")
    build(settings)

    assert '<a href="https://docs.example/raw_gate">' in page(settings, "source-desk.html")
    with pytest.raises(FixConfiguration, match="data_docs: URL scheme should be 'http' or 'https'"):
        build(configured(made, "data_docs: javascript:alert(1)"))


def test_who_waits_is_told_how_far_past_the_first_promise_that_is_meant(tmp_path: Path) -> None:
    """They have waited for 1, 31, 61, 91 and 121 hours, the second of them at PLACES[1]."""
    made = company(tmp_path)
    settings = configured(
        made,
        f"""
        promises:
          cases:
            - {{within_hours: 100, touchpoint: {PLACES[1]}}}
            - {{within_hours: 60, priority: high}}
            - {{within_hours: 1}}
        """,
    )
    build(settings)

    shown = {f.name: f for f in read(settings.report_folder / "current" / "waiting.html")}
    past = [row[1] for row in shown["open-cases"].rows]
    assert past == [f"{60.0 * hours}" for hours in (61, 31, 1)] + ["", ""]
    assert sum(int(row[2]) for row in shown["ages"].rows) == 3
    assert "within 4.2\u202fd at" in shown["ages"].text
    assert "No promise is stated" in shown["unanswered"].text


def test_an_instance_says_only_what_is_different(tmp_path: Path) -> None:
    made = company(tmp_path)
    settings = configured(
        made,
        """
        title: Tea & <b>sympathy</b>
        minimum_n: 3
        metrics: {nps: {label: Would recommend, definition: It is., unit: points, better: up}}
        audiences:
          - name: board
            title: For the board
            lead: One number.
            metrics: [nps]
            touchpoints: [billing]
            figures: [scoreboard, places]
          - name: staff
            title: For the staff
            lead: In words of their own.
            metrics: [nps]
            figures: [places, unanswered]
            words: {nps: {label: Likes <us>, definition: Do they., unit: points, better: up}}
        """,
    )

    build(settings)

    names = {path.name for path in (settings.report_folder / "current").iterdir()}
    assert {name for name in names if name.startswith("for-")} == {
        "for-board.html",
        "for-staff.html",
    }
    text = page(settings, "for-board.html")
    assert "Tea &amp; &lt;b&gt;sympathy" in text
    assert "Would recommend" in text
    assert not any(f">{place}<" in text for place in PLACES if place != "billing")
    # in what is drawn and in the numbers behind it, on that page alone
    theirs = page(settings, "for-staff.html")
    assert "Likes &lt;us&gt; by touchpoint" in theirs
    assert ">Would recommend<" not in theirs
    assert "Likes" not in text + page(settings, "waiting.html")


@pytest.mark.parametrize(
    ("yaml", "culprit"),
    [
        ("titel: x", "titel"),
        ("minimum_n: 1", "minimum_n"),
        ("- a list", "mapping"),
        ("promises: {low_scores: [{within_hours: 1, priority: high}]}", "a score has no priority"),
        ("title: [", "YAML"),
        (
            "audiences: [{name: a, title: A, lead: l, metrics: [nps], figures: [scorebord]}]",
            "did you mean scoreboard",
        ),
        (
            f"audiences: [{EMPTY}, {EMPTY}]",
            "two audiences are called a",
        ),
        ("audiences: [{name: ../a, title: A, lead: l, metrics: [], figures: []}]", "name"),
    ],
)
def test_a_yaml_that_cannot_be_meant_is_named(tmp_path: Path, yaml: str, culprit: str) -> None:
    made = publish(tmp_path)

    with pytest.raises(FixConfiguration, match=re.escape(culprit)) as caught:
        build(configured(made, yaml))

    assert caught.value.code == "REPORT-CONFIG"


def test_a_yaml_that_is_not_there_is_named(tmp_path: Path) -> None:
    made = publish(tmp_path)

    with pytest.raises(FixConfiguration, match="cannot be read"):
        build(made.settings.model_copy(update={"report": tmp_path / "nowhere.yaml"}))


def earful(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("EARFUL_")}
    return subprocess.run(
        [sys.executable, "-c", "from orchestration.cli import main; main()", *arguments],
        env={**kept, "EARFUL_DATA": str(data), "EARFUL_LOCK_WAIT": "0", "PYTHONPATH": str(ROOT)},
        cwd=data,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_tells_where_the_report_is(tmp_path: Path) -> None:
    publish(tmp_path)

    ended = earful(tmp_path, "report")
    again = earful(tmp_path, "report", "--json")

    assert (ended.returncode, again.returncode) == (0, 0), ended.stderr
    assert Path(ended.stdout.strip()) == tmp_path / "report/current/index.html"
    assert json.loads(again.stdout)["pages"] == 15


@pytest.mark.parametrize("arguments", [["report"], ["report", "serve", "--port", "0"]])
def test_without_a_version_the_command_says_what_to_do(
    tmp_path: Path, arguments: list[str]
) -> None:
    ended = earful(tmp_path, *arguments)

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "earful " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_rollback_takes_the_report_along(tmp_path: Path) -> None:
    first = publish(tmp_path)
    build(first.settings)
    publish(tmp_path)

    ended = earful(tmp_path, "publish", "--rollback")

    assert ended.returncode == 0, ended.stderr
    assert "its report is not kept" not in ended.stderr
    assert editions.is_current(first.settings)


def test_a_run_with_nothing_new_pays_for_no_chart() -> None:
    code = (
        "import sys, orchestration.runs, orchestration.report.editions, orchestration.report.build;"
        "print(sorted({'altair', 'vl_convert'} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert told.stdout.strip() == "[]"


def test_every_error_has_an_explanation() -> None:
    from orchestration.explanations import EXPLANATIONS  # noqa: PLC0415

    folder = Path(building.__file__).parent
    codes = {
        code
        for path in folder.glob("*.py")
        for code in re.findall(r'"(REPORT-[A-Z-]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(codes) > 4
    assert codes <= set(EXPLANATIONS)
    assert issubclass(FixEnvironment, EarfulError)


def test_a_source_that_failed_is_told_first_and_one_that_never_landed_too(tmp_path: Path) -> None:
    made = publish(tmp_path)
    loaded = {"family": "support", "connector": "test", "last_loaded_at": NOW, "age_hours": 1.0}
    made.add(
        "about_sources",
        [
            {"source": "desk", **loaded, "loads": 2},
            {"source": "shop", **loaded, "loads": 2, "is_late": True, "stale_after_hours": 6.0},
            {"source": "forms", **loaded, "loads": 2, "failed_streams": "responses"},
            {"source": "calls", "family": "support", "connector": "test", "loads": 0},
        ],
    )

    build(made.settings)

    rows = figures(made.settings, "unknown.html")["late"].rows
    assert [(row[0], row[2]) for row in rows] == [
        ("forms", "failed: responses"),
        ("shop", "late"),
        ("calls", "never loaded"),
        ("desk", "heard of"),
    ]


@pytest.mark.parametrize("metric", ["response_rate", "nps"])
def test_the_first_page_names_the_sources_that_are_missing(tmp_path: Path, metric: str) -> None:
    """Whether or not a survey told whom it asked."""
    made = publish(tmp_path)
    whole = measure(metric, months(1)[0], 40.0, period_grain="all")
    made.add("metrics", [whole])
    loaded = {"family": "support", "connector": "test", "loads": 2, "last_loaded_at": NOW}
    made.add(
        "about_sources",
        [
            {"source": "desk", **loaded},
            {"source": "shop", **loaded, "is_late": True},
            {"source": "forms", **loaded, "failed_streams": "responses"},
        ],
    )

    build(made.settings)

    told = text_of(page(made.settings, "index.html"))
    assert "late, or failed when last read: forms, shop." in told
