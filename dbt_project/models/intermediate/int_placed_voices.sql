-- One row per voice: who spoke, in which segment, and where on the journey.
{#- a table: seven models read it -#}
{{ config(materialized='table') }}
with voices as (
    select * from {{ ref('int_voices') }}
),

ids as (
    select * from {{ ref('int_record_customers') }}
),

-- a rating without a name of its own is its case's customer
case_customers as (
    select cases.source, cases.case_id, ids.customer_id
    from {{ ref('stg_cases') }} as cases
    inner join ids using (record_id)
    where not cases.is_deleted
),

customers as (
    select * from {{ ref('int_customers') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

touchpoints as (
    select * from {{ ref('int_touchpoints') }}
),

known as (
    select
        voices.*,
        coalesce(ids.customer_id, case_customers.customer_id) as customer_id
    from voices
    left join ids using (record_id)
    left join case_customers
        on voices.source = case_customers.source and voices.case_id = case_customers.case_id
)

select
    known.record_id,
    known.voice,
    known.kind,
    known.source,
    known.native_ref,
    known.survey_id,
    known.case_id,
    known.team_ref,
    known.customer_id,
    coalesce(accounts.account_id, customers.account_id) as account_id,
    coalesce(known.channel, 'unknown') as channel,
    coalesce(known.given_segment, accounts.segment, customers.segment, 'unknown') as segment,
    coalesce(known.language, customers.language) as language,
    touchpoints.stage,
    touchpoints.touchpoint,
    known.occurred_at
from known
left join customers on known.customer_id = customers.customer_id
left join accounts
    on known.source = accounts.source and known.account_ref = accounts.account_ref
-- inner: each combination was taken from the voices themselves
inner join touchpoints
    on known.source = touchpoints.source
    and known.kind = touchpoints.kind
    and known.channel is not distinct from touchpoints.channel
    and known.topic is not distinct from touchpoints.topic
    and known.product is not distinct from touchpoints.product
    and known.survey_id is not distinct from touchpoints.survey_id
    and known.given_touchpoint is not distinct from touchpoints.given_touchpoint
