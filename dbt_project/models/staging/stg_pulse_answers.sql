-- One row per pulse x question x respondent: its current version, tombstones included.
{{ config(feed=['record_id']) }}
with versions as (
    {{ current_versions(source('raw', 'pulse_answers'), 'pulse_answers', ['source', 'pulse_id', 'question_id', 'respondent_hash'], 'updated_at') }}
)

select
    record_id,
    source,
    pulse_id,
    question_id,
    respondent_hash,
    team_ref,
    segment,
    value_number,
    value_text,
    value_choice,
    answered_at,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
