-- One row per reference that links nobody, and why.
{{ config(materialized='table') }}
{#- References are read where they are asked for: a CTE that is read twice is a copy of them all. -#}
with clusters as (
    select * from {{ ref('int_strong_clusters') }}
),

-- no more groups than references: nearly every address is through here
in_doubt as (
    select node_id, kind
    from {{ ref('int_references') }}
    where set_aside_reason is null and holders > {{ var('identity_max_clusters') }}
),

told as (
    {%- for kind in ['email', 'phone'] %}
    select distinct
        in_doubt.node_id,
        combinations.person_node,
        combinations.external_node,
        -- of the two, a number is the weaker one
        {{ 'combinations.email_node' if kind == 'phone' else 'cast(null as bigint)' }} as email_node
    from in_doubt
    inner join {{ ref('int_combinations') }} as combinations on in_doubt.node_id = combinations.{{ kind }}_node
    where in_doubt.kind = '{{ kind }}'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- of those alone: a join with all references would cost as much as they are
usable as (
    select node_id
    from {{ ref('int_references') }}
    where set_aside_reason is null
        and node_id in (
            {%- for kind in ['person', 'external', 'email'] %}
            select {{ kind }}_node from told
            {{ 'union' if not loop.last }}
            {%- endfor %}
        )
),

held as (
    select
        told.node_id,
        coalesce(person.node_id, external.node_id, email.node_id) as holder
    from told
    left join usable as person on told.person_node = person.node_id
    left join usable as external on told.external_node = external.node_id
    left join usable as email on told.email_node = email.node_id
),

joined as (
    select
        held.node_id,
        count(distinct coalesce(clusters.cluster, held.holder)) as groups
    from held
    left join clusters on held.holder = clusters.node_id
    group by held.node_id
)

select
    node_id,
    case
        when starts_with(set_aside_reason, 'blocklist') then 'blocklisted'
        else 'too many names'
    end as problem,
    set_aside_reason as reason,
    cast(null as bigint) as groups
from {{ ref('int_references') }}
where set_aside_reason is not null

union all

select
    node_id,
    'too many customers',
    'would join ' || groups || ' customers that nothing else joins',
    groups
from joined
where groups > {{ var('identity_max_clusters') }}
