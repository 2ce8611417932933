-- One row per verbatim: what a customer wrote in one record, redacted.
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='record_id', feed=['record_id', 'text_id']) }}
{%- set origins = ['survey_answers', 'case_ratings', 'reviews', 'case_messages', 'cases'] %}
{#- A row depends on its own record alone, so an increment needs to read nothing but the news. -#}

with written {{ made_once() }} (
    {%- for origin in origins %}
    select
        record_id,
        '{{ origin }}' as origin,
        source,
        {{ {
            'survey_answers': hash_id(["'survey_responses'", 'source', 'survey_id', 'response_id']),
            'case_messages': hash_id(["'cases'", 'source', 'case_id']),
        }.get(origin, 'record_id') }} as voice_id,
        {{ {'survey_answers': 'question_id'}.get(origin, 'null') }} as question_id,
        {{ {
            'survey_answers': 'answered_at', 'case_ratings': 'rated_at', 'reviews': 'reviewed_at',
        }.get(origin, 'created_at') }} as written_at,
        case when not is_deleted {{ {
            'case_messages': "and author_role = 'customer' and is_public",
            'cases': "and coalesce(opened_by, 'customer') = 'customer'",
        }.get(origin, '') }} then {{ {
            'survey_answers': 'value_text',
            'case_ratings': 'comment',
            'case_messages': 'body',
            'reviews': "concat_ws(chr(10), nullif(trim(title), ''), nullif(trim(body), ''))",
            'cases': "concat_ws(chr(10), nullif(trim(subject), ''), nullif(trim(description), ''))",
        }[origin] }} end as body,
        -- in whole digits, so that the order in which they are averaged does not show
        cast(sentiment as decimal(5, 4)) as sentiment,
        _seen_at
    from {{ ref('stg_' ~ origin) }}
    {%- if is_incremental() %}
    where _seen_at > (
        select coalesce(max(_seen_at), timestamp '0001-01-01') from {{ this }} where origin = '{{ origin }}'
    )
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

judged as (
    select *, coalesce(trim(body) <> '', false) as says_something, {{ redact('body') }} as redacted_text
    from written
)

select
    record_id,
    origin,
    source,
    -- the record of the voice that spoke, whether there is one or not
    voice_id,
    question_id,
    written_at,
    redacted_text,
    sentiment,
    -- what is found in a text is found once, however many wrote the same
    {{ hash_id(['redacted_text']) }} as text_id,
    _seen_at,
    -- what lost its words, or its record, only leaves the table
    case when says_something then {{ row_hash(['body', 'sentiment']) }} end as row_hash
from judged
{%- if not is_incremental() %}
where says_something
{%- endif %}
