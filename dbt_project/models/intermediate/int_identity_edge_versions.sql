-- One row per link between two references, by rule, and build since which it holds; of what sets aside or parts, too.
{#- Links that records make are told anew for the references of those combinations that came or went, or that name
    a reference which was set aside since, or is no more. Those of seeds, matches and guards are told as a whole and
    compared. `set aside` (of a reference with itself) and `declared different` link nobody: they are here so that a
    reader learns when one of them came or went. -#}
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='link_id') }}
{%- set of_records %}rule in ('same external', 'same email', 'same phone', 'merged by the source'){% endset %}
with {{ this_build() }}

{{ changed_versions(ref('int_mention_versions'), 'mentions', 'mentions_build') }}

set_aside as (
    select node_id from {{ ref('int_set_aside') }}
),

refs as (
    select node_id, kind, source, value
    from {{ ref('int_references') }}
    where node_id not in (select node_id from set_aside)
),

alike as (
    select * from {{ ref('stg_matched_people') }} where verdict = 'link'
),

-- a side may name nobody any more
known_alike as (
    select node_id
    from {{ ref('int_references') }}
    where node_id not in (select node_id from set_aside)
        and node_id in (select node_a from alike union select node_b from alike)
),

told_whole as (
    {{ declared_links('refs') }}
    union all
    select node_a, node_b, 'declared different'
    from {{ ref('int_identity_overrides') }}
    -- a row that others contradict decides nothing
    where action = 'force_different' and not is_contradicted and node_a is not null and node_b is not null
    union all
    -- cut, not rounded: 1 is nobody's probability
    select
        alike.node_a,
        alike.node_b,
        'matched, p=' || cast(cast(floor(alike.probability * 10000) / 10000 as decimal(5, 4)) as {{ dbt.type_string() }})
    from alike
    inner join known_alike as a on alike.node_a = a.node_id
    inner join known_alike as b on alike.node_b = b.node_id
),
{%- if is_incremental() %}

held as (
    select link_id, node_a, node_b, rule from {{ this }} where until is null
),

turned as (
    select coalesce(set_aside.node_id, held.node_a) as node_id
    from set_aside
    full join (select node_a from held where rule = 'set aside') as held on set_aside.node_id = held.node_a
    where set_aside.node_id is null or held.node_a is null
),

-- a combination that other records named before says nothing new
news as (
    select changed.*
    from mentions_changed as changed
    cross join mentions_read
    left join {{ ref('int_combinations') }} as known on changed.combination_id = known.combination_id
    where changed.combination_id is not null
        and (known.combination_id is null or known.since > mentions_read.number)
),

-- where the strongest reference of a record is set aside, others meet without it
beside as (
    select *
    from {{ ref('int_combinations') }}
    where combination_id in (
        {{ combinations_of('turned') }}
    )
),

touched as (
    {{ named_nodes('news') }}
    union
    {{ named_nodes('beside') }}
    {%- for end in ['node_a', 'node_b'] %}
    union
    select held.{{ end }} from held cross join mentions_read where mentions_read.number = 0
    {%- endfor %}
),
{%- endif %}

combinations as (
    select *
    from {{ ref('int_combinations') }}
    {%- if is_incremental() %}
    where combination_id in (
        {{ combinations_of('touched') }}
    )
    {%- endif %}
),

usable as (
    select
        {%- for kind in reference_kinds() %}
        case when {{ kind }}_aside.node_id is null then combinations.{{ kind }}_node end as {{ kind }}_node{{ ',' if not loop.last }}
        {%- endfor %}
    from combinations
    {%- for kind in reference_kinds() %}
    left join set_aside as {{ kind }}_aside on combinations.{{ kind }}_node = {{ kind }}_aside.node_id
    {%- endfor %}
),

-- a star around the strongest reference of a record joins them all with the fewest links
stars as (
    select *, coalesce(person_node, external_node, email_node, phone_node) as hub
    from usable
),

told_of_records as (
    {%- for kind in ['email', 'phone'] %}
    select hub as node_a, {{ kind }}_node as node_b, 'same {{ kind }}' as rule
    from stars
    -- a null never links
    where {{ kind }}_node is not null and {{ kind }}_node <> hub
    union all
    {%- endfor %}
    {{ id_links('combinations', 'usable') }}
),

told as (
    select node_a, node_b, rule from told_whole where node_a <> node_b
    union all
    select node_id, node_id, 'set aside' from set_aside
    union all
    select node_a, node_b, rule
    from told_of_records
    where node_a <> node_b
        {%- if is_incremental() %}
        and (node_a in (select node_id from touched) or node_b in (select node_id from touched))
        {%- endif %}
),

undirected as (
    select distinct
        least(node_a, node_b) as node_a,
        greatest(node_a, node_b) as node_b,
        rule
    from told
),

links as (
    select {{ hash_id(['node_a', 'node_b', 'rule']) }} as link_id, node_a, node_b, rule
    from undirected
)
{%- if is_incremental() %},

in_question as (
    select link_id from held where not ({{ of_records }})
    {%- for end in ['node_a', 'node_b'] %}
    union
    select link_id from held where {{ of_records }} and {{ end }} in (select node_id from touched)
    {%- endfor %}
),

-- of only one side: it came, or is gone
differing as (
    select coalesce(links.link_id, in_question.link_id) as link_id
    from links
    full join in_question on links.link_id = in_question.link_id
    where links.link_id is null or in_question.link_id is null
)

select
    links.*,
    build.number as since,
    cast(null as bigint) as until,
    mentions_build.number as mentions_build
from links
inner join differing using (link_id)
cross join build
cross join mentions_build

union all

select
    known.link_id,
    known.node_a,
    known.node_b,
    known.rule,
    known.since,
    coalesce(known.until, build.number),
    mentions_build.number
from {{ this }} as known
inner join differing using (link_id)
cross join build
cross join mentions_build
{%- else %}

select
    links.*,
    build.number as since,
    cast(null as bigint) as until,
    mentions_build.number as mentions_build
from links
cross join build
cross join mentions_build
{%- endif %}
