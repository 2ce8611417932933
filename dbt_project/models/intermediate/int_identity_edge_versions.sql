-- One row per link between two references, by rule, and build since which it holds; of what sets aside or parts, too.
{#- Links that records make are told anew for the references of those combinations that came or went, or that name
    a reference which was set aside since, or is no more. Those of seeds, matches and guards are told as a whole and
    compared. `set aside` (of a reference with itself) and `declared different` link nobody: they are here so that a
    reader learns when one of them came or went. -#}
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='link_id') }}
{%- set of_records %}rule in ('same external', 'same email', 'same phone', 'merged by the source'){% endset %}
{%- set news = read_news(ref('int_mention_versions'), 'mentions', 'mentions_build', node_columns() ~ ', combination_id') %}
{%- if is_incremental() %}
    {%- do temporary('held_whole', 'select * from ' ~ this ~ ' where not (' ~ of_records ~ ')') %}
    {%- set turned %}
        select coalesce(aside.node_id, held.node_a) as node_id
        from {{ ref('int_set_aside') }} as aside
        full join (
            select node_a from held_whole where rule = 'set aside' and until is null
        ) as held on aside.node_id = held.node_a
        where aside.node_id is null or held.node_a is null
    {%- endset %}
    {%- do temporary('turned_references', turned) %}
    {#- a combination that other records named before says nothing new #}
    {%- set new_combinations %}
        select news.*
        from mentions_news as news
        left join {{ ref('int_combinations') }} as known on news.combination_id = known.combination_id
        where news.combination_id is not null
            and (known.combination_id is null or known.since > {{ news.number }})
    {%- endset %}
    {%- do temporary('new_combinations', new_combinations) %}
    {#- where the strongest reference of a record is set aside, others meet without it #}
    {%- do temporary('combinations_beside', combinations_of('turned_references', node_columns())) %}
    {%- set touched %}
        {{ named_nodes('new_combinations') }}
        union
        {{ named_nodes('combinations_beside') }}
        {%- for end in ['node_a', 'node_b'] if news.is_all %}
        union
        select {{ end }} from {{ this }} where until is null
        {%- endfor %}
    {%- endset %}
    {%- do temporary('touched_references', touched) %}
    {%- do temporary('touched_combinations', combinations_of('touched_references', node_columns())) %}
    {#- those that were replaced before, too: what came back is one of them #}
    {%- set touched_links %}
        {%- for end in ['node_a', 'node_b'] %}
        select * from {{ this }} where {{ end }} in (select node_id from touched_references)
        {{ 'union' if not loop.last }}
        {%- endfor %}
    {%- endset %}
    {%- do temporary('touched_links', touched_links) %}
    {%- set held %}
        select * from held_whole
        union all
        select * from touched_links where {{ of_records }}
    {%- endset %}
    {%- do temporary('links_in_question', held) %}
{%- endif %}
with {{ this_build() }}

{{ newest_build(ref('int_mention_versions'), 'mentions') }}

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

combinations as (
    select {{ node_columns() }} from {{ 'touched_combinations' if is_incremental() else ref('int_combinations') }}
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
        and (node_a in (select node_id from touched_references) or node_b in (select node_id from touched_references))
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
    select link_id from links_in_question where until is null
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
from links_in_question as known
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
