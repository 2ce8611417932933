-- One row per record that names a customer.
{#- Told anew for the records that were heard of since, and for those that name a reference whose customer is another. -#}
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='record_id') }}
{%- set columns = ['record_id', 'origin', 'customer_id', 'mentions_build', 'ids_build'] %}
with {{ changed_versions(ref('int_mention_versions'), 'mentions', 'mentions_build') }}

{{ changed_versions(ref('int_customer_ids'), 'ids', 'ids_build', "timestamp '0001-01-01'") }}

{%- if is_incremental() %}

moved as (
    select distinct node_id from ids_changed
),

named as (
    {{ combinations_of('moved') }}
),

touched as (
    select record_id from mentions_changed
    union
    select record_id
    from {{ ref('int_mentions') }}
    where combination_id in (select combination_id from named)
    union
    select held.record_id
    from {{ this }} as held
    cross join mentions_read
    cross join ids_read
    where mentions_read.number = 0 or ids_read.number = timestamp '0001-01-01'
),
{%- endif %}

mentions as (
    select * from {{ ref('int_mentions') }}
    {%- if is_incremental() %}
    where record_id in (select record_id from touched)
    {%- endif %}
),

combinations as (
    select * from {{ ref('int_combinations') }}
    {%- if is_incremental() %}
    where combination_id in (select combination_id from mentions)
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
from touched
where not exists (select 1 from matched where matched.record_id = touched.record_id)
{%- endif %}
