-- One row per combination of references that records of a source name together.
{#- Made of the records whose combination came or went; `records` and the oldest of them are counted anew. -#}
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='combination_id') }}
{%- set columns = ['combination_id', 'source'] + reference_kinds() + ['merged_into', 'full_name'] %}
{%- for kind in reference_kinds() + ['merged_into'] %}{% do columns.append(kind ~ '_node') %}{% endfor %}
{%- do columns.extend(['first_load_id', 'oldest_record', 'records', 'since', 'build']) %}
{%- set news = read_news(ref('int_mention_versions'), 'mentions', 'build', 'combination_id') %}
{%- if is_incremental() %}
    {%- set touched %}
        select distinct combination_id from mentions_news where combination_id is not null
        {%- if news.is_all %}
        union
        select combination_id from {{ this }}
        {%- endif %}
    {%- endset %}
    {%- do temporary('touched_combinations', touched) %}
{%- endif %}
with {{ newest_build(ref('int_mention_versions'), 'mentions') }}

mentions as (
    {%- if is_incremental() %}
    {{ few_rows(
        ref('int_mention_versions'),
        ['until is null and combination_id in (select combination_id from touched_combinations)']
    ) }}
    {%- else %}
    select * from {{ ref('int_mention_versions') }} where until is null and combination_id is not null
    {%- endif %}
),

{{ numbered_loads('mentions', '_first_load_id') }}

grouped as (
    select
        mentions.combination_id,
        any_value(mentions.source) as source,
        {%- for kind in reference_kinds() + ['merged_into'] %}
        any_value(mentions.{{ kind }}) as {{ kind }},
        any_value(mentions.{{ kind }}_node) as {{ kind }}_node,
        {%- endfor %}
        any_value(mentions.full_name) as full_name,
        -- not of the address itself: an id made of it could be tried out
        min({{ oldest('loads.age', 'coalesce(mentions.told_by, mentions.record_id)') }}) as oldest,
        count(*) as records,
        min(mentions.since) as since
    from mentions
    inner join loads on mentions._first_load_id = loads.load_id
    group by mentions.combination_id
),

combinations as (
    select
        grouped.* exclude (oldest),
        loads.load_id as first_load_id,
        {{ oldest_record('grouped.oldest') }} as oldest_record,
        mentions_build.number as build
    from grouped
    inner join loads on {{ oldest_age('grouped.oldest') }} = loads.age
    cross join mentions_build
)

select {{ columns | join(', ') }}, cast(0 as bigint) as row_hash
from combinations
{%- if is_incremental() %}
union all
select {{ only_deletes('combination_id', columns) }}
from touched_combinations as touched
where not exists (select 1 from combinations where combinations.combination_id = touched.combination_id)
{%- endif %}
