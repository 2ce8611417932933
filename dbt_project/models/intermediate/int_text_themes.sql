-- One row per distinct text of customers: the rules of theme_map that it matches.
{#- A text is looked at once, all of them if a rule changed; what nobody says any more leaves the table. -#}
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='text_id', feed=['text_id'],
    reads_feeds='text_id',
) }}
{%- set rules = theme_rules() %}
{%- set rules_hash = local_md5(tojson(rules)) %}
{%- set news = read_feeds([ref('int_verbatims')], also="'" ~ rules_hash ~ "'") %}
{%- set told = 'text_id in (select text_id from ' ~ news.int_verbatims ~ ')' if news else 'text_id is not null' %}
{%- if is_incremental() %}
    {%- set new %}
        select distinct text_id
        from {{ ref('int_verbatims') }} as verbatims
        where {{ told }} and not exists (
            select 1 from {{ this }} as held
            where held.text_id = verbatims.text_id and held.rules_hash = '{{ rules_hash }}'
        )
    {%- endset %}
    {%- do temporary('new_texts', new) %}
{%- endif %}
with verbatims as (
    {%- if is_incremental() %}
    {{ few_rows(ref('int_verbatims'), ['text_id in (select text_id from new_texts)'], 'text_id, redacted_text') }}
    {%- else %}
    select text_id, redacted_text from {{ ref('int_verbatims') }}
    {%- endif %}
),

texts as (
    select text_id, any_value(redacted_text) as text
    from verbatims
    group by text_id
),

found as (
    select text_id, {{ rules_found('text', rules) }} as rules_found
    from texts
)

select text_id, rules_found, '{{ rules_hash }}' as rules_hash, cast(0 as bigint) as row_hash
from found
{%- if is_incremental() %}
union all
select {{ only_deletes('text_id', ['text_id', 'rules_found', 'rules_hash']) }}
from {{ this }} as held
where {{ told }} and not exists (select 1 from {{ ref('int_verbatims') }} as verbatims where verbatims.text_id = held.text_id)
{%- endif %}
