-- One row per review: its current version, tombstones included.
{{ config(feed=['record_id']) }}
with versions as (
    {{ current_versions(source('raw', 'reviews'), 'reviews', ['source', 'review_id'], 'updated_at') }}
)

select
    record_id,
    source,
    review_id,
    subject_ref,
    subject_name,
    person_ref,
    email,
    phone,
    phone_e164,
    external_id,
    account_ref,
    author_name,
    order_ref,
    touchpoint,
    rating,
    scale_min,
    scale_max,
    title,
    body,
    sentiment,
    language,
    country,
    is_verified,
    helpful_count,
    reply_body,
    replied_at,
    reviewed_at,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
