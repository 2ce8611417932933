-- One row per initiative: what it was worth, against what the same months did without it.
{%- set min_n = var('initiative_min_n') %}
with listed as (
    select
        *,
        row_number() over (partition by lower(initiative) order by entry) as place
    from {{ ref('int_initiatives') }}
    where initiative is not null
),

initiatives as (
    select * from listed where place = 1
),

newest as (
    select max(day) as day from {{ ref('metric_answers') }}
),

sides as (
    select
        initiative,
        method_version,
        sum(n) filter (who = 'reached' and time_part = 'before') as n_before,
        sum(n) filter (who = 'reached' and time_part = 'run_up') as n_run_up,
        sum(n) filter (who = 'reached' and time_part = 'after') as n_after,
        sum(n) filter (who = 'others' and time_part = 'before') as n_others_before,
        sum(n) filter (who = 'others' and time_part = 'after') as n_others_after,
        sum(n) filter (who = 'unknown') as n_unknown,
        min(first_day) filter (who = 'reached' and time_part = 'before') as baseline_start,
        max(last_day) filter (who = 'reached' and time_part = 'before') as baseline_end,
        min(first_day) filter (who = 'reached' and time_part = 'after') as period_start,
        max(last_day) filter (who = 'reached' and time_part = 'after') as period_end
    from {{ ref('initiative_sums') }}
    group by initiative, method_version
    union all by name
    select
        initiative,
        method_version,
        count(*) filter (is_reached) as n_before,
        count(*) filter (is_reached) as n_after,
        count(*) filter (not is_reached) as n_others_before,
        count(*) filter (not is_reached) as n_others_after,
        min(answered_on) filter (is_reached) as baseline_start,
        max(answered_on) filter (is_reached) as baseline_end,
        min(next_on) filter (is_reached) as period_start,
        max(next_on) filter (is_reached) as period_end
    from {{ ref('initiative_followed') }}
    group by initiative, method_version
),

-- two readings of a question are never averaged: that which says most of both sides counts
ranked as (
    select
        *,
        row_number() over (
            partition by initiative
            order by least(coalesce(n_before, 0), coalesce(n_after, 0)) desc, coalesce(n_after, 0) desc, method_version
        ) as place,
        sum(coalesce(n_before, 0) + coalesce(n_after, 0)) over (partition by initiative) as n_of_all
    from sides
),

counted as (
    select
        * exclude (place, n_of_all),
        n_of_all - coalesce(n_before, 0) - coalesce(n_after, 0) as n_other_version
    from ranked
    where place = 1
),

estimates as (
    select * from {{ ref('initiative_contrasts') }}
    union all
    select * from {{ ref('initiative_adjusted') }}
),

quantiles as (
    select * from {{ ref('student_t') }}
),

-- no naked number: what has no interval has no value either
widened as (
    select
        estimates.*,
        {%- for side in (-1, 1) %}
        -- differences may go beyond a scale, values may not
        case when estimates.contrast in ('before', 'run_up', 'after')
            then {{ value_end(side, 'initiatives.metric', 'estimates.method_version') }}
        end as {{ 'lowest' if side < 0 else 'highest' }},
        {%- endfor %}
        -- where all answers are alike, but for rounding, they do not tell how far others would lie
        case when estimates.standard_error > 1e-9 * greatest(1.0, abs(estimates.value))
            then {{ t_quantile('quantiles.quantile', 'nullif(estimates.df, 0)') }} * estimates.standard_error
        end as margin
    from estimates
    inner join initiatives on estimates.initiative = initiatives.initiative
    left join quantiles on estimates.df = quantiles.df
),

compared as (
    select
        initiative,
        method_version,
        max(n) filter (contrast = 'estimate') as n,
        max(customers) filter (contrast = 'estimate') as customers,
        max(standard_error) filter (contrast = 'estimate') as standard_error
        {%- for contrast in ['before', 'run_up', 'after', 'difference', 'elsewhere', 'estimate', 'rebound'] %},
        max(value) filter (contrast = '{{ contrast }}') as {{ contrast }},
        max({{ mean_bound(-1, 'value', 'margin', 'lowest') }}) filter (contrast = '{{ contrast }}') as {{ contrast }}_low,
        max({{ mean_bound(1, 'value', 'margin', 'highest') }}) filter (contrast = '{{ contrast }}') as {{ contrast }}_high
        {%- endfor %}
    from widened
    where value is not null and margin is not null
    group by initiative, method_version
),

reached as (
    select initiative, count(distinct customer_id) as n_reached
    from {{ ref('int_initiative_contacts') }}
    group by initiative
),

