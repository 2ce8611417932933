"""Writes sample exports: a small tea shop, invented from end to end.

    python examples/exports/make_exports.py

Six tools' exports, each with the oddities of its kind: a CRM (CSV and Excel), a shop (CSV with
semicolons, decimal commas and Windows-1252), a survey tool (two header rows, UTF-16), a help
desk (NDJSON), a review site (CSV) and an employee pulse (CSV). Nobody in them exists. A few
cells are wrong on purpose, so that there is something to set aside.
"""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from tea_shop import World, live

HERE = Path(__file__).parent / "exports"


def main() -> None:
    """Let each tool write its export of the year that the shop lived."""
    world = live()
    for write in (_crm, _shop, _survey, _help_desk, _reviews, _employees):
        write(world)


def _crm(world: World) -> None:
    rows = [
        [
            c.number,
            c.name,
            c.email,
            c.phone,
            c.account,
            c.city,
            "wholesale" if c.account else "retail",
            c.since.strftime("%Y-%m-%d"),
        ]
        for c in world.customers
    ]
    _csv(
        "crm/contacts.csv",
        ["id", "name", "email", "phone", "account", "city", "type", "since"],
        rows,
    )
    book = xlsxwriter.Workbook(HERE / "crm/accounts.xlsx", {"in_memory": True})
    book.set_properties({"created": datetime(2026, 11, 1)})
    sheet = book.add_worksheet("Accounts")
    sheet.write_row(0, 0, ["Account", "Name", "Type", "Customer since"])
    for row in range(1, 41):
        sheet.write_row(row, 0, [f"A{row:03}", f"Tea room no. {row}", "wholesale", "2024-05-01"])
    book.close()


def _shop(world: World) -> None:
    """One file a month, as the shop's back end drops them."""
    for month in sorted({o["at"].strftime("%Y-%m") for o in world.orders}):
        rows = [
            [
                o["order"],
                o["customer"],
                o["email"],
                o["at"].strftime("%d.%m.%Y %H:%M"),
                f"{o['amount']:.2f}".replace(".", ","),
                "€",
                o["tea"],
                o["status"],
            ]
            for o in world.orders
            if o["at"].strftime("%Y-%m") == month
        ]
        if month == "2026-06":
            rows[3][3] = "31.06.2026 10:00"  # there is no such day
            rows[8][4] = "call me"
        _csv(
            f"shop/orders_{month}.csv",
            ["Bestellung", "Kunde", "E-Mail", "Zeit", "Betrag", "Währung", "Artikel", "Status"],
            rows,
            delimiter=";",
            encoding="windows-1252",
        )


def _survey(world: World) -> None:
    """Two header rows: the question, then the item; a multi-select takes three columns."""
    head = [
        "Respondent ID",
        "Date",
        "Email",
        "How likely are you to recommend us to a friend?",
        "Why?",
        "It was easy to get my order.",
        "What did you like? (tick all that apply)",
        "",
        "",
    ]
    items = ["", "", "", "Response", "Open-Ended Response", "Response", "Speed", "Taste", "Price"]
    rows = [[r[0], r[1].strftime("%m/%d/%Y %I:%M:%S %p"), *r[2:]] for r in world.responses]
    rows[11][3] = "eleven"
    _csv("survey/after_delivery.csv", head, [items, *rows], encoding="utf-16")
    invited = [
        [i["id"], i["email"], i["sent"].isoformat(sep=" "), i["status"]] for i in world.invitations
    ]
    _csv("survey/invitations.csv", ["Recipient ID", "Email", "Sent", "Status"], invited)


def _help_desk(world: World) -> None:
    _ndjson("helpdesk/tickets.ndjson", world.tickets)
    _ndjson("helpdesk/messages.ndjson", world.messages)
    _csv(
        "helpdesk/ratings.csv",
        ["rating", "ticket", "stars", "comment", "at"],
        [[*r[:4], r[4].isoformat(sep=" ")] for r in world.ratings],
    )


def _reviews(world: World) -> None:
    _csv(
        "reviews/reviews.csv",
        ["id", "order", "author", "mail", "stars", "title", "text", "written"],
        world.reviews,
    )


def _employees(world: World) -> None:
    _csv(
        "pulse/answers.csv",
        ["pulse", "employee", "team", "recommend", "workload", "comment", "answered"],
        world.pulses,
    )
    teams = [
        ["delivery desk", "service", "support", 9],
        ["service desk", "service", "support", 12],
        ["web shop", "", "purchase", 7],
        ["back office", "", "", 3],
        ["service", "", "support", 21],
    ]
    _csv("pulse/teams.csv", ["team", "parent", "touchpoint", "headcount"], teams)


def _csv(
    name: str,
    head: list[str],
    rows: list[list[Any]],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> None:
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(head)
        writer.writerows(rows)


def _ndjson(name: str, records: list[dict[str, Any]]) -> None:
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
