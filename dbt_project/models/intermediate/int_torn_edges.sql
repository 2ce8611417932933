-- One row per pair of references that two declared strangers share directly: what links it speaks of neither.
{{ config(materialized='table') }}
with overrides as (
    select * from {{ ref('int_identity_overrides') }}
    -- a row that others contradict decides nothing
    where action = 'force_different' and not is_contradicted
),

apart as (
    select node_a as node, node_b as stranger from overrides
    union
    select node_b, node_a from overrides
),

neighbours as (
    {%- for end, other in [('node_a', 'node_b'), ('node_b', 'node_a')] %}
    select {{ end }} as node, {{ other }} as neighbour
    from {{ ref('int_identity_edge_versions') }}
    where until is null
        and rule not in ('set aside', 'declared different')
        and {{ end }} in (select node from apart)
    {{ 'union' if not loop.last }}
    {%- endfor %}
)

select distinct
    least(ours.node, ours.neighbour) as node_a,
    greatest(ours.node, ours.neighbour) as node_b
from apart
inner join neighbours as ours on apart.node = ours.node
left join neighbours as theirs
    on apart.stranger = theirs.node and ours.neighbour = theirs.neighbour
where ours.neighbour = apart.stranger or theirs.node is not null
