-- One row per metric, method version, touchpoint and circumstance: by how many points it moves the score.
{#- A regression of the score on the circumstance, within strata of the same topics besides: who wrote of a late
    parcel is compared with who wrote of nothing, or of the same other things; a slow reply with a quicker one on the
    same topic. What came of a topic (how it was dealt with, a refund) is no stratum for it: holding fixed what
    a bad parcel leads to would hide what it does. By Frisch and Waugh it is a sum over strata; its variance is
    clustered by customer, as of statsmodels' OLS with a dummy a stratum. #}
{%- set topic = 'topic of a case' %}
with circumstances as (
    select * from {{ ref('score_circumstances') }}
),

-- topics, each between two bars, so that one can be taken out of the text
sets as (
    select score_id, string_agg('|' || kind || ':' || driver || '|', '' order by kind, driver) as circumstances
    from circumstances
    where kind = '{{ topic }}'
    group by score_id
),

scores as (
    select
        scores.score_id,
        scores.metric,
        scores.method_version,
        scores.touchpoint,
        scores.customer_id,
        cast(scores.scored_at as date) as day,
        case scores.metric
            when 'nps' then case scores.nps_group when 'promoter' then 100.0 when 'detractor' then -100.0 else 0.0 end
            when 'csat' then case when scores.is_top_box then 100.0 else 0.0 end
            else scores.score
        end as x,
        coalesce(sets.circumstances, '') as circumstances
    from {{ ref('scores') }} as scores
    left join sets on scores.score_id = sets.score_id
    -- of nobody known nobody knows what happened to them
    where scores.customer_id is not null
),

places as (
    select
        metric,
        method_version,
        touchpoint,
        circumstances.kind,
        circumstances.driver,
        count(*) as n_with
    from scores
    inner join circumstances on scores.score_id = circumstances.score_id
    group by metric, method_version, touchpoint, circumstances.kind, circumstances.driver
),

-- few circumstances a place: each of them looks at the scores of its place once
observed as (
    select
        places.metric,
        places.method_version,
        places.touchpoint,
        places.kind,
        places.driver,
        scores.customer_id,
        scores.day,
        scores.x,
        case when circumstances.score_id is null then 0.0 else 1.0 end as d,
        replace(scores.circumstances, '|' || places.kind || ':' || places.driver || '|', '') as others
    from places
    inner join scores
        on places.metric = scores.metric
        and places.method_version = scores.method_version
        and places.touchpoint = scores.touchpoint
    left join circumstances
        on scores.score_id = circumstances.score_id
        and places.kind = circumstances.kind
        and places.driver = circumstances.driver
    where places.n_with >= {{ var('driver_min_n') }}
),
{%- set key = ['metric', 'method_version', 'touchpoint', 'kind', 'driver'] %}

centred as (
    select
        *,
        d - avg(d) over stratum as d_left,
        x - avg(x) over stratum as x_left,
        -- without a counterpart it says nothing of the circumstance
        min(d) over stratum < max(d) over stratum as is_compared
    from observed
    window stratum as (partition by {{ key | join(', ') }}, others)
),

fitted as (
    select
        {{ key | join(', ') }},
        min(day) filter (is_compared) as period_start,
        max(day) filter (is_compared) as period_end,
        cast(count(*) filter (is_compared) as double) as n,
        sum(d) filter (is_compared) as n_with,
        sum(d) filter (not is_compared) as n_alone,
        count(distinct customer_id) filter (is_compared) as customers,
        count(distinct others) filter (is_compared) as strata,
        sum(d_left * d_left) as spread,
        sum(d_left * x_left) / nullif(sum(d_left * d_left), 0) as points
    from centred
    group by {{ key | join(', ') }}
    having sum(d) filter (is_compared) >= {{ var('driver_min_n') }}
),

pulls as (
    select
        {%- for column in key %}
        centred.{{ column }},
        {%- endfor %}
        centred.customer_id,
        sum(centred.d_left * (centred.x_left - fitted.points * centred.d_left)) as pull
    from centred
    inner join fitted
        on {% for column in key %}centred.{{ column }} = fitted.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where centred.is_compared
    group by {% for column in key %}centred.{{ column }}, {% endfor %}centred.customer_id
),

widened as (
    select
        {%- for column in key %}
        fitted.{{ column }},
        {%- endfor %}
        any_value(fitted.period_start) as period_start,
        any_value(fitted.period_end) as period_end,
        any_value(fitted.n) as n,
        any_value(fitted.n_with) as n_with,
        any_value(coalesce(fitted.n_alone, 0)) as n_alone,
        any_value(fitted.customers) as customers,
        any_value(fitted.points) as points,
        cast(any_value(fitted.customers) - 1 as integer) as df,
        sqrt(sum(pulls.pull * pulls.pull) * any_value(
            fitted.customers * 1.0 / nullif(fitted.customers - 1, 0)
            * (fitted.n - 1) / nullif(greatest(0, fitted.n - fitted.strata - 1), 0)
        )) / any_value(nullif(fitted.spread, 0)) as standard_error
    from fitted
    inner join pulls
        on {% for column in key %}fitted.{{ column }} = pulls.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    group by {% for column in key %}fitted.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
),

bounded as (
    select
        widened.*,
        points - {{ t_quantile('quantile', 'nullif(widened.df, 0)') }} * standard_error as interval_low,
        points + {{ t_quantile('quantile', 'nullif(widened.df, 0)') }} * standard_error as interval_high
    from widened
    left join {{ ref('student_t') }} as quantiles on widened.df = quantiles.df
),

chances as (
    select *, {{ chance_of('points', 'interval_low', 'interval_high') }} as chance
    from bounded
    where interval_low < interval_high
),

-- of many circumstances one always seems to matter (Benjamini and Hochberg)
ranked as (
    select
        *,
        row_number() over (partition by metric, touchpoint order by chance nulls last, driver, kind) as place,
        count(chance) over (partition by metric, touchpoint) as looked_at
    from chances
),

judged as (
    select
        *,
        coalesce(
            max(place) filter (chance <= 0.05 * place / looked_at) over (partition by metric, touchpoint), 0
        ) as last_place
    from ranked
)

select
    metric,
    method_version,
    touchpoint,
    kind,
    driver,
    period_start,
    period_end,
    cast(n as bigint) as n,
    cast(n_with as bigint) as n_with,
    cast(n_alone as bigint) as n_alone,
    cast(customers as bigint) as customers,
    round(points, 4) as points,
    round(interval_low, 4) as interval_low,
    round(interval_high, 4) as interval_high,
    't, clustered by customer, within strata of other topics' as interval_method,
    case when place > last_place then 'noise' when points > 0 then 'up' else 'down' end as verdict
from judged
