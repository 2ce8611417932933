-- One row per record that could name a customer: its references, normalised.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='record_id') }}
{%- set origins = [
    'people', 'survey_invitations', 'survey_responses', 'cases', 'case_ratings', 'reviews', 'value_events'
] %}

with records as (
    {%- for origin in origins %}
    select
        record_id,
        '{{ origin }}' as origin,
        source,
        person_ref,
        external_id,
        email,
        phone,
        is_deleted,
        _seen_at,
        _first_load_id
    from {{ ref('stg_' ~ origin) }}
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
        * exclude (person_ref, external_id, email, phone),
        -- a tombstone names nobody any more
        case when not is_deleted then {{ normal_ref('person_ref') }} end as person,
        case when not is_deleted then {{ normal_ref('external_id') }} end as external,
        case when not is_deleted then {{ normal_email('email') }} end as email,
        case when not is_deleted then {{ normal_phone('phone') }} end as phone
    from records
)

select
    record_id,
    origin,
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
from normalised
