-- One row per reference to a customer: a person or external id of a source, an e-mail address, a phone number.
{{ config(materialized='table') }}
with mentions as (
    select * from {{ ref('int_mentions') }}
),

people as (
    select * from {{ ref('stg_people') }} where not is_deleted
),

blocklist as (
    select kind, lower(value) as value, reason from {{ ref('identity_blocklist') }}
),

named as (
    select
        mentions.*,
        -- two spellings of a case are one name
        lower(trim(people.full_name)) as full_name
    from mentions
    left join people using (record_id)
),

long as (
    {%- for kind in ['person', 'external', 'email', 'phone'] %}
    select
        {{ kind }}_node as node_id,
        '{{ kind }}' as kind,
        {{ 'source' if kind in ('person', 'external') else 'cast(null as varchar)' }} as source,
        {{ kind }} as value,
        source as mentioned_by,
        person_node,
        full_name,
        record_id,
        _first_load_id
    from named
    where {{ kind }} is not null
    union all
    {%- endfor %}
    -- a person that others were merged into may be known by that alone
    select
        {{ hash_id(["'person'", 'source', normal_ref('merged_into_ref')]) }},
        'person',
        source,
        {{ normal_ref('merged_into_ref') }},
        source,
        null,
        null,
        record_id,
        _first_load_id
    from people
    where {{ normal_ref('merged_into_ref') }} is not null
),

-- names are counted within a source: two systems that know a person twice are no crowd
names as (
    select
        node_id,
        max(names) as names
    from (
        select
            node_id,
            greatest(count(distinct person_node), count(distinct full_name)) as names
        from long
        where kind <> 'person'
        group by node_id, mentioned_by
    ) as per_source
    group by node_id
),

grouped as (
    select
        node_id,
        min(kind) as kind,
        min(source) as source,
        min(value) as value,
        min(_first_load_id) as first_load_id,
        min_by(record_id, struct_pack(age := _first_load_id, record := record_id)) as oldest_record,
        count(distinct record_id) as records
    from long
    group by node_id
),

blocked as (
    select
        grouped.node_id,
        min(blocklist.reason) as reason
    from grouped
    inner join blocklist
        on grouped.kind = blocklist.kind
        and blocklist.value in (
            lower(grouped.value),
            split_part(grouped.value, '@', 1) || '@',
            '@' || split_part(grouped.value, '@', 2)
        )
    group by grouped.node_id
)

select
    grouped.node_id,
    grouped.kind,
    grouped.source,
    grouped.value,
    grouped.first_load_id,
    grouped.records,
    coalesce(names.names, 0) as names,
    -- the id that a customer known by this reference gets: made of native ids only, so that
    -- nobody can try e-mail addresses or phone numbers against it
    case
        when grouped.kind in ('person', 'external') and {{ published_ref('grouped.value') }} is not null
            then grouped.node_id
        else {{ hash_id(["'customer of'", 'grouped.kind', 'grouped.oldest_record']) }}
    end as anchor_id,
    case
        when blocked.node_id is not null then 'blocklist: ' || coalesce(blocked.reason, 'no reason given')
        when names.names > {{ var('identity_max_names') }} then 'shared by ' || names.names || ' names'
    end as set_aside_reason
from grouped
left join names using (node_id)
left join blocked using (node_id)
