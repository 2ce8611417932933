-- One row per reference to a customer: a person or external id of a source, an e-mail address, a phone number.
{{ config(materialized='table') }}
{%- set oldest = 'cast(age as decimal(38, 0)) * 10000000000000000000 + ' %}
{%- set oldest_record = 'cast(grouped.oldest % 10000000000000000000 as bigint)' %}
{%- set kinds = ['person', 'external', 'email', 'phone'] %}
with mentions as (
    select * from {{ ref('int_mentions') }}
),

people as (
    select * from {{ ref('stg_people') }} where not is_deleted
),

blocklist as (
    select
        listed.kind,
        case
            when listed.kind = 'email' then {{ mailbox('lower(listed.value)', 'provider') }}
            else lower(listed.value)
        end as value,
        listed.reason
    from {{ ref('identity_blocklist') }} as listed
    {{ join_provider('lower(listed.value)', 'provider') }}
),

-- loads by number, so that the oldest mention (load, then record) is the least of one number: the
-- least of a struct costs six times as much
loads as (
    select _first_load_id, row_number() over (order by _first_load_id) as age
    from (
        select _first_load_id from mentions
        union
        select _first_load_id from people
    ) as known
),

-- millions of records repeat the same few combinations
combinations as (
    select
        source,
        {%- for kind in kinds %}
        {{ kind }}_node,
        any_value({{ kind }}) as {{ kind }},
        {%- endfor %}
        -- not of the address itself: an id made of it could be tried out
        min({{ oldest }} coalesce(told_by, record_id)) as oldest,
        count(*) as records
    from mentions
    inner join loads using (_first_load_id)
    group by source, person_node, external_node, email_node, phone_node
),

long as (
    {%- for kind in kinds %}
    select
        {{ kind }}_node as node_id,
        '{{ kind }}' as kind,
        {{ 'source' if kind in ('person', 'external') else 'cast(null as varchar)' }} as source,
        {{ kind }} as value,
        source as mentioned_by,
        person_node,
        -- what stronger than itself it is told with
        {{ {'email': 'coalesce(person_node, external_node)',
            'phone': 'coalesce(person_node, external_node, email_node)'}.get(kind, 'cast(null as bigint)') }} as holder,
        oldest,
        records
    from combinations
    where {{ kind }}_node is not null
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
        {{ oldest }} record_id,
        1
    from people
    inner join loads using (_first_load_id)
    where {{ normal_ref('merged_into_ref') }} is not null
),

named as (
    select mentions.*, lower(trim(people.full_name)) as full_name
    from mentions
    inner join people using (record_id)
    where people.full_name is not null
),

-- names are counted within a source: two systems that know a person twice are no crowd
names as (
    select node_id, max(names) as names
    from (
        select node_id, count(distinct person_node) as names
        from long
        -- an external id is declared to be one person's: a source may know them by many ids
        where kind in ('email', 'phone')
        group by node_id, mentioned_by
        {%- for kind in kinds[1:] %}
        union all
        -- two spellings of a case are one name
        select {{ kind }}_node, count(distinct full_name)
        from named
        where {{ kind }}_node is not null
        group by {{ kind }}_node, source
        {%- endfor %}
    ) as per_source
    group by node_id
),

grouped as (
    select
        node_id,
        any_value(kind) as kind,
        any_value(source) as source,
        any_value(value) as value,
        min(oldest) as oldest,
        sum(records) as records,
        -- only a few are asked again which of them are one: int_set_aside
        count(distinct holder) as holders
    from long
    group by node_id
),

-- three joins by equality: one with a choice of values would compare everything with everything
blocked as (
    select node_id, min(reason) as reason
    from (
        {%- for part in ["lower(grouped.value)", "split_part(grouped.value, '@', 1) || '@'", "'@' || split_part(grouped.value, '@', 2)"] %}
        select grouped.node_id, blocklist.reason
        from grouped
        inner join blocklist on grouped.kind = blocklist.kind and blocklist.value = {{ part }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as hits
    group by node_id
)

select
    grouped.node_id,
    grouped.kind,
    grouped.source,
    grouped.value,
    loads._first_load_id as first_load_id,
    grouped.records,
    coalesce(names.names, 0) as names,
    grouped.holders,
    -- the id that a customer known by this reference gets: made of native ids only, so that
    -- nobody can try e-mail addresses or phone numbers against it
    case
        when grouped.kind in ('person', 'external') and {{ published_ref('grouped.value') }} is not null
            then grouped.node_id
        else {{ hash_id(["'customer of'", 'grouped.kind', oldest_record]) }}
    end as anchor_id,
    case
        when blocked.node_id is not null then 'blocklist: ' || coalesce(blocked.reason, 'no reason given')
        when names.names > {{ var('identity_max_names') }} then 'shared by ' || names.names || ' names'
    end as set_aside_reason
from grouped
left join names using (node_id)
left join blocked using (node_id)
inner join loads on cast(floor(grouped.oldest / 10000000000000000000) as bigint) = loads.age
