-- One row per record that names a customer.
{{ config(materialized='table') }}
with mentions as (
    select * from {{ ref('int_mentions') }}
),

ids as (
    select node_id, customer_id from {{ ref('int_customer_ids') }} where until is null
),

-- references that were set aside have no id, so the next one of the record speaks
matched as (
    select
        mentions.record_id,
        mentions.origin,
        coalesce(
            person.customer_id, external.customer_id, email.customer_id, phone.customer_id
        ) as customer_id
    from mentions
    left join ids as person on mentions.person_node = person.node_id
    left join ids as external on mentions.external_node = external.node_id
    left join ids as email on mentions.email_node = email.node_id
    left join ids as phone on mentions.phone_node = phone.node_id
)

select *
from matched
where customer_id is not null
