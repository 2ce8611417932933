-- One row per case that rules of touchpoint_map find by its tags, fields or words: the first of them.
{#- A case is looked at anew if something is new of it, all of them if a rule changed. What few rules
    say of each case is compared once, not with each build. -#}
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='record_id', feed=['record_id'],
    reads_feeds='row_hash',
) }}
{%- set cases = ref('stg_cases') %}
{%- set news = read_feeds([cases], beside=[ref('touchpoint_map')]) %}
{%- if news %} {%- do temporary('touched_cases', 'select record_id from ' ~ news.stg_cases) %} {%- endif %}
with listed as (
    select *
    from {{ ref('touchpoint_map') }}
    where (match_column in ('tag', 'text') or match_column like 'field:%')
        and coalesce(kind, 'case') = 'case'
),

rules as (
    select
        priority,
        source,
        split_part(match_column, ':', 1) as way,
        split_part(match_column, ':', 2) as field,
        lower(match_value) as value,
        -- words are told with | between those of which one is enough
        {{ each_part("lower(match_value)", '|') }} as words
    from listed
),

matched as (
    select
        cases.record_id,
        cases.source,
        cases.case_id,
        min(rules.priority) as rule_priority
    from {{ few_records([cases], 'touched_cases').stg_cases if news else cases }} as cases
    inner join rules
        on (rules.source is null or rules.source = cases.source)
        and case rules.way
            when 'tag' then contains(lower(cases.tags), '"' || rules.value || '"')
            when 'field' then lower({{ json_field('cases.attributes', 'rules.field') }}) = rules.value
            else contains(lower(concat_ws(' ', cases.subject, cases.description)), rules.words)
        end
    where not cases.is_deleted
    group by cases.record_id, cases.source, cases.case_id
)

{{ changes('matched', 'record_id', ['record_id', 'source', 'case_id', 'rule_priority'], among='touched_cases' if news) }}
