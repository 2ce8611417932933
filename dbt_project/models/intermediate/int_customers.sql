-- One row per customer that a source describes: what the person last changed says of them.
with people as (
    select * from {{ ref('stg_people') }} where not is_deleted
),

ids as (
    select * from {{ ref('int_record_customers') }}
)

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
