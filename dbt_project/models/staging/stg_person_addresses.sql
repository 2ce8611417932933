-- One row per further address of a person as one source knows them: its current version, tombstones included.
with versions as (
    {{ current_versions(
        source('raw', 'person_addresses'), 'person_addresses',
        ['source', 'person_ref', 'kind', 'value'], 'person_updated_at'
    ) }}
)

select
    record_id,
    source,
    person_ref,
    kind,
    value,
    phone_e164,
    person_updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
