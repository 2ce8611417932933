-- One row per message on a case: its current version, tombstones included.
{{ config(feed=['record_id']) }}
with versions as (
    {{ current_versions(source('raw', 'case_messages'), 'case_messages', ['source', 'case_id', 'message_id'], 'updated_at') }}
)

select
    record_id,
    source,
    case_id,
    message_id,
    author_role,
    author_ref,
    is_public,
    channel,
    body,
    sentiment,
    reply_to_ref,
    created_at,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
