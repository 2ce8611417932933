-- One row per customer account of a source.
with accounts as (
    select * from {{ ref('int_accounts') }}
),

events as (
    select
        account_id,
        count(distinct customer_id) as customers,
        max(occurred_at) as last_seen_at,
        count(*) as touches,
        count(*) filter (kind = 'case_opened') as cases,
        sum(amount) as amount,
        min(currency) filter (amount is not null) as currency,
        count(distinct currency) filter (amount is not null) as currencies
    from {{ ref('journey_events') }}
    where is_touch and account_id is not null
    group by account_id
)

select
    accounts.account_id,
    accounts.source,
    {{ published_ref('accounts.account_ref') }} as account_ref,
    accounts.parent_account_id,
    coalesce(accounts.segment, 'unknown') as segment,
    accounts.country,
    accounts.created_at,
    events.last_seen_at,
    coalesce(events.customers, 0) as customers,
    coalesce(events.touches, 0) as touches,
    coalesce(events.cases, 0) as cases,
    case when events.currencies <= 1 then cast(events.amount as decimal(18, 2)) end as amount,
    case when events.currencies <= 1 then events.currency end as currency
from accounts
left join events using (account_id)
