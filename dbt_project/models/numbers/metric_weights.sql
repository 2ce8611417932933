-- One row per metric, method version and published cell of scores: sums of its answers, each weighted by how many were asked for one.
{#- Weighting classes (Little 1986): within a stratum, who answered stands for who was asked. Where a stratum has
    nobody who answered, or somebody whom nobody invited, all strata of its first place are taken as one (collapsed). #}
with strata as (
    select * from {{ ref('metric_strata') }} where n > 0
),

named as (
    select *, {{ hash_id(['metric', 'method_version'] + cell_id_parts()) }} as asked_id
    from strata
),

asked as (
    select asked_id, stratum_id, wider_id, n as invited, total as completed
    from named
    where part = 'response_rate'
),

asked_wider as (
    select
        asked_id,
        wider_id,
        sum(invited) as invited,
        sum(completed) as completed,
        count(*) filter (completed = 0) as silent
    from asked
    group by asked_id, wider_id
),

silence as (
    select asked_id, count(*) filter (completed = 0) as silent
    from asked_wider
    group by asked_id
),

answered as (
    select * from named where part = 'value'
),

joined as (
    select
        answered.*,
        asked.invited / nullif(asked.completed, 0) as weight,
        asked_wider.invited / nullif(asked_wider.completed, 0) as wider_weight,
        max(case when asked_wider.silent > 0 or coalesce(asked.completed, 0) = 0 then 1 else 0 end) over (
            partition by answered.asked_id, answered.metric, answered.method_version, answered.wider_id
        ) = 1 as is_collapsed
    from answered
    left join asked on answered.asked_id = asked.asked_id and answered.stratum_id = asked.stratum_id
    left join asked_wider on answered.asked_id = asked_wider.asked_id and answered.wider_id = asked_wider.wider_id
),

weighed as (
    select * replace (case when is_collapsed then wider_weight else weight end as weight)
    from joined
),

summed as (
    select
        asked_id,
        metric,
        method_version,
        {{ cell_columns() | join(', ') }},
        sum(n) filter (weight is null) as uninvited,
        bool_or(is_collapsed) as is_collapsed,
        sum(weight * n) as weights,
        sum(weight * weight * n) as weights_squared,
        sum(weight * total) as total,
        sum(weight * squares) as squares
    from weighed
    group by all
),

flagged as (
    select
        {{ hash_id(['summed.metric', 'summed.method_version'] + cell_id_parts('summed')) }} as cell_id,
        summed.*,
        case
            when silence.silent > 0 then 'silent_stratum'
            when summed.uninvited > 0 then 'not_invited'
            when summed.is_collapsed then 'collapsed'
        end as weights_flag
    from summed
    left join silence on summed.asked_id = silence.asked_id
)

select
    cell_id,
    metric,
    method_version,
    {{ cell_columns() | join(', ') }},
    {%- for sum in ['weights', 'weights_squared', 'total', 'squares'] %}
    case when coalesce(weights_flag, 'collapsed') = 'collapsed' then {{ sum }} end as {{ sum }},
    {%- endfor %}
    weights_flag
from flagged
