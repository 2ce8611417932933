-- One row per case that rules of touchpoint_map find by its tags, fields or words: the first of them.
{#- A case is looked at anew if it was heard of since, all of them if a rule changed. What few rules
    say of each case is compared once, not with each build. -#}
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='record_id', feed=['record_id']) }}
{%- set columns = ['record_id', 'source', 'case_id', 'rule_priority', 'rules_hash', '_seen_at'] %}
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

print as (
    select coalesce(bit_xor({{ row_hash(['priority', 'source', 'match_column', 'match_value']) }}), 0) as rules_hash
    from listed
),

looked_at as (
    select cases.*, print.rules_hash
    from {{ ref('stg_cases') }} as cases
    cross join print
    {%- if is_incremental() %}
    where cases._seen_at > (select coalesce(max(_seen_at), timestamp '0001-01-01') from {{ this }})
        or print.rules_hash <> (select any_value(rules_hash) from {{ this }})
    {%- endif %}
),

matched as (
    select
        cases.record_id,
        cases.source,
        cases.case_id,
        min(rules.priority) as rule_priority,
        cases.rules_hash,
        cases._seen_at
    from looked_at as cases
    inner join rules
        on (rules.source is null or rules.source = cases.source)
        and case rules.way
            when 'tag' then contains(lower(cases.tags), '"' || rules.value || '"')
            when 'field' then lower({{ json_field('cases.attributes', 'rules.field') }}) = rules.value
            else contains(lower(concat_ws(' ', cases.subject, cases.description)), rules.words)
        end
    where not cases.is_deleted
    group by cases.record_id, cases.source, cases.case_id, cases.rules_hash, cases._seen_at
)

select {{ columns | join(', ') }}, cast(0 as bigint) as row_hash
from matched
{%- if is_incremental() %}
union all
select {{ only_deletes('record_id', columns) }}
from looked_at
where not exists (select 1 from matched where matched.record_id = looked_at.record_id)
{%- endif %}
