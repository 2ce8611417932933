-- One row per reference that links nobody, or row of identity_overrides that cannot be followed, without its value.
with conflicts as (
    select * from {{ ref('int_identity_conflicts') }}
)

select
    -- numbered, not hashed: a hash of an address can be tried out
    row_number() over (order by problem, kind, source, override_row, records desc, node_id) as conflict,
    problem,
    case problem
        when 'blocklisted' then 'identity_blocklist names it: nothing to do'
        when 'too many names' then 'more names of one source share it than identity_max_names: a desk or a placeholder; identity_blocklist would say so'
        when 'too many customers' then 'it would join more customers, whom nothing else joins, than identity_max_clusters: a desk or a placeholder'
        when 'unusable' then reason
        when 'contradicted' then reason
        when 'still joined' then 'declared different, but a chain of other references still joins them: set one of those aside too'
        when 'names nobody' then 'the row names a reference that no record holds: check its spelling'
    end as finding,
    kind as reference_kind,
    source as reference_source,
    names,
    cast(groups as bigint) as customers,
    cast(records as bigint) as records,
    override_row
from conflicts
