-- One row per record, or further address of a person, that could name a customer, and build since which it names whom it names.
{#- A version that was replaced stays without what it said (`versions.sql`). A record that was heard of again and
    names whom it named keeps its build. -#}
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='record_id') }}
{%- set said = reference_kinds() + ['merged_into', 'full_name'] %}
{%- set origins = [
    'people', 'survey_invitations', 'survey_responses', 'cases', 'case_ratings', 'reviews', 'value_events'
] %}

with {{ this_build() }}

people as (
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
        {{ 'merged_into_ref' if origin == 'people' else 'cast(null as varchar) as merged_into_ref' }},
        {{ 'full_name' if origin == 'people' else 'cast(null as varchar) as full_name' }},
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
        * exclude (person_ref, external_id, email, phone, phone_e164, merged_into_ref, full_name),
        -- a tombstone names nobody any more
        case when not is_deleted then {{ normal_ref('person_ref') }} end as person,
        case when not is_deleted then {{ normal_ref('external_id') }} end as external,
        case when not is_deleted then {{ normal_email('email') }} end as email,
        case when not is_deleted then {{ normal_phone('coalesce(phone_e164, phone)') }} end as phone,
        case when not is_deleted then {{ normal_ref('merged_into_ref') }} end as merged_into,
        -- two spellings of a case are one name
        case when not is_deleted then lower(trim(full_name)) end as full_name
    from records
),

reached as (
    select
        normalised.* exclude (email),
        {{ mailbox('normalised.email', 'provider') }} as email
    from normalised
    {{ join_provider('normalised.email', 'provider') }}
),

named as (
    select
        record_id,
        origin,
        told_by,
        source,
        person,
        external,
        email,
        phone,
        merged_into,
        full_name,
        {{ hash_id(["'person'", 'source', 'person']) }} as person_node,
        {{ hash_id(["'external'", 'source', 'external']) }} as external_node,
        {{ hash_id(["'email'", 'email']) }} as email_node,
        {{ hash_id(["'phone'", 'phone']) }} as phone_node,
        {{ hash_id(["'person'", 'source', 'merged_into']) }} as merged_into_node,
        _seen_at,
        _first_load_id
    from reached
),

combined as (
    select
        *,
        -- millions of records name the same few combinations: who names nobody, none
        case when coalesce(person_node, external_node, email_node, phone_node, merged_into_node) is not null then
            {{ row_hash(['source', 'person_node', 'external_node', 'email_node', 'phone_node', 'merged_into_node', 'full_name']) }}
        end as combination_id
    from named
),

told as (
    select *, {{ row_hash(['combination_id', 'told_by', '_first_load_id']) }} as fingerprint
    from combined
)
{%- if is_incremental() %},

held as (
    select * from {{ this }} where record_id in (select record_id from told)
),

unchanged as (
    select held.record_id, held.since
    from held
    inner join told using (record_id)
    where held.until is null and held.fingerprint = told.fingerprint
)

select told.*, coalesce(unchanged.since, build.number) as since, cast(null as bigint) as until
from told
cross join build
left join unchanged on told.record_id = unchanged.record_id

union all by name

select held.* replace (
    {%- for column in said %}
    cast(null as varchar) as {{ column }},
    {%- endfor %}
    coalesce(held.until, build.number) as until
)
from held
cross join build
left join unchanged on held.record_id = unchanged.record_id
where held.until is not null or unchanged.record_id is null
{%- else %}

select told.*, build.number as since, cast(null as bigint) as until
from told
cross join build
{%- endif %}
