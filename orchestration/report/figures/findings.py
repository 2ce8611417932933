"""What the warehouse itself says that nobody has mapped, or that cannot be right."""

from __future__ import annotations

from orchestration.report.figure import Figure
from orchestration.report.figures.context import Context
from orchestration.report.figures.listed import Listed, listed

_MOST = 40


def findings(context: Context) -> list[Figure]:
    """The tables of what is to be done, the first rows of each."""
    return listed(context, *_LISTS)


_LISTS = (
    Listed(
        name="questions",
        title="Questions that count nowhere",
        says=(
            "They look scored and no row of the seed question_map says which metric they are; or "
            "they are mapped and lose answers."
        ),
        empty="Every question that looks scored is mapped.",
        sql=f"""
        select source, survey_id, question, question_type, numeric_answers, unscored_answers, reason
        from questions_to_map
        order by numeric_answers desc nulls last, source, survey_id, question_id, item_id
        limit {_MOST}
        """,
    ),
    Listed(
        name="touchpoints",
        title="Voices that no rule places",
        says="No rule of the seed touchpoint_map says at which touchpoint they are.",
        empty="Every voice has a touchpoint.",
        sql=f"""
        select source, kind, channel, topic, product, reason, voices, first_at, last_at
        from touchpoints_to_map
        order by voices desc, source, kind, channel, topic, product, survey_id, touchpoint, reason
        limit {_MOST}
        """,
    ),
    Listed(
        name="themeless",
        title="Comments that touch no theme",
        says=(
            "Of the last half year's, by language, with words that they use more often than "
            "others, each used by five customers at least: what the seed theme_map could learn."
        ),
        empty="Nobody has written a comment yet.",
        sql="""
        select language, comments, without_theme, without_theme_share,
            string_agg(word, ', ' order by customers desc, word) as words
        from themes_to_map
        group by language, comments, without_theme, without_theme_share
        order by without_theme desc, language
        """,
    ),
    Listed(
        name="journey-findings",
        title="Journeys that are set aside, or want a look",
        says="Definitions that cannot be followed, and what counts but may not be meant.",
        empty="Nothing is wrong with the definitions of journeys.",
        sql=f"""
        select severity, place, journey, finding, n
        from journeys_to_check
        order by severity desc, n desc, place, journey, finding
        limit {_MOST}
        """,
    ),
    Listed(
        name="clock-findings",
        title="Clocks that cannot be read",
        says="Rows of calendars that cannot be right, and cases whose times contradict each other.",
        empty="Every clock can be read.",
        sql=f"""
        select severity, place, entry, finding, n
        from clocks_to_check
        order by severity desc, n desc, place, entry, finding
        limit {_MOST}
        """,
    ),
    Listed(
        name="conflicts",
        title="References that link nobody",
        says="Addresses and numbers that too many share, so that they make nobody one customer.",
        empty="Every reference can be trusted.",
        sql="""
        select problem, reference_kind, count(*) as set_aside, max(customers) as most_customers,
            sum(records)::bigint as records
        from identity_conflicts
        group by problem, reference_kind
        order by problem, reference_kind
        """,
    ),
)
