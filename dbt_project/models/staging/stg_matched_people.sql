-- One row per pair of people whom the probabilistic pass found alike, by their references.
{{ config(materialized='view') }}
with links as (
    select
        source_a,
        person_ref_a,
        source_b,
        person_ref_b,
        {{ hash_id(["'person'", 'source_a', normal_ref('person_ref_a')]) }} as one,
        {{ hash_id(["'person'", 'source_b', normal_ref('person_ref_b')]) }} as other,
        probability,
        verdict,
        model
    from {{ source('matching', 'links') }}
)

select
    {{ hash_id(["'matched'", 'least(one, other)', 'greatest(one, other)']) }} as record_id,
    least(one, other) as node_a,
    greatest(one, other) as node_b,
    source_a,
    person_ref_a,
    source_b,
    person_ref_b,
    probability,
    verdict,
    model
from links
