-- One row per row of identity_overrides: the references that it names, and whether other rows contradict it.
{{ config(materialized='table') }}
{%- set overrides %}
    select
        override_row,
        action,
        kind_a,
        source_a,
        value_a,
        kind_b,
        source_b,
        value_b,
        {{ override_node('a') }} as node_a,
        {{ override_node('b') }} as node_b
    from (
        select
            {{ seed_row() }} as override_row,
            lower(trim(action)) as action,
            {%- for side in ['a', 'b'] %}
            {{ normal_kind('kind_' ~ side) }} as kind_{{ side }},
            {{ normal_ref('source_' ~ side) }} as source_{{ side }},
            value_{{ side }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ ref('identity_overrides') }}
    ) as seed
    {{ join_provider(normal_email('value_a'), 'provider_a') }}
    {{ join_provider(normal_email('value_b'), 'provider_b') }}
{%- endset %}

with overrides as (
    {{ overrides }}
),

-- everybody whom a chain of rows declares to be one person
declared as (
    select node_id, cluster
    from {{ connected_components("(select * from (" ~ overrides ~ ") where action = 'force_same')") }}
),

placed as (
    select
        overrides.*,
        coalesce(declared_a.cluster, overrides.node_a) as declared_a,
        coalesce(declared_b.cluster, overrides.node_b) as declared_b
    from overrides
    left join declared as declared_a on overrides.node_a = declared_a.node_id
    left join declared as declared_b on overrides.node_b = declared_b.node_id
),

same as (
    select declared_a, string_agg(cast(override_row as varchar), ', ' order by override_row) as same_rows
    from placed
    where action = 'force_same' and declared_a = declared_b and node_a <> node_b
    group by declared_a
)

select
    placed.* exclude (declared_a, declared_b),
    -- two rows that say the opposite: what declares them the same is more rows, perhaps, and stands
    placed.action = 'force_different' and placed.declared_a = placed.declared_b as is_contradicted,
    -- one reference on both sides contradicts itself, whatever other rows say of it
    case
        when placed.action = 'force_different' and placed.declared_a = placed.declared_b and placed.node_a <> placed.node_b
            then same.same_rows
    end as same_rows
from placed
left join same on placed.declared_a = same.declared_a
