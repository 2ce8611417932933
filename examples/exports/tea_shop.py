"""The demo's tea shop: a year of customers, orders, answers, tickets, reviews and pulses.

Deterministic, and invented from end to end: nobody in it exists.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

FIRST_DAY = datetime(2026, 2, 2, 8, 0)
LAST_DAY = datetime(2026, 10, 31)
CUSTOMERS = 260

FIRST = [
    "Ada",
    "Ben",
    "Clara",
    "Dev",
    "Elif",
    "Femi",
    "Greta",
    "Hugo",
    "Ines",
    "Jon",
    "Kaya",
    "Lena",
    "Milo",
    "Nora",
    "Omar",
    "Pia",
    "Quinn",
    "Rosa",
    "Sami",
    "Tess",
]
LAST = [
    "Adler",
    "Brook",
    "Costa",
    "Duarte",
    "Ekman",
    "Fischer",
    "Grant",
    "Hansen",
    "Ivers",
    "Jansen",
    "Keller",
    "Lopes",
    "Marsh",
    "Nowak",
    "Okoro",
    "Petit",
]
CITIES = ["Berlin", "Porto", "Leeds", "Malmö", "Gdańsk", "Lyon"]
TEAS = ["Assam", "Sencha", "Rooibos", "Earl Grey", "Peppermint", "Oolong"]

LATE = [
    "Ordered on {day}, was told three days, it took {days}. Nobody wrote to say why.",
    "The {tea} is lovely as ever but {days} days for delivery is too long",
    "tracking stood still for a week, then the parcel was left with a neighbour i do not know",
    "Second late parcel in a row. I had guests and no {tea}.",
    "Came after {days} days and the box was crushed on one side.",
]
FINE = [
    "Quick, and the {tea} smells wonderful.",
    "Arrived in {days} days, nicely packed, little sample inside. Thank you!",
    "no complaints",
    "Like every month: ordered on {day}, drunk by the weekend.",
    "Good tea, fair price. The new tin is prettier than the old one",
]
HELPED = [
    "{agent} sent a new parcel the same day. Very kind.",
    "took two mails but then it was sorted",
    "Friendly answer, solved in one go.",
]
NOT_HELPED = [
    "Had to explain the same thing three times to three people.",
    "Still no refund, only promises.",
    "The answer was a text block that had nothing to do with my question",
]
PROBLEMS = {
    "late_delivery": "Where is my order {order}? It should have been here on {day}.",
    "damaged": "My order {order} arrived damaged, half of the {tea} is on the floor of the box.",
    "refund": "I sent back order {order} on {day} and wait for my money. My IBAN is DE89370400440532013000.",
    "invoice": "Please send the invoice for {order} to {email}, not to my old address.",
}
PULSE = [
    "I answer the same delivery question forty times a day and may not change anything.",
    "Good people, too few of them on Mondays.",
    "The new ticket tool loses my drafts.",
    "",
    "",
]


@dataclass
class Customer:
    """One invented customer and how content they are, 0 to 1."""

    number: int
    name: str
    email: str
    phone: str
    account: str
    city: str
    since: datetime
    mood: float


@dataclass
class World:
    """Everything that happened, by the tool that saw it."""

    random: random.Random
    customers: list[Customer] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    invitations: list[dict[str, Any]] = field(default_factory=list)
    responses: list[list[Any]] = field(default_factory=list)
    tickets: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    ratings: list[list[Any]] = field(default_factory=list)
    reviews: list[list[Any]] = field(default_factory=list)
    pulses: list[list[Any]] = field(default_factory=list)


def live() -> World:
    """Live the year, from the first customer to the last pulse."""
    world = World(random.Random(20261101))
    _people(world)
    for customer in world.customers:
        _live(world, customer)
    _pulse(world)
    return world


def _people(world: World) -> None:
    rnd = world.random
    for number in range(1, CUSTOMERS + 1):
        first, last = rnd.choice(FIRST), rnd.choice(LAST)
        world.customers.append(
            Customer(
                number,
                f"{first} {last}",
                f"{first}.{last}{number}@example.{rnd.choice(['com', 'org', 'net'])}".lower(),
                f"+49 30 {5550000 + number}",
                f"A{number % 40 + 1:03}" if number % 5 == 0 else "",
                rnd.choice(CITIES),
                FIRST_DAY - timedelta(days=rnd.randint(30, 900)),
                min(1.0, max(0.0, rnd.gauss(0.68, 0.2))),
            )
        )


def _live(world: World, customer: Customer) -> None:
    rnd = world.random
    at = FIRST_DAY + timedelta(days=rnd.randint(0, 90), hours=rnd.randint(0, 12))
    while at < LAST_DAY:
        # the carrier changed in August, and not for the better
        slow = at > datetime(2026, 8, 10) and rnd.random() < 0.45
        days = rnd.randint(7, 15) if slow else rnd.randint(2, 5)
        facts = _order(world, customer, at, days)
        delivered = at + timedelta(days=days, hours=rnd.randint(1, 9))
        unhappy = slow or rnd.random() > customer.mood + 0.25
        if unhappy and rnd.random() < 0.6:
            _ticket(world, customer, delivered - timedelta(days=1), facts, slow=slow)
        if delivered < LAST_DAY and rnd.random() < 0.8:
            _ask(world, customer, delivered, facts, slow=slow)
        if delivered < LAST_DAY and rnd.random() < 0.12:
            _review(world, customer, delivered + timedelta(days=2), facts, slow=slow)
        at += timedelta(days=rnd.randint(25, 75) * (2 if slow else 1))


def _order(world: World, customer: Customer, at: datetime, days: int) -> dict[str, Any]:
    rnd = world.random
    tea = rnd.choice(TEAS)
    number = f"T{10000 + len(world.orders)}"
    world.orders.append(
        {
            "order": number,
            "customer": customer.number,
            "email": customer.email.upper() if rnd.random() < 0.1 else customer.email,
            "at": at,
            "amount": round(rnd.uniform(9, 80), 2),
            "tea": tea,
            "status": "refunded" if rnd.random() < 0.03 else "paid",
        }
    )
    day = at.strftime("%d %B")
    return {"order": number, "tea": tea, "days": days, "day": day, "email": customer.email}


def _ask(
    world: World, customer: Customer, at: datetime, facts: dict[str, Any], *, slow: bool
) -> None:
    rnd = world.random
    sent = at + timedelta(hours=20)
    answered = rnd.random() < (0.45 if slow else 0.3)
    respondent = 118000000 + len(world.invitations)
    world.invitations.append(
        {
            "id": respondent,
            "email": customer.email,
            "sent": sent,
            "status": "completed"
            if answered
            else rnd.choice(["sent", "sent", "opened", "bounced"]),
        }
    )
    if not answered:
        return
    level = customer.mood - (0.35 if slow else 0) + rnd.gauss(0, 0.12)
    nps = min(10, max(0, round(level * 11 + 1)))
    comment = rnd.choice(LATE if slow else FINE).format(**facts) if rnd.random() < 0.6 else ""
    ease = min(7, max(1, round(level * 7 + 0.5)))
    ticks = [
        "Speed" if not slow and rnd.random() < 0.5 else "",
        "Taste" if level > 0.4 else "",
        "Price" if rnd.random() < 0.3 else "",
    ]
    world.responses.append(
        [
            respondent,
            sent + timedelta(hours=rnd.randint(1, 50)),
            customer.email,
            nps,
            comment,
            ease,
            *ticks,
        ]
    )


def _ticket(
    world: World, customer: Customer, at: datetime, facts: dict[str, Any], *, slow: bool
) -> None:
    rnd = world.random
    topic = "late_delivery" if slow else rnd.choice(list(PROBLEMS))
    number = 4000 + len(world.tickets)
    agent = rnd.choice(["a.silva", "b.meyer", "c.ito"])
    first = at + timedelta(minutes=rnd.randint(12, 60 * (30 if slow else 9)))
    solved = first + timedelta(hours=rnd.randint(1, 90))
    done = solved < LAST_DAY and rnd.random() < 0.93
    world.tickets.append(
        {
            "id": number,
            "subject": topic.replace("_", " "),
            "status": "solved" if done else "open",
            "channel": rnd.choice(["email", "email", "chat", "phone"]),
            "requester_id": customer.number,
            "email": customer.email,
            "phone": customer.phone,
            "agent": agent,
            "group": "delivery desk" if topic == "late_delivery" else "service desk",
            "topic": topic,
            "tags": [topic, facts["tea"].lower().replace(" ", "_")],
            "created_at": _iso(at),
            "solved_at": _iso(solved) if done else None,
            "updated_at": _iso(solved if done else first),
        }
    )
    says = [
        (at, "customer", True, PROBLEMS[topic].format(**facts)),
        (at + timedelta(minutes=5), "agent", False, "Carrier has been asked."),
        (
            first,
            "agent",
            True,
            f"Hello {customer.name.split()[0]}, I am looking into {facts['order']}.",
        ),
    ]
    if done:
        says.append((solved, "agent", True, "A new parcel is on its way, with our apologies."))
    for position, (when, role, public, body) in enumerate(says, 1):
        world.messages.append(
            {
                "id": number * 10 + position,
                "ticket_id": number,
                "author": role,
                "public": public,
                "body": body,
                "created_at": _iso(when),
            }
        )
    if done and rnd.random() < 0.5:
        good = rnd.random() < (0.45 if slow else 0.8)
        words = rnd.choice(HELPED if good else NOT_HELPED).format(agent=agent)
        stars = rnd.randint(4, 5) if good else rnd.randint(1, 3)
        world.ratings.append([f"R{number}", number, stars, words, solved + timedelta(hours=3)])


def _review(
    world: World, customer: Customer, at: datetime, facts: dict[str, Any], *, slow: bool
) -> None:
    stars = max(1, min(5, round(customer.mood * 5 + 0.4 - (2 if slow else 0))))
    words = world.random.choice(LATE if slow else FINE).format(**facts)
    world.reviews.append(
        [
            9000 + len(world.reviews),
            facts["order"],
            customer.name,
            customer.email,
            stars,
            words.split(".")[0][:40],
            words,
            at.strftime("%d.%m.%Y %H:%M"),
        ]
    )


def _pulse(world: World) -> None:
    rnd = world.random
    teams = {"delivery desk": 9, "service desk": 12, "web shop": 7, "back office": 3}
    for month in range(2, 11):
        for team, size in teams.items():
            for member in range(size):
                if rnd.random() < 0.8:
                    gloom = 3 if team == "delivery desk" and month >= 8 else 0
                    score = max(0, min(10, round(rnd.gauss(7.6 - gloom, 1.6))))
                    world.pulses.append(
                        [
                            f"2026-{month:02}",
                            f"{team.replace(' ', '.')}.{member}@teashop.example",
                            team,
                            score,
                            rnd.randint(1, 5),
                            rnd.choice(PULSE),
                            f"2026-{month:02}-15 09:30:00",
                        ]
                    )


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
