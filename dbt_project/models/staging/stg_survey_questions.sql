-- One row per survey x question x item (an item is a grid's row or a multi-select's choice): its current version, tombstones included.
with versions as (
    {{ current_versions(source('raw', 'survey_questions'), 'survey_questions', ['source', 'survey_id', 'question_id', 'item_id'], 'updated_at') }}
)

select
    record_id,
    source,
    survey_id,
    question_id,
    item_id,
    survey_name,
    question_text,
    item_text,
    question_type,
    scale_min,
    scale_max,
    position,
    language,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
