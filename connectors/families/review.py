"""What customers post in public."""

from __future__ import annotations

from connectors.families.contract import (
    PERSON,
    SENTIMENT,
    Family,
    Privacy,
    Table,
    flag,
    integer,
    number,
    ref,
    text,
    time,
    words,
)

REVIEW = Family(
    name="review",
    doc="Public reviews of products, apps, places and shops.",
    tables=(
        Table(
            name="reviews",
            family="review",
            grain="review",
            key=("review_id",),
            cursor="updated_at",
            happened="reviewed_at",
            own=(
                ref("review_id", "The review.", required=True),
                ref("subject_ref", "What was reviewed: app, product, place."),
                text("subject_name", "Its name."),
                *PERSON,
                text("author_name", "Name shown with the review.", Privacy.PERSONAL),
                ref("order_ref", "Order that the review is about."),
                text("touchpoint", "Where on the journey it was written, if the source says."),
                number("rating", "Stars or points, on its own scale."),
                number("scale_min", "Lowest rating possible."),
                number("scale_max", "Highest rating possible."),
                words("title", "Title."),
                words("body", "Text."),
                SENTIMENT,
                text("language", "Language, BCP 47."),
                text("country", "Country or store, ISO 3166-1."),
                flag("is_verified", "The platform vouches for the purchase."),
                integer("helpful_count", "Readers who found it helpful."),
                words("reply_body", "The company's public reply."),
                time("replied_at", "When the company replied."),
                time("reviewed_at", "When it was written.", required=True),
                time("updated_at", "Last change of the review."),
            ),
        ),
    ),
)
