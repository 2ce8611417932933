-- One row per metric, method version, period, source, touchpoint and segment, with 'all' as total of each.
{%- set places = ['source', 'touchpoint', 'segment'] %}
{#- Shares of cases: which of them count, and which of those are hits. -#}
{%- set case_rates = {
    'reopen_rate': ('(first_resolved_at is not null or is_reopened) and not is_merged', 'is_reopened'),
    'one_touch_rate': ('is_one_touch is not null', 'is_one_touch'),
    'fcr': ('is_first_contact_resolution is not null', 'is_first_contact_resolution'),
} %}
{#- What a month is compared with, and how many months before it that lies. -#}
{%- set changes = {'change': 1, 'year_change': 12} %}
with scores as (
    select * from {{ ref('scores') }}
),

rates as (
    select * from {{ ref('int_rates') }}
),

groups as (
    select * from {{ ref('int_pulse_groups') }} where is_total and metric = 'enps'
),

cases as (
    select * from {{ ref('cases') }}
),

events as (
    select * from {{ ref('journey_events') }}
),

clock_quantiles as (
    select * from {{ ref('int_clock_quantiles') }}
),

headcounts as (
    select source, sum(headcount) as headcount
    from {{ ref('int_teams') }}
    group by source
),

quantiles as (
    select * from {{ ref('student_t') }}
),

counts as (
    select * from {{ ref('poisson_limits') }}
),

questions as (
    select distinct source, survey_id, metric
    from {{ ref('int_question_map') }}
    where metric <> 'enps'
),

-- millions of scores are first summed within the finest cells, then those into all others; an
-- interval itself cannot be added up and is computed in each cell
fine_scores as (
    select
        metric,
        method_version,
        cast(date_trunc('month', scored_at) as date) as month,
        source,
        touchpoint,
        segment,
        min(scored_at) as first_at,
        max(scored_at) as last_at,
        count(*) as n,
        count(*) filter (nps_group = 'promoter') as promoters,
        count(*) filter (nps_group = 'detractor') as detractors,
        count(*) filter (is_top_box) as hits,
        -- one scale within a method version
        min({{ default_top_box('scale_min', 'scale_max') }}) as top_from,
        count(*) filter (score >= {{ default_top_box('scale_min', 'scale_max') }}) as top_ratings,
        sum(score) as total,
        sum(score * score) as squares
    from scores
    group by all
),

scored as (
    select
        metric,
        method_version,
        {{ cell(places) }},
        cast(min(first_at) as date) as first_day,
        cast(max(last_at) as date) as last_day,
        sum(n) as n,
        sum(promoters) as promoters,
        sum(detractors) as detractors,
        sum(hits) as hits,
        min(top_from) as top_from,
        sum(top_ratings) as top_ratings,
        sum(total) / sum(n) as mean,
        {{ deviation('sum(n)', 'sum(total)', 'sum(squares)') }} as deviation
    from fine_scores
    group by metric, method_version, {{ cells(places) }}
),

fine_rates as (
    select
        source,
        survey_id,
        cast(date_trunc('month', sent_at) as date) as month,
        touchpoint,
        segment,
        min(sent_at) as first_at,
        max(sent_at) as last_at,
        count(*) as n,
        count(*) filter (is_completed) as hits
    from rates
    group by all
),

-- an invitation counts in its own metric, and in each one that its survey asks for
asked as (
    select 'response_rate' as metric, * from fine_rates
    union all
    select questions.metric, fine_rates.*
    from fine_rates
    inner join questions using (source, survey_id)
),

invited as (
    select
        metric,
        {{ cell(places) }},
        cast(min(first_at) as date) as first_day,
        cast(max(last_at) as date) as last_day,
        sum(n) as n,
        sum(hits) as hits
    from asked
    group by metric, {{ cells(places) }}
),

-- a case counts for a rate where the rate can be told of it
rated_cases as (
    {%- for metric, (counts, is_hit) in case_rates.items() %}
    select '{{ metric }}' as metric, created_at, source, touchpoint, segment, {{ is_hit }} as is_hit
    from cases
    where {{ counts }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

fine_case_rates as (
    select
        metric,
        cast(date_trunc('month', created_at) as date) as month,
        source,
        touchpoint,
        segment,
        min(created_at) as first_at,
        max(created_at) as last_at,
        count(*) as n,
        count(*) filter (is_hit) as hits
    from rated_cases
    group by all
),

case_shares as (
    select
        metric,
        {{ cell(places) }},
        cast(min(first_at) as date) as first_day,
        cast(max(last_at) as date) as last_day,
        sum(n) as n,
        sum(hits) as hits
    from fine_case_rates
    group by metric, {{ cells(places) }}
),

-- who touched us in a month, whatever the source: a customer is nobody's of one source alone
seen as (
    select distinct cast(date_trunc('month', occurred_at) as date) as month, segment, customer_id
    from events
    where is_touch and customer_id is not null
),

active as (
    select
        case when grouping(month) = 1 then 'all' else 'month' end as period_grain,
        month,
        case when grouping(segment) = 1 then 'all' else segment end as segment,
        count(distinct customer_id) as customers
    from seen
    group by cube(month, segment)
),

fine_contacts as (
    select
        'contact_rate' as metric,
        cast(date_trunc('month', created_at) as date) as month,
        source,
        touchpoint,
        segment,
        min(created_at) as first_at,
        max(created_at) as last_at,
        count(*) as contacts
    from cases
    where customer_id is not null and not is_merged
    group by all
),

contacted as (
    select
        metric,
        {{ cell(places) }},
        cast(min(first_at) as date) as first_day,
        cast(max(last_at) as date) as last_day,
        sum(contacts) as contacts
    from fine_contacts
    group by metric, {{ cells(places) }}
),

contact_rates as (
    select contacted.*, active.customers as n
    from contacted
    inner join active
        on contacted.period_grain = active.period_grain
        and contacted.month is not distinct from active.month
        and contacted.segment = active.segment
),

valued as (
    select
        scored.* exclude (promoters, detractors, hits, mean, deviation, top_from, top_ratings),
        case
            when metric = 'nps' then 100.0 * (promoters - detractors) / n
            when metric = 'csat' then 100.0 * hits / n
            else mean
        end as value,
        {%- for side in (-1, 1) %}
        case
            when metric = 'nps' then {{ nps_bound(side, 'n', 'promoters', 'detractors') }}
            when metric = 'csat' then 100 * {{ wilson_bound(side, 'n', 'hits') }}
            else mean + {{ side }} * {{ t_half_width('n', 'deviation', 'quantiles.quantile') }}
        end as {{ 'interval_low' if side < 0 else 'interval_high' }},
        {%- endfor %}
        case metric when 'nps' then 'adjusted Wald' when 'csat' then 'Wilson' else 't' end as interval_method
    from scored
    left join quantiles on scored.n - 1 = quantiles.df
    union all by name
    select
        * exclude (hits),
        'completed of delivered' as method_version,
        100.0 * hits / n as value,
        100 * {{ wilson_bound(-1, 'n', 'hits') }} as interval_low,
        100 * {{ wilson_bound(1, 'n', 'hits') }} as interval_high,
        'Wilson' as interval_method
    from invited
    where metric = 'response_rate'
    union all by name
    select
        * exclude (promoters, detractors, hits, mean, deviation, top_from, top_ratings)
            replace (
                'rating_top_box' as metric,
                method_version || ' top ' || {{ plain('top_from') }} as method_version
            ),
        100.0 * top_ratings / n as value,
        100 * {{ wilson_bound(-1, 'n', 'top_ratings') }} as interval_low,
        100 * {{ wilson_bound(1, 'n', 'top_ratings') }} as interval_high,
        'Wilson' as interval_method
    from scored
    where metric = 'rating'
    union all by name
    select
        * exclude (hits),
        case metric
            when 'reopen_rate' then 'reopened of ever solved'
            when 'one_touch_rate' then 'one public reply of solved'
            else 'no contact in {{ var("fcr_days") }} days of first solved'
        end as method_version,
        100.0 * hits / n as value,
        100 * {{ wilson_bound(-1, 'n', 'hits') }} as interval_low,
        100 * {{ wilson_bound(1, 'n', 'hits') }} as interval_high,
        'Wilson' as interval_method
    from case_shares
    union all by name
    select
        'cases per 100 customers with any touch' as method_version,
        contact_rates.* exclude (contacts),
        100.0 * contacts / n as value,
        100 * {{ poisson_bound(-1, 'contacts', 'counts.low') }} / n as interval_low,
        100 * {{ poisson_bound(1, 'contacts', 'counts.high') }} / n as interval_high,
        'Garwood' as interval_method
    from contact_rates
    left join counts on contact_rates.contacts = counts.events
    union all by name
    select
        clock || '_' || quantile as metric,
        case when clock like 'business%' then 'whole business minutes' else 'whole minutes' end || ', Kaplan-Meier'
        as method_version,
        period_grain,
        case when period_grain = 'month' then period_start end as month,
        period_start as first_day,
        last_day,
        source,
        touchpoint,
        segment,
        n,
        value,
        interval_low,
        interval_high,
        'Brookmeyer-Crowley, log-log' as interval_method
    from clock_quantiles
    union all by name
    -- employees by source and month only: a total over months or sources would give small groups away
    select
        groups.metric,
        groups.method_version,
        'month' as period_grain,
        cast(groups.month as date) as month,
        cast(groups.month as date) as first_day,
        null as last_day,
        groups.source,
        'all' as touchpoint,
        'all' as segment,
        case when not groups.is_hidden then groups.respondents end as n,
        case when not groups.is_hidden then 100.0 * (groups.promoters - groups.detractors) / groups.n end as value,
        {%- for side in (-1, 1) %}
        case
            when not groups.is_hidden then
                {{ nps_bound(side, 'groups.n', 'groups.promoters', 'groups.detractors', 'headcounts.headcount') }}
        end as {{ 'interval_low' if side < 0 else 'interval_high' }},
        {%- endfor %}
        'adjusted Wald, finite population' as interval_method
    from groups
    left join headcounts using (source)
),

-- a condition on one side alone would compare every row with every other
rates_of_metrics as (
    select * from invited where metric <> 'response_rate'
),

dressed as (
    select *, interval_low is not null and interval_high is not null as has_interval from valued
),

told as (
    select
        valued.metric,
        valued.method_version,
        valued.period_grain,
        coalesce(valued.month, valued.first_day) as period_start,
        case
            when valued.period_grain = 'month' then cast(valued.month + interval 1 month - interval 1 day as date)
            else valued.last_day
        end as period_end,
        valued.source,
        valued.touchpoint,
        valued.segment,
        cast(valued.n as bigint) as n,
        -- no naked score: what has no interval has no value either
        case when valued.has_interval then round(valued.value, 4) end as value,
        case when valued.has_interval then round(valued.interval_low, 4) end as interval_low,
        case when valued.has_interval then round(valued.interval_high, 4) end as interval_high,
        case when valued.has_interval then valued.interval_method end as interval_method,
        case
            when valued.n is null then 'suppressed'
            when not valued.has_interval and valued.interval_method like 'Brookmeyer%' then 'open_ended'
            when not valued.has_interval then 'too_few'
        end as flag,
        round(100.0 * invited.hits / invited.n, 4) as response_rate,
        cast(invited.n as bigint) as response_rate_n,
        round(100 * {{ wilson_bound(-1, 'invited.n', 'invited.hits') }}, 4) as response_rate_low,
        round(100 * {{ wilson_bound(1, 'invited.n', 'invited.hits') }}, 4) as response_rate_high
    from dressed as valued
    left join rates_of_metrics as invited
        on valued.metric = invited.metric
        and valued.period_grain = invited.period_grain
        and valued.month is not distinct from invited.month
        and valued.source = invited.source
        and valued.touchpoint = invited.touchpoint
        and valued.segment = invited.segment
),

months as (
    select * from told where period_grain = 'month'
),

-- a change is one between months, within one method version
compared as (
    select
        told.*
        {%- for name, months in changes.items() %},
        told.value - {{ name }}.value as {{ name }},
        {{ difference_bound(-1, 'told', name) }} as {{ name }}_low,
        {{ difference_bound(1, 'told', name) }} as {{ name }}_high
        {%- endfor %}
    from told
    {%- for name, months in changes.items() %}
    left join months as {{ name }}
        on told.period_start = cast({{ name }}.period_start + interval {{ months }} month as date)
        {%- for column in ['period_grain', 'metric', 'method_version'] + places %}
        and told.{{ column }} = {{ name }}.{{ column }}
        {%- endfor %}
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
    source,
    touchpoint,
    segment,
    n,
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
    response_rate_high
from judged