told as (
    select
        initiatives.*,
        counted.* exclude (initiative),
        compared.* exclude (initiative, method_version),
        reached.n_reached,
        {{ better_direction('initiatives.metric') }} as better,
        newest.day < initiatives.after_until as goes_on,
        coalesce(initiatives.country, initiatives.segment, initiatives.source) is not null as is_for_some
    from initiatives
    cross join newest
    left join counted on initiatives.initiative = counted.initiative
    left join compared
        on counted.initiative = compared.initiative and counted.method_version = compared.method_version
    left join reached on initiatives.initiative = reached.initiative
),

judged as (
    select
        *,
        case
            when problem is not null then 'cannot be followed'
            when coalesce(n_after, 0) < {{ min_n }} and goes_on then 'too early'
            when coalesce(n_after, 0) = 0 then 'nobody answered'
            when coalesce(n_before, 0) = 0 then 'nothing is known of before'
            when coalesce(n_others_before, 0) = 0 or coalesce(n_others_after, 0) = 0 then 'nobody to compare with'
            when least(n_before, n_after, n_others_before, n_others_after) < {{ min_n }} then 'too few answers'
            when estimate is null then 'too few answers'
            when better * estimate > 0 and estimate_low * estimate_high > 0 then 'works'
            when estimate_low * estimate_high > 0 then 'made it worse'
            -- of those chosen for a low answer the raw difference is the way back; of a place or a group,
            -- that it is better than just before, when it was worse than it had been
            when tag is not null and better * difference > 0 and difference_low * difference_high > 0
                then 'only came back to where it was'
            when tag is null and better * (run_up - before) < 0 and better * rebound > 0 and rebound_low * rebound_high > 0
                then 'only came back to where it was'
            else 'no more than noise'
        end as verdict
    from told
),

-- contacts that did not come, in the time after: a rate is of a hundred customers in a month
avoided as (
    select
        *,
        case when metric = 'contact_rate' then -estimate * n_after / 100 end as contacts_avoided,
        case when metric = 'contact_rate' then -estimate_high * n_after / 100 end as contacts_avoided_low,
        case when metric = 'contact_rate' then -estimate_low * n_after / 100 end as contacts_avoided_high
    from judged
)

select
    initiative,
    description,
    began_on,
    ended_on,
    touchpoint,
    segment,
    country,
    source,
    topic,
    tag,
    metric,
    method_version,
    verdict,
    case
        when verdict = 'works' then true
        when verdict in ('made it worse', 'only came back to where it was', 'no more than noise') then false
    end as works,
    problem,
    round(estimate, 4) as estimate,
    round(estimate_low, 4) as interval_low,
    round(estimate_high, 4) as interval_high,
    case
        when estimate is null then null
        when tag is not null then 'analysis of covariance on the answer before, t'
        else 'difference in differences, t, clustered by customer'
    end as interval_method,
    cast(n as bigint) as n,
    cast(customers as bigint) as customers,
    -- what would have been seen four times in five (0.8416: the 80 % quantile)
    round(({{ z() }} + 0.8416) * standard_error, 4) as detectable,
    case
        when problem is not null then null
        when tag is not null then 'customers who had answered as low at the same touchpoint, and were not reached'
        when is_for_some then 'customers whom no initiative reached, in the same time'
        when touchpoint is not null then 'other touchpoints without an initiative, in the same time'
    end as compared_with,
    baseline_start,
    baseline_end,
    period_start,
    period_end,
    cast(n_before as bigint) as n_before,
    cast(n_run_up as bigint) as n_run_up,
    cast(n_after as bigint) as n_after,
    cast(n_others_before as bigint) as n_others_before,
    cast(n_others_after as bigint) as n_others_after,
    cast(n_reached as bigint) as n_reached,
    cast(n_unknown as bigint) as n_unknown,
    cast(n_other_version as bigint) as n_other_version,
    {%- for contrast, name in {
        'before': 'value_before', 'run_up': 'value_run_up', 'after': 'value_after', 'difference': 'difference',
        'elsewhere': 'difference_elsewhere', 'rebound': 'difference_run_up', 'contacts_avoided': 'contacts_avoided'
    }.items() %}
    round({{ contrast }}, 4) as {{ name }},
    round({{ contrast }}_low, 4) as {{ name }}_low,
    round({{ contrast }}_high, 4) as {{ name }}_high,
    {%- endfor %}
    cost,
    {%- for end in ['', '_low', '_high'] %}
    cast(contacts_avoided{{ end }} * contact_cost as decimal(18, 2)) as saved{{ end }},
    {%- endfor %}
    {%- for end in ['', '_low', '_high'] %}
    cast(contacts_avoided{{ end }} * contact_cost - cost as decimal(18, 2)) as net{{ end }},
    {%- endfor %}
    currency
from avoided
