-- One row per initiative with a tag and customer: an answer, the next one, and whether they were reached in between.
with initiatives as (
    select * from {{ ref('int_initiatives') }} where problem is null and tag is not null
),

contacts as (
    select * from {{ ref('int_initiative_contacts') }} where customer_id is not null
),

scored as (
    select
        metric,
        method_version,
        customer_id,
        score_id,
        scored_at,
        touchpoint,
        -- on one scale of 0 to 1, wherever it was asked
        (score - scale_min) / (scale_max - scale_min) as level,
        case metric
            when 'nps' then case nps_group when 'promoter' then 100.0 when 'detractor' then -100.0 else 0.0 end
            when 'csat' then case when is_top_box then 100.0 else 0.0 end
            else score
        end as x
    from {{ ref('scores') }}
    where customer_id is not null and metric in (select metric from initiatives)
),

pairs as (
    select
        *,
        lead(x) over following as next_x,
        lead(scored_at) over following as next_at
    from scored
    window following as (partition by metric, method_version, customer_id order by scored_at, score_id)
),

asked as (
    select
        initiatives.initiative,
        pairs.*
    from initiatives
    inner join pairs on initiatives.metric = pairs.metric
    where pairs.next_at is not null
        and cast(pairs.scored_at as date) >= initiatives.began_on
        and cast(pairs.scored_at as date) <= coalesce(initiatives.ended_on, date '9999-01-01')
        and {{ is_listed('pairs.touchpoint', 'initiatives.touchpoint') }}
),

reached as (
    select distinct asked.initiative, asked.score_id
    from asked
    inner join contacts
        on asked.initiative = contacts.initiative
        and asked.customer_id = contacts.customer_id
        and contacts.reached_at > asked.scored_at
        and contacts.reached_at <= asked.next_at
),

told as (
    select asked.*, reached.score_id is not null as is_reached
    from asked
    left join reached on asked.initiative = reached.initiative and asked.score_id = reached.score_id
),

-- compared are those who were as unhappy as somebody who was reached, at the same touchpoint
chosen as (
    select initiative, method_version, touchpoint, min(level) as lowest, max(level) as highest
    from told
    where is_reached
    group by initiative, method_version, touchpoint
),

comparable as (
    select
        told.*,
        row_number() over (
            partition by told.initiative, told.method_version, told.customer_id
            order by told.scored_at, told.score_id
        ) as place
    from told
    inner join chosen
        on told.initiative = chosen.initiative
        and told.method_version = chosen.method_version
        and told.touchpoint = chosen.touchpoint
        and told.level between chosen.lowest and chosen.highest
)

select
    initiative,
    method_version,
    customer_id,
    is_reached,
    cast(scored_at as date) as answered_on,
    cast(next_at as date) as next_on,
    level,
    x,
    next_x
from comparable
-- a customer is one, by the first time: whoever was unhappy often was reached sooner or later, and those whom
-- nobody ever reached are the happier ones
where place = 1
