-- One row per record that names a customer.
{#- Told anew for the records that were heard of since, and for those that name a reference whose customer is another. -#}
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='record_id', feed=['record_id', 'customer_id'],
) }}
{%- set columns = ['record_id', 'origin', 'customer_id', 'mentions_build', 'ids_build'] %}
{%- set told = 'record_id, origin, combination_id, ' ~ node_columns() %}
{%- set mentions = read_news(ref('int_mention_versions'), 'mentions', 'mentions_build', told ~ ', until') %}
{%- set ids = read_news(ref('int_customer_ids'), 'ids', 'ids_build', 'node_id', "timestamp '0001-01-01'") %}
{%- if is_incremental() %}
    {%- do temporary('moved_references', 'select distinct node_id from ids_news') %}
    {%- do temporary('named_combinations', combinations_of('moved_references', 'combination_id')) %}
    {%- set touched %}
        select {{ told }} from mentions_news where until is null
        union
        select {{ told }}
        from {{ ref('int_mention_versions') }}
        where until is null and combination_id in (select combination_id from named_combinations)
    {%- endset %}
    {%- do temporary('touched_mentions', touched) %}
    {%- set touched_records %}
        select record_id from mentions_news
        union
        select record_id from touched_mentions
        {%- if mentions.is_all or ids.is_all %}
        union
        select record_id from {{ this }}
        {%- endif %}
    {%- endset %}
    {%- do temporary('touched_records', touched_records) %}
{%- endif %}
with {{ newest_build(ref('int_mention_versions'), 'mentions') }}

{{ newest_build(ref('int_customer_ids'), 'ids') }}

mentions as (
    select record_id, origin, combination_id from {{ 'touched_mentions' if is_incremental() else ref('int_mentions') }}
),

combinations as (
    {%- if is_incremental() %}
    select distinct combination_id, {{ node_columns() }} from touched_mentions where combination_id is not null
    {%- else %}
    select * from {{ ref('int_combinations') }}
    {%- endif %}
),

ids as (
    select node_id, customer_id
    from {{ ref('int_customer_ids') }}
    where until is null
        {%- if is_incremental() %}
        -- four joins with all ids would cost as much as they are
        and node_id in (
            {{ named_nodes('combinations') }}
        )
        {%- endif %}
),

-- references that were set aside have no id, so the next one of the record speaks
combined as (
    select
        combinations.combination_id,
        coalesce(
            person.customer_id, external.customer_id, email.customer_id, phone.customer_id
        ) as customer_id
    from combinations
    left join ids as person on combinations.person_node = person.node_id
    left join ids as external on combinations.external_node = external.node_id
    left join ids as email on combinations.email_node = email.node_id
    left join ids as phone on combinations.phone_node = phone.node_id
),

matched as (
    select
        mentions.record_id,
        mentions.origin,
        combined.customer_id,
        mentions_build.number as mentions_build,
        ids_build.number as ids_build
    from mentions
    inner join combined using (combination_id)
    cross join mentions_build
    cross join ids_build
    where combined.customer_id is not null
)

select {{ columns | join(', ') }}, cast(0 as bigint) as row_hash
from matched
{%- if is_incremental() %}
union all
select {{ only_deletes('record_id', columns) }}
from touched_records as touched
where not exists (select 1 from matched where matched.record_id = touched.record_id)
{%- endif %}
