"""Who customers are, and what they were worth."""

from __future__ import annotations

from connectors.families.contract import (
    PERSON,
    PHONE,
    Family,
    Privacy,
    Table,
    money,
    number,
    ref,
    text,
    time,
)

CUSTOMER = Family(
    name="customer",
    doc="Customers: people, accounts, and what they bought, renewed, cancelled or got back.",
    tables=(
        Table(
            name="people",
            family="customer",
            grain="person as one source knows them",
            key=("person_ref",),
            cursor="updated_at",
            happened="created_at",
            own=(
                ref("person_ref", "The source's own id of the person.", required=True),
                text("email", "E-mail address.", Privacy.PERSONAL),
                PHONE,
                ref("external_id", "Id that another system gave, as this source knows it."),
                ref("account_ref", "The source's own id of the customer account."),
                text("full_name", "Name.", Privacy.PERSONAL),
                text("segment", "Segment."),
                text("country", "Country, ISO 3166-1."),
                text("language", "Language, BCP 47."),
                ref("merged_into_ref", "Person that the source merged this one into."),
                time("created_at", "When the source first knew them."),
                time("updated_at", "Last change of the person."),
            ),
        ),
        Table(
            name="person_addresses",
            family="customer",
            grain="further e-mail address or phone number of a person as one source knows them",
            key=("person_ref", "kind", "value"),
            cursor="person_updated_at",
            happened="person_updated_at",
            own=(
                ref("person_ref", "The source's own id of the person.", required=True),
                text("kind", "What the address is.", required=True, values=("email", "phone")),
                text(
                    "value",
                    "The address as the source wrote it, beside `email` and `phone` in `people`.",
                    Privacy.PERSONAL,
                    required=True,
                    is_phone=True,
                ),
                time(
                    "person_updated_at",
                    "The person's last change as of which this address was theirs: once a later "
                    "version of the person lands, addresses told with earlier ones are theirs no "
                    "more. Null where a source tells addresses apart from people.",
                ),
            ),
        ),
        Table(
            name="accounts",
            family="customer",
            grain="customer account as one source knows it",
            key=("account_ref",),
            cursor="updated_at",
            happened="created_at",
            own=(
                ref("account_ref", "The source's own id of the account.", required=True),
                text("name", "Name of the account."),
                ref("parent_account_ref", "Account above it."),
                ref("external_id", "Id that another system gave, as this source knows it."),
                text("domain", "Mail domain of the account."),
                text("segment", "Segment."),
                text("country", "Country, ISO 3166-1."),
                time("created_at", "When the source first knew it."),
                time("updated_at", "Last change of the account."),
            ),
        ),
        Table(
            name="value_events",
            family="customer",
            grain="order, subscription step, refund or use",
            key=("event_id",),
            cursor="updated_at",
            happened="occurred_at",
            own=(
                ref("event_id", "The event.", required=True),
                text(
                    "event_type",
                    "What happened.",
                    required=True,
                    values=(
                        "order",
                        "subscription_started",
                        "subscription_renewed",
                        "subscription_cancelled",
                        "refund",
                        "usage",
                    ),
                ),
                *PERSON,
                money("amount", "Amount in `currency`; a refund is positive."),
                text("currency", "ISO 4217."),
                number("quantity", "Units bought or used."),
                text("product", "What was bought or used."),
                text("status", "State of the order, as the source calls it."),
                text("touchpoint", "Where on the journey it belongs, if the source says."),
                time("occurred_at", "When it happened.", required=True),
                time("updated_at", "Last change of the event."),
            ),
        ),
    ),
)
