-- One row per metric, method version, period and published combination of places, with 'all' as total of each.
{%- set cell = ['metric', 'method_version', 'period_grain'] + metric_places() %}
{#- The earlier period that a period is compared with. -#}
{%- set changes = {
    'change': {'week': '7 day', 'month': '1 month', 'quarter': '3 month'},
    'year_change': {'week': '364 day', 'month': '12 month', 'quarter': '12 month'},
} %}
{%- set period_end %}
        case valued.period_grain
            when 'week' then cast(valued.period + interval 6 day as date)
            when 'month' then cast(valued.period + interval 1 month - interval 1 day as date)
            when 'quarter' then cast(valued.period + interval 3 month - interval 1 day as date)
        end
{%- endset %}
{#- Periods of a year: months and quarters have a season. Weeks drift against the year. -#}
{%- set seasons = {'month': 12, 'quarter': 4} %}
{#- One id of what a row is compared by: joining millions of rows by ten texts takes minutes. #}
with cells as (
    select
        *,
        {{ hash_id(cell) }} as series_id,
        {{ hash_id(cell | reject('equalto', 'method_version') | list) }} as line_id,
        {{ hash_id(['metric', 'method_version'] + cell_id_parts()) }} as rate_id
    from {{ ref('metric_values') }}
),

valued as (
    select
        *,
        interval_low is not null and interval_high is not null as has_interval
    from cells
    where part = 'value'
),

heard as (
    select cast(heard_at as date) as day from ({{ heard_until() }}) as clock
),

-- a source whose first case came in the middle of a period tells no rate of the whole of it
began as (
    select source, min(first_day) as first_day
    from valued
    where metric = 'contact_rate' and period_grain = 'all'
    group by source
),

-- a condition on one side alone, beside a key, would compare every row with every other
invited as (
    select * from cells where part = 'response_rate'
),

-- when each version of a line was told
versions as (
    select line_id, series_id, min(period) as first_period, max(period) as last_period
    from valued
    where period_grain <> 'all'
    group by line_id, series_id
),

several as (
    select line_id from versions group by line_id having count(*) > 1
),

told_periods as (
    select distinct line_id, period
    from valued
    where period_grain <> 'all' and line_id in (select line_id from several)
),

in_order as (
    select *, lag(period) over (partition by line_id order by period) as period_before
    from told_periods
),

-- who took the place of another version, which ended with the period before or in the same one. That it ended
-- in the same one shows with the next that is told without it: until then it goes on beside the new one
followers as (
    select distinct versions.series_id, versions.first_period
    from versions
    inner join in_order
        on versions.line_id = in_order.line_id and versions.first_period = in_order.period
    inner join versions as earlier
        on versions.line_id = earlier.line_id
        and earlier.first_period < versions.first_period
        and earlier.last_period < versions.last_period
        and earlier.last_period between in_order.period_before and in_order.period
),

told as (
    select
        valued.series_id,
        followers.series_id is not null as break_before,
        {%- for column in cell %}
        valued.{{ column }},
        {%- endfor %}
        case when valued.period_grain = 'all' then valued.first_day else valued.period end as period_start,
        coalesce({{ period_end }}, valued.last_day) as period_end,
        {{ period_end }} < heard.day as is_complete,
        -- a rate grows with the part of its period that was heard of: a part is compared with nothing
        valued.metric <> 'contact_rate'
        or coalesce({{ period_end }} < heard.day and valued.period >= began.first_day, false) as is_comparable,
        {%- for name, months in changes.items() %}
        case valued.period_grain
            {%- for grain, before in months.items() %}
            when '{{ grain }}' then cast(valued.period - interval {{ before }} as date)
            {%- endfor %}
        end as {{ name }}_from,
        {%- endfor %}
        cast(valued.n as bigint) as n,
        cast(valued.customers as bigint) as customers,
        valued.design_effect,
        -- no naked score: what has no interval has no value either
        case when has_interval then valued.value end as value,
        case when has_interval then valued.interval_low end as interval_low,
        case when has_interval then valued.interval_high end as interval_high,
        case when has_interval then valued.interval_method end as interval_method,
        case
            when valued.n is null then 'suppressed'
            when not has_interval and valued.interval_method like 'Brookmeyer%' then 'open_ended'
            when not has_interval then 'too_few'
        end as flag,
        {%- for column in ['value_weighted', 'value_weighted_low', 'value_weighted_high'] %}
        case when has_interval then valued.{{ column }} end as {{ column }},
        {%- endfor %}
        case when has_interval and valued.value_weighted is not null then '{{ weights_method() }}' end as weights_method,
        valued.weights_flag,
        invited.value as response_rate,
        cast(invited.n as bigint) as response_rate_n,
        invited.interval_low as response_rate_low,
        invited.interval_high as response_rate_high
    from valued
    cross join heard
    left join began on valued.source = began.source
    left join invited
        on case when valued.weights_flag is distinct from 'not_invited' then valued.rate_id end = invited.rate_id
    left join followers on valued.series_id = followers.series_id and valued.period = followers.first_period
),

{#- Classical additive decomposition, as of statsmodels' seasonal_decompose where no period is missing:
    trend = centred moving average over a year; season = mean of what is left, by calendar period. #}
{%- for grain, length in seasons.items() %}

places_{{ grain }} as (
    select
        series_id,
        period_start,
        value,
        (interval_high - interval_low) / 2 as half_width,
        cast(date_part('year', period_start) * {{ length }} + date_part('{{ grain }}', period_start) as integer) as place
    from told
    where period_grain = '{{ grain }}' and value is not null and is_comparable
),

trends_{{ grain }} as (
    select
        *,
        -- a year before and a year after by half a period each: both must be complete
        case when count(*) over sooner = {{ length }} and count(*) over later = {{ length }}
            then value - (avg(value) over sooner + avg(value) over later) / 2
        end as detrended
    from places_{{ grain }}
    window
        sooner as (
            partition by series_id order by place
            range between {{ length // 2 }} preceding and {{ length // 2 - 1 }} following
        ),
        later as (
            partition by series_id order by place
            range between {{ length // 2 - 1 }} preceding and {{ length // 2 }} following
        )
),

calendar_{{ grain }} as (
    select
        series_id,
        place % {{ length }} as of_year,
        avg(detrended) as season,
        sqrt(sum(half_width * half_width)) / count(*) as half_width
    from trends_{{ grain }}
    where detrended is not null
    group by series_id, place % {{ length }}
),

-- two full years give each calendar period a value; a season with a hole in it is none
seasons_{{ grain }} as (
    select
        *,
        season - avg(season) over (partition by series_id) as effect,
        count(*) over (partition by series_id) as known
    from calendar_{{ grain }}
),
{%- endfor %}

deseasoned as (
    {%- for grain, length in seasons.items() %}
    select
        {{ "'" ~ grain ~ "'" }} as period_grain,
        places.series_id,
        places.period_start,
        seasons.effect,
        seasons.half_width
    from places_{{ grain }} as places
    inner join seasons_{{ grain }} as seasons
        on places.series_id = seasons.series_id and places.place % {{ length }} = seasons.of_year
    where seasons.known = {{ length }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

periods as (
    select series_id, period_start, value, interval_low, interval_high
    from told
    where period_grain <> 'all' and value is not null and is_comparable
),

-- a change is one between periods of one grain, within one method version
compared as (
    select
        told.*,
        told.value - deseasoned.effect as value_deseasoned,
        -- the value's own interval, moved, and as much wider as the season is uncertain (MOVER)
        told.value - deseasoned.effect
        - sqrt(pow(told.value - told.interval_low, 2) + pow(deseasoned.half_width, 2)) as value_deseasoned_low,
        told.value - deseasoned.effect
        + sqrt(pow(told.interval_high - told.value, 2) + pow(deseasoned.half_width, 2)) as value_deseasoned_high
        {%- for name in changes %},
        told.value - {{ name }}.value as {{ name }},
        {{ difference_bound(-1, 'told', name) }} as {{ name }}_low,
        {{ difference_bound(1, 'told', name) }} as {{ name }}_high
        {%- endfor %}
    from told
    left join deseasoned
        on told.series_id = deseasoned.series_id and told.period_start = deseasoned.period_start
    {%- for name in changes %}
    left join periods as {{ name }}
        on told.series_id = {{ name }}.series_id
        and case when told.is_comparable then told.{{ name }}_from end = {{ name }}.period_start
    {%- endfor %}
),

chances as (
    select
        *
        {%- for name in changes %},
        {{ chance_of(name, name ~ '_low', name ~ '_high') }} as {{ name }}_chance
        {%- endfor %}
    from compared
),

-- who looks at many cells finds a change in some of them by chance alone
ranked as (
    select
        *
        {%- for name in changes %},
        row_number() over (
            partition by metric, period_grain, period_start order by {{ name }}_chance nulls last
        ) as {{ name }}_place,
        count({{ name }}_chance) over (partition by metric, period_grain, period_start) as {{ name }}_looked_at
        {%- endfor %}
    from chances
),

-- Benjamini and Hochberg (1995): of all that are called a change, 5 % are none
judged as (
    select
        *
        {%- for name in changes %},
        max({{ name }}_place) filter ({{ name }}_chance <= 0.05 * {{ name }}_place / {{ name }}_looked_at) over (
            partition by metric, period_grain, period_start
        ) as {{ name }}_last_place
        {%- endfor %}
    from ranked
)

select
    metric,
    method_version,
    period_grain,
    period_start,
    period_end,
    is_complete,
    {%- for place in metric_places() %}
    {{ place }},
    {%- endfor %}
    coalesce(nullif(concat_ws(', '
        {%- for place in metric_places() -%}
        , case when {{ place }} <> 'all' then '{{ place }}' end
        {%- endfor %}), ''), 'all') as cut_by,
    n,
    customers,
    design_effect,
    value,
    interval_low,
    interval_high,
    interval_method,
    flag,
    {%- for name in changes %}
    round({{ name }}, 4) as {{ name }},
    round({{ name }}_low, 4) as {{ name }}_low,
    round({{ name }}_high, 4) as {{ name }}_high,
    case
        when {{ name }}_chance is null then null
        when coalesce({{ name }}_place > {{ name }}_last_place, true) then 'noise'
        when {{ name }} > 0 then 'up'
        else 'down'
    end as {{ name }}_verdict,
    {%- endfor %}
    response_rate,
    response_rate_n,
    response_rate_low,
    response_rate_high,
    value_weighted,
    value_weighted_low,
    value_weighted_high,
    weights_method,
    weights_flag,
    {%- for end in ['', '_low', '_high'] %}
    round(value_deseasoned{{ end }}, 4) as value_deseasoned{{ end }},
    {%- endfor %}
    case
        {%- for grain, length in seasons.items() %}
        when value_deseasoned is not null and period_grain = '{{ grain }}'
            then 'additive, centred average of {{ length }} {{ grain }}s'
        {%- endfor %}
    end as season_method,
    break_before
from judged
