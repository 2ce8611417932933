-- One row per theme, tone, month and place (all, a touchpoint or a segment) in which anybody wrote.
{%- set recent = var('theme_months_recent') %}
{%- set before = var('theme_months_before') %}
with cells as (
    select * from {{ ref('theme_cells') }} where comments > 0
),

wrote as (
    select * from cells where theme = ''
),

mentioned as (
    select * from cells where theme <> ''
),

-- a theme that nobody mentions in a month has a share too
counted as (
    select
        themes.theme,
        themes.tone,
        wrote.month,
        wrote.touchpoint,
        wrote.segment,
        wrote.comments,
        wrote.writers as n,
        coalesce(mentioned.comments, 0) as comments_with_theme,
        coalesce(mentioned.writers, 0) as n_with_theme
    from wrote
    cross join (select distinct theme, tone from mentioned) as themes
    left join mentioned
        on themes.theme = mentioned.theme
        and themes.tone = mentioned.tone
        and wrote.month = mentioned.month
        and wrote.touchpoint = mentioned.touchpoint
        and wrote.segment = mentioned.segment
),

-- one month has too few comments for what rises slowly; a year before holds each season once, but thinned by the
-- rest of it, so what peaks each year is held against its last peak too
looked_back as (
    select
        *
        {%- for window in ('recent', 'before', 'year_before') %},
        sum(n) over {{ window }}_months as n_{{ window }},
        sum(n_with_theme) over {{ window }}_months as n_with_theme_{{ window }},
        count(*) over {{ window }}_months as months_{{ window }}
        {%- endfor %}
    from counted
    window
        recent_months as (
            partition by theme, tone, touchpoint, segment
            order by year(month) * 12 + month(month) range between {{ recent - 1 }} preceding and current row
        ),
        before_months as (
            partition by theme, tone, touchpoint, segment
            order by year(month) * 12 + month(month)
            range between {{ recent + before - 1 }} preceding and {{ recent }} preceding
        ),
        year_before_months as (
            partition by theme, tone, touchpoint, segment
            order by year(month) * 12 + month(month) range between {{ recent + 11 }} preceding and 12 preceding
        )
),

shares as (
    select
        *,
        {{ wilson_bound(-1, 'n', 'n_with_theme') }} as share_low,
        {{ wilson_bound(1, 'n', 'n_with_theme') }} as share_high,
        struct_pack(
            value := 1.0 * n_with_theme_recent / n_recent,
            interval_low := {{ wilson_bound(-1, 'n_recent', 'n_with_theme_recent') }},
            interval_high := {{ wilson_bound(1, 'n_recent', 'n_with_theme_recent') }}
        ) as later
        {#- Half of the months are enough: a new touchpoint has no more. #}
        {%- for name, window, months in [('earlier', 'before', before), ('year_earlier', 'year_before', recent)] %},
        case when 2 * months_{{ window }} >= {{ months }} then
            struct_pack(
                value := 1.0 * n_with_theme_{{ window }} / n_{{ window }},
                interval_low := {{ wilson_bound(-1, 'n_' ~ window, 'n_with_theme_' ~ window) }},
                interval_high := {{ wilson_bound(1, 'n_' ~ window, 'n_with_theme_' ~ window) }}
            )
        end as {{ name }}
        {%- endfor %}
    from looked_back
),

compared as (
    select
        *
        {%- for name, since in [('change', 'earlier'), ('year_change', 'year_earlier')] %},
        later.value - {{ since }}.value as {{ name }},
        {{ difference_bound(-1, 'later', since) }} as {{ name }}_low,
        {{ difference_bound(1, 'later', since) }} as {{ name }}_high
        {%- endfor %}
    from shares
),

chances as (
    select
        *,
        case
            when touchpoint <> 'all' then 'touchpoint'
            when segment <> 'all' then 'segment'
            else 'all'
        end as cut_by,
        {{ chance_of('change', 'change_low', 'change_high') }} as chance
    from compared
),

-- whoever looks at twenty themes at ten touchpoints finds one that rose, by chance alone
ranked as (
    select
        *,
        row_number() over (partition by month, cut_by order by chance nulls last) as place,
        count(chance) over (partition by month, cut_by) as looked_at
    from chances
),

-- Benjamini and Hochberg (1995): of all that are called a change, 5 % are none
judged as (
    select
        *,
        max(place) filter (chance <= 0.05 * place / looked_at) over (partition by month, cut_by) as last_place
    from ranked
),

{#- Of peaks that come each year, 2.5 % a month pass an interval on the year before that has to lie on one side of zero:
    about 5 % in one of the three months that show a peak. A change on that side, whatever its interval, would let every
    second one pass. Of what really rises this keeps nearly all: that interval is a quarter wider than the one on the
    months before, but what has passed among all that were looked at is further from zero than 95 % asks for. #}
told as (
    select
        *,
        case
            when chance is null then null
            when coalesce(place > last_place, true) then 'noise'
            when change > 0 and coalesce(year_change_low > 0, true) then 'up'
            when change < 0 and coalesce(year_change_high < 0, true) then 'down'
            else 'season'
        end as change_verdict
    from judged
)

select
    theme,
    tone,
    month,
    touchpoint,
    segment,
    cut_by,
    comments,
    comments_with_theme,
    n,
    n_with_theme,
    round(100.0 * n_with_theme / n, 4) as share,
    -- at no hits or nothing but hits the bound is 0 or 100, whatever rounding makes of it
    round(100 * greatest(0.0, share_low), 4) as share_low,
    round(100 * least(1.0, share_high), 4) as share_high,
    'Wilson' as interval_method,
    cast(n_recent as bigint) as n_recent,
    round(100 * later.value, 4) as share_recent,
    cast(case when earlier is not null then n_before end as bigint) as n_before,
    round(100 * earlier.value, 4) as share_before,
    round(100 * change, 4) as change,
    round(100 * change_low, 4) as change_low,
    round(100 * change_high, 4) as change_high,
    cast(case when year_earlier is not null then n_year_before end as bigint) as n_year_before,
    round(100 * year_earlier.value, 4) as share_year_before,
    round(100 * year_change, 4) as year_change,
    round(100 * year_change_low, 4) as year_change_low,
    round(100 * year_change_high, 4) as year_change_high,
    change_verdict,
    change_verdict is not null and change_verdict = 'up' as is_rising,
    cast(looked_at as bigint) as looked_at,
    {{ theme_method() }} as method_version
from told
