-- One row per record, or further address of a person, that could name a customer: its references, normalised.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='record_id') }}
{%- set origins = [
    'people', 'survey_invitations', 'survey_responses', 'cases', 'case_ratings', 'reviews', 'value_events'
] %}

with people as (
    select * from {{ ref('stg_people') }}
),

addresses as (
    select * from {{ ref('stg_person_addresses') }}
),

-- an address is its person's: it names nobody once they are gone or no longer told with it
addressed as (
    select
        addresses.record_id,
        {{ hash_id(["'people'", 'addresses.source', 'addresses.person_ref']) }} as told_by,
        addresses.source,
        addresses.person_ref,
        cast(null as varchar) as external_id,
        case when addresses.kind = 'email' then addresses.value end as email,
        case when addresses.kind = 'phone' then addresses.value end as phone,
        case when addresses.kind = 'phone' then addresses.phone_e164 end as phone_e164,
        addresses.is_deleted
        or coalesce(people.is_deleted, false)
        or coalesce(people.updated_at > addresses.person_updated_at, false) as is_deleted,
        greatest(addresses._seen_at, coalesce(people._seen_at, addresses._seen_at)) as _seen_at,
        addresses._first_load_id
    from addresses
    left join people using (source, person_ref)
),

records as (
    {%- for origin in origins + ['person_addresses'] %}
    select
        record_id,
        '{{ origin }}' as origin,
        {{ 'told_by' if origin == 'person_addresses' else 'cast(null as bigint) as told_by' }},
        source,
        person_ref,
        external_id,
        email,
        phone,
        phone_e164,
        is_deleted,
        _seen_at,
        _first_load_id
    from {{ 'addressed' if origin == 'person_addresses' else ref('stg_' ~ origin) }}
    {%- if is_incremental() %}
    where _seen_at > (
        select coalesce(max(_seen_at), timestamp '0001-01-01') from {{ this }} where origin = '{{ origin }}'
    )
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

normalised as (
    select
        * exclude (person_ref, external_id, email, phone, phone_e164),
        -- a tombstone names nobody any more
        case when not is_deleted then {{ normal_ref('person_ref') }} end as person,
        case when not is_deleted then {{ normal_ref('external_id') }} end as external,
        case when not is_deleted then {{ normal_email('email') }} end as email,
        case when not is_deleted then {{ normal_phone('coalesce(phone_e164, phone)') }} end as phone
    from records
),

reached as (
    select
        normalised.* exclude (email),
        {{ mailbox('normalised.email', 'provider') }} as email
    from normalised
    {{ join_provider('normalised.email', 'provider') }}
)

select
    record_id,
    origin,
    told_by,
    source,
    person,
    external,
    email,
    phone,
    {{ hash_id(["'person'", 'source', 'person']) }} as person_node,
    {{ hash_id(["'external'", 'source', 'external']) }} as external_node,
    {{ hash_id(["'email'", 'email']) }} as email_node,
    {{ hash_id(["'phone'", 'phone']) }} as phone_node,
    _seen_at,
    _first_load_id
from reached
