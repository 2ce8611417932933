-- One row per reference and time that it stood for a customer.
-- depends_on: {{ ref('int_identity_edges') }}
-- depends_on: {{ ref('int_torn_edges') }}
{#- Numbered anew for the customers of whom a reference came or went, or a link. -#}
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='customer_id') }}
{%- set edges = ref('int_identity_edge_versions') %}
{%- set ids = ref('int_customer_ids') %}
{%- set news = read_news(edges, 'links', 'links_build', 'node_a, node_b') %}
{%- if is_incremental() %}
    {#- what is torn since was one customer, and what is torn no more is one: an end of theirs is here -#}
    {%- do temporary('ends_of_news', 'select node_a as node_id from links_news union select node_b from links_news') %}
    {%- set newest %}
        select cast(greatest(max(since), max(until)) as {{ dbt.type_string() }}) from {{ this }}
    {%- endset %}
    {%- set newest_at = "timestamp '" ~ (scalar(newest) or '0001-01-01') ~ "'" %}
    {%- set touched %}
        select customer_id from {{ ids }} where since > {{ newest_at }}
        union
        select customer_id from {{ ids }} where until > {{ newest_at }}
        union
        select customer_id from {{ ids }} where node_id in (select node_id from ends_of_news)
        {%- if news.is_all %}
        union
        select customer_id from {{ this }}
        {%- endif %}
    {%- endset %}
    {%- do temporary('touched_customers', touched) %}
    {%- do temporary(
        'touched_ids', 'select * from ' ~ ids ~ ' where customer_id in (select customer_id from touched_customers)'
    ) %}
    {%- do few_edges('touched_edges', 'touched_ids') %}
{%- endif %}
with {{ newest_build(edges, 'links') }}

ids as (
    select * from {{ 'touched_ids' if is_incremental() else ids }}
),

refs as (
    {%- if is_incremental() %}
    {{ few_rows(
        ref('int_references'), ['node_id in (select node_id from touched_ids)'], 'node_id, kind, source, value'
    ) }}
    {%- else %}
    select node_id, kind, source, value from {{ ref('int_references') }}
    {%- endif %}
),

-- of several reasons the one that somebody declared says most
rules as (
    select
        node_id,
        {{ strongest_rule('rule') }} as rule
    from (
        {%- for end in ['node_a', 'node_b'] %}
        select {{ end }} as node_id, rule from {{ 'touched_edges' if is_incremental() else ref('int_identity_edges') }}
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
