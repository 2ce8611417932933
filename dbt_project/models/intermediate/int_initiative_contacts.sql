-- One row per initiative with a tag and case that bears it: which customer was reached, and when.
with initiatives as (
    select * from {{ ref('int_initiatives') }} where problem is null and tag is not null
),

cases as (
    select * from {{ ref('stg_cases') }} where not is_deleted and tags is not null
),

voices as (
    select * from {{ ref('int_placed_voices') }} where voice = 'case'
)

select
    initiatives.initiative,
    voices.customer_id,
    voices.record_id as case_id,
    voices.occurred_at as reached_at
from initiatives
-- few initiatives: each reads the tags once
inner join cases on contains(lower(cases.tags), '"' || lower(initiatives.tag) || '"')
inner join voices on cases.record_id = voices.record_id
where cast(voices.occurred_at as date) >= initiatives.began_on
    and cast(voices.occurred_at as date) <= coalesce(initiatives.ended_on, date '9999-01-01')
