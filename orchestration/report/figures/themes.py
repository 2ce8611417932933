"""What customers write about: how many mention each theme, and which of them rise."""

from __future__ import annotations

from markupsafe import Markup

from orchestration.report.drawings import DotRow, DotTable, dots, render
from orchestration.report.figure import Figure, Result, Row
from orchestration.report.figures.context import Context
from orchestration.report.formats import count, interval, month, number
from orchestration.warehouse.sql import literal

_LATEST = """
            where cut_by = {cut} and month + interval 1 month <= {today}
                and month >= {since}
            qualify month = max(month) over ()
"""


def themes(context: Context) -> list[Figure]:
    """Themes of complaints, then those of praise."""
    return [_table(context, "complaint"), _table(context, "praise")]


def _latest(context: Context, cut: str) -> str:
    """The last complete month, unless nobody has written for long."""
    facts = context.facts
    return _LATEST.format(cut=literal(cut), today=facts.today, since=facts.months_ago(3)).strip()


def _table(context: Context, tone: str) -> Figure:
    does = "complain of" if tone == "complaint" else "praise"
    title = f"What they {does}"
    return Figure(
        name=f"themes-{tone}",
        title=title,
        says=(
            f"All touchpoints together. Of those who wrote in three months, how many {does} "
            "each theme, less those of the twelve months before, with the 95 % interval of the "
            "difference. Coloured only where it is more than noise although all themes were looked "
            "at (Benjamini-Hochberg, 5 %) and the same months a year before, if known, do not show "
            "it too: then it is the season. A theme is found by the patterns of the seed "
            "theme_map; somebody who writes of several counts for each."
        ),
        sql=f"""
        with latest as (
            select theme, tone, (month - interval 2 months)::date as period_start,
                last_day(month) as period_end, n_recent as n, share_recent, n_before, share_before,
                change, change_low, change_high, n_year_before, share_year_before, year_change,
                year_change_low, year_change_high, change_verdict, interval_method, method_version
            from theme_trends
            {_latest(context, "all")}
        )

        select * from latest
        where tone = {literal(tone)} and (share_recent > 0 or share_before > 0)
        order by share_recent desc, theme
        """,
        draw=lambda result: _draw(result, title, tone),
        empty="Nobody has written so in the last complete month, or no theme was found.",
    )


def _draw(result: Result, title: str, tone: str) -> Markup:
    ends = [abs(row[c]) for row in result.rows for c in ("change_low", "change_high") if row[c]]
    most = max(ends, default=1.0)
    return dots(
        DotTable(
            heads=("theme", "share", "before", "a year before", "change", "95 % interval", "n"),
            rows=[_row(row, tone) for row in result.rows],
            axis=(number(-most, "percent", signed=True), number(most, "percent", signed=True)),
            scale=(-most, most),
            reference=0.0,
            caption=title,
        )
    )


def _row(row: Row, tone: str) -> DotRow:
    tones = {"up": "bad", "down": "good"} if tone == "complaint" else {"up": "good", "down": "bad"}
    change = number(row["change"], "percent", signed=True)
    return DotRow(
        cells=(
            spoken(row["theme"]),
            number(row["share_recent"], "percent"),
            number(row["share_before"], "percent"),
            number(row["share_year_before"], "percent"),
            f"season: {change}" if row["change_verdict"] == "season" else change,
            interval(row["change_low"], row["change_high"], "percent", signed=True),
            count(row["n"]),
        ),
        value=row["change"],
        low=row["change_low"],
        high=row["change_high"],
        tone=tones.get(row["change_verdict"], "grey"),
    )


def spoken(theme: str) -> str:
    """A theme as it is read."""
    return theme.replace("_", " ")


def rising(context: Context) -> list[Figure]:
    """A sentence: themes that customers complain of more than before."""
    return [
        Figure(
            name="rising",
            title="What rises in their words",
            says=(
                "Themes of complaints, all touchpoints together: those who wrote in the last three "
                "complete months against those of the twelve months before. It counts only if "
                "it is more than noise though all themes were looked at (Benjamini-Hochberg, 5 %), "
                "and more than in the same months a year before, if these are known."
            ),
            sql=f"""
            with latest as (
                select *
                from theme_trends
                {_latest(context, "all").replace(chr(10), chr(10) + "    ")}
            ),

            counted as (
                select max(month) as latest_month, count(*) as themes,
                    count_if(is_rising) as themes_rising,
                    string_agg(theme, ', ' order by theme) filter (
                        where change_verdict = 'season' and change > 0
                    ) as themes_in_season
                from latest
                where tone = 'complaint' and change_verdict is not null
            )

            select counted.*, rising.theme, rising.n_recent as n, rising.share_recent,
                rising.share_before, rising.change, rising.change_low, rising.change_high,
                rising.share_year_before, rising.year_change, rising.year_change_low,
                rising.year_change_high, rising.interval_method, rising.method_version
            from counted
            left join (select * from latest where tone = 'complaint' and is_rising) as rising
                on true
            where counted.themes > 0
            order by rising.change desc, rising.theme
            """,
            draw=lambda result: render("sentence.html", text=_say(result.rows)),
            empty="Too little has been written yet to tell whether any theme rises.",
            links={"What they write, by theme": "words.html"},
        )
    ]


def _say(rows: tuple[Row, ...]) -> str:
    first = rows[0]
    until = month(first["latest_month"])
    seasonal = first["themes_in_season"]
    season = f" In season, as a year before: {spoken(seasonal)}." if seasonal else ""
    if not first["themes_rising"]:
        return (
            f"No theme of complaints rises: of {first['themes']:,} that customers wrote of until "
            f"{until}, none is mentioned more than before beyond noise"
            f"{' and season' if seasonal else ''}.{season}"
        )
    told = "; ".join(_risen(row) for row in rows[:3])
    return (
        f"{first['themes_rising']:,} of {first['themes']:,} themes of complaints rose beyond noise "
        f"until {until}: {told}.{season}"
    )


def _risen(row: Row) -> str:
    share, before = (number(row[c], "percent") for c in ("share_recent", "share_before"))
    ends = interval(row["change_low"], row["change_high"], "percent", signed=True)
    change = number(row["change"], "percent", signed=True)
    return (
        f"{spoken(row['theme'])}, of which {share} of those who wrote complain after {before} "
        f"({change}, {ends}, n = {row['n']:,})"
    )
