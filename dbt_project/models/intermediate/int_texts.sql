-- One row per distinct text that a customer wrote: redacted once, however often it is told.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='text_hash',
    post_hook="delete from {{ this }} where text_hash not in (select text_hash from {{ ref('int_verbatims') }})"
) }}
with texts as (
    select text_hash, any_value(body) as body
    from {{ ref('int_verbatims') }}
    {%- if is_incremental() %}
    where text_hash not in (select text_hash from {{ this }})
    {%- endif %}
    group by text_hash
)

select
    text_hash,
    {{ redact('body') }} as redacted_text
from texts
