-- One row per observation that a metric is made of: an answer, an invitation or a case.
{#- Shares of cases: which of them count, which of those are hits, and how that reads. -#}
{%- set case_rates = {
    'reopen_rate': (
        '(first_resolved_at is not null or is_reopened) and not is_merged',
        'is_reopened',
        'reopened of ever solved',
    ),
    'one_touch_rate': ('is_one_touch is not null', 'is_one_touch', 'one public reply of solved'),
    'fcr': (
        'is_first_contact_resolution is not null',
        'is_first_contact_resolution',
        'no contact in ' ~ var('fcr_days') ~ ' days of first solved',
    ),
} %}
{%- set places %}source, touchpoint, segment, stage, channel, account_id, customer_id{% endset %}
with scores as (
    select * from {{ ref('scores') }}
),

invitations as (
    select * from {{ ref('invitations') }}
),

cases as (
    select * from {{ ref('cases') }}
),

questions as (
    select distinct source, survey_id, metric
    from {{ ref('int_question_map') }}
    where metric <> 'enps'
),

scored as (
    select
        metric,
        method_version,
        case metric when 'nps' then 'nps' when 'csat' then 'share' else 'mean' end as statistic,
        scored_at as observed_at,
        {{ places }},
        case metric
            when 'nps' then case nps_group when 'promoter' then 1.0 when 'detractor' then -1.0 else 0.0 end
            when 'csat' then case when is_top_box then 1.0 else 0.0 end
            else score
        end as x
    from scores
    union all
    select
        'rating_top_box',
        method_version || ' top ' || {{ plain(default_top_box('scale_min', 'scale_max')) }},
        'share',
        scored_at,
        {{ places }},
        case when score >= {{ default_top_box('scale_min', 'scale_max') }} then 1.0 else 0.0 end
    from scores
    where metric = 'rating'
),

invited as (
    select
        'completed of delivered' as method_version,
        'share' as statistic,
        sent_at as observed_at,
        {{ places }},
        case when is_completed then 1.0 else 0.0 end as x,
        survey_id
    from invitations
),

of_cases as (
    {%- for metric, (counts, is_hit, reading) in case_rates.items() %}
    select
        '{{ metric }}' as metric,
        '{{ reading }}' as method_version,
        'share' as statistic,
        created_at as observed_at,
        {{ places }},
        case when {{ is_hit }} then 1.0 else 0.0 end as x
    from cases
    where {{ counts }}
    union all
    {%- endfor %}
    -- counted, and divided by the customers of the cell where values are made
    select
        'contact_rate',
        'cases per 100 customers with any touch',
        'rate',
        created_at,
        {{ places }},
        1.0
    from cases
    where customer_id is not null and not is_merged
),

-- an invitation counts in its own metric, and beside each one that its survey asks for
observed as (
    select *, 'value' as part from scored
    union all by name
    select *, 'value' as part from of_cases
    union all by name
    select * exclude (survey_id), 'response_rate' as metric, 'value' as part from invited
    union all by name
    select invited.* exclude (survey_id), questions.metric, 'response_rate' as part
    from invited
    inner join questions using (source, survey_id)
),

named as (
    select
        *,
        cast(observed_at as date) as day,
        dense_rank() over (order by metric, part, method_version) as reading_id
    from observed
),

neighbours as (
    select
        *,
        lag(day) over (partition by reading_id, customer_id order by day) as day_before,
        lead(day) over (partition by reading_id, customer_id order by day) as day_after
    from named
)

select
    reading_id,
    metric,
    part,
    method_version,
    statistic,
    day,
    source,
    touchpoint,
    segment,
    stage,
    channel,
    {{ account_number('account_id') }} as account_id,
    customer_id,
    {%- for grain in metric_grains() %}
    -- whoever is observed once in a period is once in each of its cells
    {%- set block = {'grain': grain} %}
    customer_id is not null and (
        {%- if grain == 'all' %}
        day_before is not null or day_after is not null
        {%- else %}
        coalesce({{ period(block, 'day_before') }} = {{ period(block) }}, false)
        or coalesce({{ period(block, 'day_after') }} = {{ period(block) }}, false)
        {%- endif %}
    ) as repeats_in_{{ grain }},
    {%- endfor %}
    cast(x as double) as x
from neighbours
