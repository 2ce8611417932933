"""A small company for the report: every table has rows, and some of them are hostile."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from published import HOSTILE, NOW, PLACES, Published, Row, end_of, measure, months, publish

CLOCKS = (
    *("first_reply_median", "first_reply_p90", "next_reply_median", "resolution_median"),
    *("resolution_p90", "requester_wait_median", "business_first_reply_median"),
    "business_resolution_median",
)
RATES = ("reopen_rate", "one_touch_rate", "fcr")
YEAR = {"period_start": months(12)[0], "period_end": end_of(months(1)[0])}
LEVELS = {"billing": -40, "delivery": 30, "app": 10, "support": -5, "all": 20}


def company(data: Path) -> Published:
    """The published version."""
    made = publish(data)
    for table, rows in {
        "metrics": [*_scores(), *_service(), *_totals()],
        "about_sources": [_loads("desk", "support"), _loads("forms", "survey")],
        "about_rejects": [_reject("desk", "cases"), _reject("forms", "survey_answers")],
        "customers": [{"customer_id": i, "last_nps": float(i % 11)} for i in range(60)],
        "cases": _cases(),
        "case_backlog": _backlog(),
        "scores": _answers(),
        "comments": _comments(),
        "theme_trends": _themes(),
        "outcomes": _outcomes(),
        "drivers": _drivers(),
        "journey_events": _events(),
        "journey_funnels": _funnels(),
        "journey_dropoffs": _dropoffs(),
        "journey_paths": _paths(),
        "journey_steps": _steps(),
        "team_pulse": _pulse(),
        **_findings(),
    }.items():
        made.add(table, rows)
    return made


def _scores() -> list[Row]:
    rows = []
    for place, level in LEVELS.items():
        for i, month in enumerate(months(26)):
            wave = 9 * math.sin(i * 2.3) + (25 if place == "all" and i >= 17 else 0)
            n = 4 if (i + len(place)) % 5 == 0 and place != "all" else 40
            verdicts = {"change_verdict": "noise", "change": wave, "change_low": wave - 20.0}
            if place == "billing" and i == 25:
                verdicts = {"change_verdict": "down", "change": -30.0, "change_low": -50.0}
            more = {"touchpoint": place, **verdicts, "change_high": verdicts["change"] + 20}
            rows.append(measure("nps", month, level + wave, n, **more))
            csat = min(max(70 + level / 2 + wave / 2, 1), 99)
            rows.append(measure("csat", month, csat, n, touchpoint=place))
            if i > 12:
                rows.append(
                    measure(
                        "csat",
                        month,
                        50,
                        n,
                        touchpoint=place,
                        method_version="csat 2",
                        break_before=i == 13,
                    )
                )
            rows.append(measure("ces", month, 5 + wave / 20, n, touchpoint=place))
    return rows


def _service() -> list[Row]:
    found = [
        measure(metric, month, 90 + 20 * math.cos(i), touchpoint=place)
        for metric in CLOCKS
        for i, month in enumerate(months(14))
        for place in ("all", "support", "billing")
    ]
    found.append(
        {**measure("resolution_p90", months(1)[0], 0), "flag": "open_ended", "value": None}
    )
    found[-1] |= {"interval_low": None, "interval_high": None, "method_version": "open"}
    return found + [
        measure(metric, month, 20 + 5 * math.sin(i))
        for metric in RATES
        for i, month in enumerate(months(14))
    ]


def _totals() -> list[Row]:
    whole = {"period_grain": "all", "period_start": months(26)[0], "period_end": months(1)[0]}
    rows = [
        measure(metric, months(1)[0], level if metric == "nps" else 50 + level / 2, 400)
        | whole
        | {"touchpoint": place}
        for metric in ("nps", "csat", "ces", "first_reply_median", "response_rate")
        for place, level in LEVELS.items()
    ]
    return [
        *rows,
        *(
            measure("csat", months(1)[0], 50, 400, method_version="csat 2") | whole
            for _ in range(1)
        ),
    ]


def _loads(source: str, family: str) -> Row:
    counts = {"records_read": 100, "records_accepted": 97, "records_rejected": 2}
    return {
        "source": source,
        "family": family,
        "connector": source,
        "loads": 3,
        "last_loaded_at": NOW,
        "age_hours": 1.5,
        **counts,
        "records_deduplicated": 1,
    }


def _reject(source: str, table: str) -> Row:
    return {
        "source": source,
        "table_name": table,
        "reason": "it is from the future",
        "rows": 3,
        "last_rejected_at": NOW,
    }


def _cases() -> list[Row]:
    return [
        {
            "case_id": i,
            "source": "desk",
            "case_ref": f"C{i}",
            "customer_id": i % 60,
            "team_ref": f"team {i % 3}",
            "status": "open" if i < 5 else "closed",
            "priority": "high",
            "topic": HOSTILE[0] if i == 1 else "late",
            "touchpoint": PLACES[i % 4],
            "segment": "regular",
            "created_at": NOW - timedelta(hours=37 * i + 3),
            "is_merged": False,
            "first_reply_minutes": None if i < 5 else 3.0 * (i % 40) + 1,
            "first_reply_is_censored": i < 5,
            "resolution_minutes": None if i < 5 else 60.0 + i,
            "resolution_is_censored": i < 5,
            "reopens": 0,
            "is_waiting": i < 5,
            "waiting_since": NOW - timedelta(hours=30 * i + 1) if i < 5 else None,
        }
        for i in range(300)
    ]


def _backlog() -> list[Row]:
    return [
        {
            "period_grain": "month",
            "month_end": month,
            "source": "all",
            "touchpoint": "all",
            "open_cases": 5 + i,
            "age_days_median": 1.5,
            "age_days_p90": 9.0,
            "oldest_created_at": NOW,
        }
        for i, month in enumerate(months(12))
    ]


def _answers() -> list[Row]:
    return [
        {
            "score_id": i,
            "scored_at": NOW - timedelta(hours=7 * i + 1),
            "metric": "nps",
            "score": float(i % 11),
            "scale_min": 0.0,
            "scale_max": 10.0,
            "customer_id": i % 60 if i % 9 else None,
            "source": "forms",
            "kind": "survey",
            "touchpoint": PLACES[i % 4],
            "segment": "regular",
            "voice_id": 1000 + i,
            "voice_ref": f"R{i}",
            "method_version": "nps 1",
        }
        for i in range(220)
    ]


def _comments() -> list[Row]:
    return [
        {
            "comment_id": i,
            "commented_at": NOW - timedelta(hours=7 * i + 1),
            "kind": "survey answer",
            "comment": HOSTILE[i] if i < len(HOSTILE) else f"Tea number {i} was fine",
            "language": "en" if i != 2 else 'en" onload="alert(1)',
            "metric": "nps",
            "score": float(i % 11),
            "source": "forms",
            "themes": (None, "taste", "price, taste")[i % 3],
            "touchpoint": PLACES[i % 4],
            "segment": "regular",
            "voice_id": 1000 + i,
        }
        for i in range(220)
    ]


def _themes() -> list[Row]:
    """Complaints of taste rise in July, praise of it falls, nothing else moves."""
    return [
        {
            "theme": theme,
            "tone": tone,
            "month": month,
            "touchpoint": "all",
            "segment": "all",
            "cut_by": "all",
            "n_recent": 300,
            "share_recent": 9.0 if moves else 4.0,
            "n_before": 1200,
            "share_before": 4.0,
            "change": 5.0 if moves else 0.0,
            "change_low": 2.0 if moves else -2.0,
            "change_high": 8.0 if moves else 2.0,
            "n_year_before": 300,
            "share_year_before": 4.0,
            "year_change": 5.0 if moves else 0.0,
            "year_change_low": 1.5 if moves else -2.5,
            "year_change_high": 8.5 if moves else 2.5,
            "change_verdict": verdict if moves else "noise",
            "is_rising": moves and verdict == "up",
            "interval_method": "Wilson",
            "method_version": "writers",
        }
        for theme in ("price", "taste")
        for tone, verdict in (("all", "up"), ("complaint", "up"), ("praise", "down"))
        for month in months(3)
        for moves in [theme == "taste" and month == months(1)[0]]
    ]


def _outcomes() -> list[Row]:
    """One that works and pays, one that is noise, and one that nobody can follow."""
    both = {"began_on": months(14)[0], "interval_method": "t", "method_version": "nps 1", **YEAR}
    return [
        {
            "initiative": "second carrier",
            "metric": "contact_rate",
            "verdict": "works",
            "works": True,
            "estimate": -2.8,
            "interval_low": -4.6,
            "interval_high": -1.0,
            "n": 6758,
            "net": Decimal("169.25"),
            "net_low": Decimal("-95.10"),
            "net_high": Decimal("432.40"),
            "currency": "EUR",
            **both,
        },
        {
            "initiative": HOSTILE[0],
            "metric": "nps",
            "verdict": "no more than noise",
            "works": False,
            "estimate": -1.0,
            "interval_low": -27.0,
            "interval_high": 26.0,
            "n": 547,
            **both,
        },
        {
            "initiative": "nobody knows",
            "verdict": "cannot be followed",
            "problem": "metric: empty",
        },
    ]


def _drivers() -> list[Row]:
    return [
        {
            "metric": "nps",
            "method_version": "nps 1",
            "touchpoint": place,
            "kind": "topic of a case",
            "driver": driver,
            **YEAR,
            "n": 400,
            "n_with": 30,
            "customers": 300,
            "points": points,
            "interval_low": points - 20,
            "interval_high": points + 20,
            "interval_method": "t",
            "verdict": verdict,
        }
        for driver, points, verdict, place in (
            ("late_delivery", -40.0, "down", "delivery"),
            ("question", 3.0, "noise", "app"),
        )
    ]


def _events() -> list[Row]:
    return [
        {
            "event_id": i,
            "occurred_at": NOW - timedelta(hours=3 * i),
            "customer_id": i % 60 if i % 7 else None,
            "source": "desk" if i % 2 else "forms",
            "kind": "agent_message" if i % 2 else "survey_answered",
            "is_touch": True,
            "touchpoint": PLACES[i % 4] if i % 11 else "unmapped",
            "segment": "regular",
        }
        for i in range(600)
    ]


def _funnels() -> list[Row]:
    base = {
        "failed": 10,
        "abandoned": 10,
        "ended": 0,
        "reached_share": 80.0,
        "reached_share_low": 70.0,
        "reached_share_high": 88.0,
        "median_days": 3.0,
        "median_days_low": 2.0,
        "median_days_high": 4.0,
    }
    rows: list[Row] = []
    for journey in ("help", "purchase"):
        whole = {
            "period_start": months(12)[0],
            "period_end": months(1)[0],
            "entered": 105,
            "reached": 80,
            "open": 5,
            "n": 100,
        }
        rows.append({"journey": journey, "period_grain": "all", **whole, **base})
        rows += [
            {
                "journey": journey,
                "period_grain": "month",
                "period_start": month,
                "period_end": month + timedelta(days=27),
                "entered": 105,
                "reached": 80,
                "open": 5 if i == 11 else 0,
                "n": 100,
                **base,
            }
            for i, month in enumerate(months(12))
        ]
    nothing = dict.fromkeys(
        ("reached_share", "reached_share_low", "reached_share_high", "median_days")
    )
    rows.append({**rows[0], "journey": "relationship", **nothing, "flag": "no_goal"})
    return rows


def _dropoffs() -> list[Row]:
    return [
        {
            "journey": "help",
            "step": step,
            "touchpoint": place,
            "arrived": 50,
            "went_on": 30,
            "reached": 10,
            "failed": 4,
            "abandoned": 6,
            "ended": 0,
            "open": 0,
            "n": 50,
            "dropped_share": 20.0,
            "dropped_share_low": 11.0,
            "dropped_share_high": 33.0,
        }
        for step in (1, 2)
        for place in ("all", *PLACES)
    ]


def _paths() -> list[Row]:
    return [
        {
            "journey": "help",
            "path": " > ".join(PLACES[: place + 1]),
            "place": place,
            "paths": 1,
            "journeys": 40,
            "all_journeys": 100,
            "share": 40.0,
            "share_low": 31.0,
            "share_high": 50.0,
            "n": 40,
            "reached_share": 90.0,
            "reached_share_low": 77.0,
            "reached_share_high": 96.0,
            "looped_share": 5.0,
        }
        for place in (1, 2, 3)
    ]


def _steps() -> list[Row]:
    return [
        {
            "journey_id": i,
            "journey": "help",
            "step": 2,
            "previous_touchpoint": PLACES[i % 2],
            "touchpoint": PLACES[2 + i % 2],
            "minutes_since_previous": float(5 + i * 3),
        }
        for i in range(80)
    ]


def _pulse() -> list[Row]:
    rows = []
    for month in months(3):
        for i, team in enumerate(("all", "Nightingale", "Warehouse", "Tiny")):
            hidden = team == "Tiny"
            for driver, metric in (("enps", "enps"), ("tools", "rating")):
                seen: Row = {
                    "n": 9,
                    "value": 10.0 - i,
                    "interval_low": 4.0 - i,
                    "interval_high": 15.0 - i,
                }
                if hidden:
                    seen = dict.fromkeys(seen)
                rows.append(
                    {
                        "month": month,
                        "source": "pulse",
                        "team_ref": team,
                        "team": team,
                        "touchpoint": "support",
                        "question_id": driver,
                        "driver": driver,
                        "metric": metric,
                        "method_version": metric,
                        **seen,
                        "interval_method": None if hidden else "t",
                        "is_hidden": hidden,
                        "customer_csat_version": "csat 1-5",
                        "customer_csat_n": 12,
                        "customer_csat": 75.0,
                        "customer_csat_low": 47.0,
                        "customer_csat_high": 91.0,
                    }
                )
    return rows


def _findings() -> dict[str, list[Row]]:
    return {
        "questions_to_map": [
            {
                "source": "forms",
                "survey_id": "s",
                "question_id": "q",
                "item_id": "",
                "question": HOSTILE[0],
                "numeric_answers": 7,
                "reason": "not mapped",
            }
        ],
        "touchpoints_to_map": [
            {
                "source": "desk",
                "kind": "case",
                "reason": "no rule",
                "voices": 3,
                "first_at": NOW,
                "last_at": NOW,
            }
        ],
        "themes_to_map": [
            {
                "language": "en",
                "word": word,
                "customers": 9,
                "comments": 40,
                "without_theme": 12,
                "without_theme_share": 30.0,
            }
            for word in ("ribbon", "voucher")
        ],
        "journeys_to_check": [
            {"severity": "look", "place": "journeys", "journey": "help", "finding": "never", "n": 1}
        ],
        "clocks_to_check": [
            {"severity": "look", "place": "cases", "entry": "desk", "finding": "backwards", "n": 1}
        ],
        "identity_conflicts": [
            {
                "conflict": 1,
                "problem": "blocklisted",
                "reference_kind": "email",
                "customers": 3,
                "records": 9,
            }
        ],
        "case_parity_summary": [
            {
                "source": "desk",
                "clock": "resolution",
                "hours": "calendar",
                "compared": 9,
                "agreed": 9,
                "match_rate": 100.0,
                "match_rate_low": 70.0,
                "match_rate_high": 100.0,
                "not_ours": 0,
                "not_stated": 0,
                "reasons": None,
            }
        ],
    }
