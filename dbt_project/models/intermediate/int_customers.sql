-- One row per customer that a source describes: what the person last changed says of them.
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='customer_id', reads_feeds='row_hash',
    feed=['customer_id'],
) }}
{%- set news = read_feeds([ref('stg_people'), ref('int_record_customers')]) %}
{%- if news %}
    {%- set touched %}
        select customer_id from {{ news.int_record_customers }}
        union
        select customer_id
        from {{ ref('int_record_customers') }}
        where record_id in (select record_id from {{ news.stg_people }})
    {%- endset %}
    {%- do temporary('touched_customers', touched) %}
{%- endif %}
with ids as (
    select record_id, customer_id
    from {{ ref('int_record_customers') }}
    where origin = 'people'
        {%- if news %}
        and customer_id in (select customer_id from touched_customers)
        {%- endif %}
),

people as (
    select * from {{ ref('stg_people') }} where not is_deleted
),

described as (
    select
        ids.customer_id,
        -- max_by passes nulls over: the newest source that says anything wins
        max_by(people.segment, {{ newest_person() }}) filter (people.segment is not null) as segment,
        max_by(people.country, {{ newest_person() }}) filter (people.country is not null) as country,
        max_by(people.language, {{ newest_person() }}) filter (people.language is not null) as language,
        max_by(
            {{ hash_id(["'account'", 'people.source', 'people.account_ref']) }}, {{ newest_person() }}
        ) filter (people.account_ref is not null) as account_id,
        min(people.created_at) as created_at
    from people
    inner join ids using (record_id)
    group by ids.customer_id
)

{{ changes('described', 'customer_id', [
    'customer_id', 'segment', 'country', 'language', 'account_id', 'created_at',
], among='touched_customers' if news) }}
