-- One row per reference to a customer: a person or external id of a source, an e-mail address, a phone number.
{#- Told anew where a record that names it came, changed or went, and as a whole for another blocklist. -#}
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='node_id') }}
{%- set kinds = reference_kinds() %}
{%- set columns = [
    'node_id', 'kind', 'source', 'value', 'first_load_id', 'records', 'names', 'holders', 'anchor_id', 'set_aside_reason',
    'blocklist_hash', 'build',
] %}
{#- Rows that say the same are one: two equal hashes would cancel each other out below. -#}
{%- set blocklist %}
    select distinct kind, value, reason
    from (
        select
            {{ normal_kind('listed.kind') }} as kind,
            {{ blocked_value('listed.kind', 'listed.value', 'provider') }} as value,
            nullif(trim(listed.reason), '') as reason
        from {{ ref('identity_blocklist') }} as listed
        {{ join_provider('lower(trim(listed.value))', 'provider') }}
    ) as normalised
    where value is not null
{%- endset %}
{%- set blocklist_state %}
    select coalesce(bit_xor({{ row_hash(['kind', 'value', 'reason']) }}), 0) as blocklist_hash from ({{ blocklist }}) as listed
{%- endset %}
{%- set news = read_news(ref('int_mention_versions'), 'mentions', 'build', node_columns()) %}
{%- if is_incremental() %}
    {%- set touched %}
        {{ named_nodes('mentions_news') }}
        union
        select node_id from {{ this }} where {{ 'true' if news.is_all else 'blocklist_hash <> ' ~ scalar(blocklist_state) }}
    {%- endset %}
    {%- do temporary('touched_references', touched) %}
    {%- do temporary('touched_combinations', combinations_of('touched_references', '*')) %}
{%- endif %}
with {{ newest_build(ref('int_mention_versions'), 'mentions') }}

blocklist as (
    {{ blocklist }}
),

blocklist_state as (
    {{ blocklist_state }}
),

combinations as (
    select * from {{ 'touched_combinations' if is_incremental() else ref('int_combinations') }}
),

{{ numbered_loads('combinations', 'first_load_id') }}

told as (
    {%- for kind in kinds %}
    select
        {{ kind }}_node as node_id,
        '{{ kind }}' as kind,
        {{ 'source' if kind in ('person', 'external') else 'cast(null as varchar)' }} as source,
        {{ kind }} as value,
        source as mentioned_by,
        person_node,
        -- names speak of a person by what others may share
        {{ 'full_name' if kind != 'person' else 'cast(null as varchar)' }} as full_name,
        -- what stronger than itself it is told with
        {{ {'email': 'coalesce(person_node, external_node)',
            'phone': 'coalesce(person_node, external_node, email_node)'}.get(kind, 'cast(null as bigint)') }} as holder,
        first_load_id,
        oldest_record,
        records
    from combinations
    where {{ kind }}_node is not null
    union all
    {%- endfor %}
    -- a person that others were merged into may be known by that alone
    select
        merged_into_node, 'person', source, merged_into, source, null, null, null, first_load_id, oldest_record, records
    from combinations
    where merged_into_node is not null
),

long as (
    select told.*, {{ oldest('loads.age', 'told.oldest_record') }} as oldest
    from told
    inner join loads on told.first_load_id = loads.load_id
    {%- if is_incremental() %}
    where told.node_id in (select node_id from touched_references)
    {%- endif %}
),

-- names are counted within a source: two systems that know a person twice are no crowd
names as (
    select node_id, max(names) as names
    from (
        select
            node_id,
            greatest(
                -- an external id is declared to be one person's: a source may know them by many ids
                count(distinct person_node) filter (kind in ('email', 'phone')),
                count(distinct full_name)
            ) as names
        from long
        where kind <> 'person'
        group by node_id, mentioned_by
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
),

refs as (
    select
        grouped.node_id,
        grouped.kind,
        grouped.source,
        grouped.value,
        loads.load_id as first_load_id,
        cast(grouped.records as bigint) as records,
        coalesce(names.names, 0) as names,
        grouped.holders,
        -- the id that a customer known by this reference gets: made of native ids only, so that
        -- nobody can try e-mail addresses or phone numbers against it
        case
            when grouped.kind in ('person', 'external') and {{ published_ref('grouped.value') }} is not null
                then grouped.node_id
            else {{ hash_id(["'customer of'", 'grouped.kind', oldest_record('grouped.oldest')]) }}
        end as anchor_id,
        case
            when blocked.node_id is not null then 'blocklist: ' || coalesce(blocked.reason, 'no reason given')
            when names.names > {{ var('identity_max_names') }} then 'shared by ' || names.names || ' names'
        end as set_aside_reason,
        blocklist_state.blocklist_hash,
        mentions_build.number as build
    from grouped
    left join names using (node_id)
    left join blocked using (node_id)
    inner join loads on {{ oldest_age('grouped.oldest') }} = loads.age
    cross join blocklist_state
    cross join mentions_build
)

select {{ columns | join(', ') }}, cast(0 as bigint) as row_hash
from refs
{%- if is_incremental() %}
union all
select {{ only_deletes('node_id', columns) }}
from touched_references as touched
where not exists (select 1 from refs where refs.node_id = touched.node_id)
{%- endif %}
