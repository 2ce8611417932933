-- One row per theme, month and place (all, a touchpoint or a segment) in which anybody wrote.
{%- set cuts = ['touchpoint', 'segment'] %}
{%- set months = var('theme_months_before') %}
with comments as (
    select
        comment_id,
        {{ month_of('commented_at') }} as month,
        touchpoint,
        segment,
        {{ writer() }} as writer_id
    from {{ ref('comments') }}
    where commented_at is not null
),

mentions as (
    select
        theme,
        tone,
        {{ month_of('commented_at') }} as month,
        touchpoint,
        segment,
        {{ writer() }} as writer_id
    from {{ ref('comment_themes') }}
    where commented_at is not null
),

-- who writes five messages about one parcel is one person with one theme
wrote as (
    select
        month,
        {%- for cut in cuts %}
        case when grouping({{ cut }}) = 1 then 'all' else {{ cut }} end as {{ cut }},
        {%- endfor %}
        count(*) as comments,
        count(distinct writer_id) as n
    from comments
    group by grouping sets ((month), (month, touchpoint), (month, segment))
),

mentioned as (
    select
        theme,
        month,
        {%- for cut in cuts %}
        case when grouping({{ cut }}) = 1 then 'all' else {{ cut }} end as {{ cut }},
        {%- endfor %}
        count(*) as comments_with_theme,
        count(distinct writer_id) as n_with_theme,
        count(distinct writer_id) filter (tone in ('complaint', 'mixed')) as n_complaining,
        count(distinct writer_id) filter (tone in ('praise', 'mixed')) as n_praising
    from mentions
    group by grouping sets ((theme, month), (theme, month, touchpoint), (theme, month, segment))
),

-- a theme that nobody mentions in a month has a share too
counted as (
    select
        themes.theme,
        wrote.month,
        wrote.touchpoint,
        wrote.segment,
        wrote.comments,
        wrote.n,
        coalesce(mentioned.comments_with_theme, 0) as comments_with_theme,
        coalesce(mentioned.n_with_theme, 0) as n_with_theme,
        coalesce(mentioned.n_complaining, 0) as n_complaining,
        coalesce(mentioned.n_praising, 0) as n_praising
    from wrote
    cross join (select distinct theme from mentions) as themes
    left join mentioned
        on themes.theme = mentioned.theme
        and wrote.month = mentioned.month
        and wrote.touchpoint = mentioned.touchpoint
        and wrote.segment = mentioned.segment
),

looked_back as (
    select
        *,
        sum(n) over before as n_before,
        sum(n_with_theme) over before as n_with_theme_before,
        count(*) over before as months_before
    from counted
    window before as (
        partition by theme, touchpoint, segment
        order by year(month) * 12 + month(month) range between {{ months }} preceding and 1 preceding
    )
),

shares as (
    select
        * exclude (n_before, n_with_theme_before, months_before),
        1.0 * n_with_theme / n as value,
        {{ wilson_bound(-1, 'n', 'n_with_theme') }} as interval_low,
        {{ wilson_bound(1, 'n', 'n_with_theme') }} as interval_high,
        -- half of the months are enough: a new touchpoint has no more
        case when 2 * months_before >= {{ months }} then cast(n_before as bigint) end as n_before,
        n_with_theme_before
    from looked_back
),

compared as (
    select
        shares.*,
        before.value as share_before,
        before.interval_low as share_before_low,
        before.interval_high as share_before_high,
        shares.value - before.value as change,
        {{ difference_bound(-1, 'shares', 'before') }} as change_low,
        {{ difference_bound(1, 'shares', 'before') }} as change_high
    from shares
    left join (
        select
            theme,
            month,
            touchpoint,
            segment,
            1.0 * n_with_theme_before / n_before as value,
            {{ wilson_bound(-1, 'n_before', 'n_with_theme_before') }} as interval_low,
            {{ wilson_bound(1, 'n_before', 'n_with_theme_before') }} as interval_high
        from shares
        where n_before is not null
    ) as before
        on shares.theme = before.theme
        and shares.month = before.month
        and shares.touchpoint = before.touchpoint
        and shares.segment = before.segment
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

told as (
    select
        *,
        case
            when chance is null then null
            when coalesce(place > last_place, true) then 'noise'
            when change > 0 then 'up'
            else 'down'
        end as change_verdict
    from judged
)

select
    theme,
    month,
    touchpoint,
    segment,
    cut_by,
    comments,
    comments_with_theme,
    n,
    n_with_theme,
    n_complaining,
    n_praising,
    round(100 * value, 4) as share,
    -- at no hits or nothing but hits the bound is 0 or 100, whatever rounding makes of it
    round(100 * greatest(0.0, interval_low), 4) as share_low,
    round(100 * least(1.0, interval_high), 4) as share_high,
    'Wilson' as interval_method,
    n_before,
    round(100 * share_before, 4) as share_before,
    round(100 * change, 4) as change,
    round(100 * change_low, 4) as change_low,
    round(100 * change_high, 4) as change_high,
    change_verdict,
    change_verdict is not null and change_verdict = 'up' as is_rising,
    cast(looked_at as bigint) as looked_at,
    {{ theme_method() }} as method_version
from told
