-- One row per pulse x question: its current version, tombstones included.
with versions as (
    {{ current_versions(source('raw', 'pulse_questions'), 'pulse_questions', ['source', 'pulse_id', 'question_id'], 'updated_at') }}
)

select
    record_id,
    source,
    pulse_id,
    question_id,
    question_text,
    question_type,
    driver,
    scale_min,
    scale_max,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
