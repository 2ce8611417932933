-- One row per response x question x item: its current version, tombstones included.
{{ config(feed=['record_id']) }}
with versions as (
    {{ current_versions(source('raw', 'survey_answers'), 'survey_answers', ['source', 'survey_id', 'response_id', 'question_id', 'item_id'], 'updated_at') }}
)

select
    record_id,
    source,
    survey_id,
    response_id,
    question_id,
    item_id,
    value_number,
    value_text,
    value_choice,
    sentiment,
    answered_at,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
