-- One row per reference and time that it stood for a customer.
{#- Numbered anew for the customers of whom a reference came or went, or a link. -#}
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='customer_id') }}
with {{ changed_versions(ref('int_identity_edge_versions'), 'links', 'links_build') }}
{%- if is_incremental() %}

ends as (
    select node_a as node_id from links_changed
    union
    select node_b from links_changed
),

-- what was torn, or is no more, has an end that neither came nor went
linked as (
    select node_id from ends
    union
    select node_b from {{ ref('int_identity_edge_versions') }} where node_a in (select node_id from ends)
    union
    select node_a from {{ ref('int_identity_edge_versions') }} where node_b in (select node_id from ends)
),

touched as (
    select customer_id
    from {{ ref('int_customer_ids') }}
    cross join (select max(greatest(since, coalesce(until, since))) as newest_at from {{ this }}) as told
    where since > told.newest_at or until > told.newest_at
    union
    select customer_id
    from {{ ref('int_customer_ids') }}
    where node_id in (select node_id from linked)
    union
    select held.customer_id from {{ this }} as held cross join links_read where links_read.number = 0
),
{%- endif %}

ids as (
    select * from {{ ref('int_customer_ids') }}
    {%- if is_incremental() %}
    where customer_id in (select customer_id from touched)
    {%- endif %}
),

refs as (
    select node_id, kind, source, value
    from {{ ref('int_references') }}
    {%- if is_incremental() %}
    where node_id in (select node_id from ids)
    {%- endif %}
),

-- of several reasons the one that somebody declared says most
rules as (
    select
        node_id,
        {{ strongest_rule('rule') }} as rule
    from (
        {%- for end in ['node_a', 'node_b'] %}
        select {{ end }} as node_id, rule
        from {{ ref('int_identity_edges') }}
        {%- if is_incremental() %}
        where {{ end }} in (select node_id from ids)
        {%- endif %}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as ends
    group by node_id
)

select
    ids.customer_id,
    -- numbered, not hashed: a hash of an address can be tried out
    row_number() over (
        partition by ids.customer_id order by ids.since, refs.kind, refs.source, ids.node_id
    ) as link,
    coalesce(refs.kind, 'gone') as reference_kind,
    refs.source as reference_source,
    case when refs.kind in ('person', 'external') then {{ published_ref('refs.value') }} end as reference,
    coalesce(rules.rule, 'alone') as rule,
    ids.since,
    ids.until,
    links_build.number as links_build
from ids
left join refs using (node_id)
left join rules using (node_id)
cross join links_build
