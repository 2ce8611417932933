-- One row per customer id, build and other customer id that its references went to or came from.
-- depends_on: {{ ref('int_identity_edges') }}
-- depends_on: {{ ref('int_identity_edge_versions') }}
-- depends_on: {{ ref('int_torn_edges') }}
{#- Told build by build, and kept: which rule it was is known while the links of that build are there. -#}
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='change_id', full_refresh=false,
) }}
{#- Read where it is asked for: a CTE that is read twice is a copy of it. -#}
{%- set ids = ref('int_customer_ids') %}
{%- set edges = ref('int_identity_edges') %}
{%- set came %}
    select node_id, customer_id, since from {{ ids }}
{%- endset %}
{%- set gone %}
    select node_id, customer_id, until from {{ ids }} where until is not null
{%- endset %}
{#- what a reference was taken from, and whom the same build gave it to #}
{%- set moved %}
    select
        gone.node_id,
        gone.until as changed_at,
        gone.customer_id as from_id,
        came.customer_id as to_id
    from {{ 'gone_since' if is_incremental() else '(' ~ gone ~ ')' }} as gone
    left join {{ 'came_since' if is_incremental() else '(' ~ came ~ ')' }} as came
        on gone.node_id = came.node_id and gone.until = came.since
{%- endset %}
{%- if is_incremental() %}
    {#- the first build of ids changes none #}
    {%- set told %}
        select cast(coalesce(max(changed_at), (select min(since) from {{ ids }})) as {{ dbt.type_string() }}) from {{ this }}
    {%- endset %}
    {%- set told_until = "timestamp '" ~ (scalar(told) or '0001-01-01') ~ "'" %}
    {%- do temporary('came_since', came ~ ' where since > ' ~ told_until) %}
    {%- do temporary('gone_since', gone ~ ' and until > ' ~ told_until) %}
    {%- do temporary('moved_since', moved) %}
    {%- do temporary('passed_on', 'select node_id from moved_since where to_id is not null') %}
    {%- set edges = 'edges_of_passed_on' %}
    {%- do few_edges(edges, 'passed_on') %}
{%- endif %}
with came as (
    {{ 'select * from came_since' if is_incremental() else came }}
),

moved as (
    {{ 'select * from moved_since' if is_incremental() else moved }}
),

links as (
    select node_a as node_id, node_b as neighbour, rule from {{ edges }} where node_a in (select node_id from moved)
    union all
    select node_b, node_a, rule from {{ edges }} where node_b in (select node_id from moved)
),

given as (
    select customer_id, since as changed_at, count(*) as reference_count
    from came
    group by customer_id, since
),

-- an id that stood for somebody before: perhaps for nobody in between
reused as (
    select distinct given.customer_id, given.changed_at, given.reference_count
    from given
    inner join {{ ids }} as earlier
        on given.customer_id = earlier.customer_id and given.changed_at > earlier.since
),

touched as (
    select from_id as customer_id, changed_at from moved
    union
    select to_id, changed_at from moved where to_id is not null
    union
    select customer_id, changed_at from reused
),

standing as (
    select
        touched.customer_id,
        touched.changed_at,
        count(*) filter (ids.since < touched.changed_at and coalesce(ids.until >= touched.changed_at, true)) as before,
        count(*) filter (ids.since <= touched.changed_at and coalesce(ids.until > touched.changed_at, true)) as after
    from touched
    inner join {{ ids }} as ids on touched.customer_id = ids.customer_id
    group by touched.customer_id, touched.changed_at
),

flows as (
    select from_id, to_id, changed_at, count(*) as reference_count
    from moved
    where to_id is not null
    group by from_id, to_id, changed_at
),

rows as (
    select
        flows.from_id as customer_id,
        flows.changed_at,
        case when ours.after = 0 and theirs.before > 0 then 'merged' else 'split' end as change,
        flows.to_id as other_customer_id,
        flows.reference_count
    from flows
    inner join standing as ours
        on flows.from_id = ours.customer_id and flows.changed_at = ours.changed_at
    inner join standing as theirs
        on flows.to_id = theirs.customer_id and flows.changed_at = theirs.changed_at
    union all
    select flows.to_id, flows.changed_at, 'split off', flows.from_id, flows.reference_count
    from flows
    inner join standing
        on flows.to_id = standing.customer_id and flows.changed_at = standing.changed_at
    where standing.before = 0
    union all
    select moved.from_id, moved.changed_at, 'ended', null, count(*)
    from moved
    inner join standing
        on moved.from_id = standing.customer_id and moved.changed_at = standing.changed_at
    where standing.after = 0
    group by moved.from_id, moved.changed_at
    having count(moved.to_id) = 0
    union all
    select reused.customer_id, reused.changed_at, 'returned', null, reused.reference_count
    from reused
    inner join standing
        on reused.customer_id = standing.customer_id and reused.changed_at = standing.changed_at
    where standing.before = 0
        and not exists (
            select 1 from flows
            where flows.to_id = reused.customer_id and flows.changed_at = reused.changed_at
        )
),

-- what led from the references that came to those that were there, or are new
joined as (
    select
        moved.from_id,
        moved.to_id,
        moved.changed_at,
        {{ strongest_rule('links.rule') }} as rule
    from moved
    inner join links on moved.node_id = links.node_id
    inner join {{ ids }} as there
        on links.neighbour = there.node_id and moved.to_id = there.customer_id and there.until is null
    left join moved as together
        on links.neighbour = together.node_id
        and moved.from_id = together.from_id
        and moved.changed_at = together.changed_at
    where together.node_id is null
    group by moved.from_id, moved.to_id, moved.changed_at
),

declared as (
    select node_a, node_b from {{ ref('int_identity_overrides') }}
    where action = 'force_different' and not is_contradicted
    union all
    select node_b, node_a from {{ ref('int_identity_overrides') }}
    where action = 'force_different' and not is_contradicted
),

parted as (
    select distinct moved.from_id, moved.to_id, moved.changed_at
    from moved
    inner join declared on moved.node_id = declared.node_a
    inner join {{ ids }} as stayed
        on declared.node_b = stayed.node_id and moved.from_id = stayed.customer_id
),

known as (
    select node_id from {{ ref('int_references') }} where node_id in (select node_id from moved where to_id is null)
),

-- a reference that held others together, and does no more
lost as (
    select
        moved.from_id,
        moved.changed_at,
        max(case when aside.node_id is not null then 2 when known.node_id is null then 1 else 0 end) as rank
    from moved
    left join known on moved.node_id = known.node_id
    left join {{ ref('int_set_aside') }} as aside on moved.node_id = aside.node_id
    where moved.to_id is null
    group by moved.from_id, moved.changed_at
),

-- who lost, and who gained, whichever of them a row is about
sided as (
    select
        *,
        case when change = 'split off' then other_customer_id else customer_id end as from_id,
        case when change = 'split off' then customer_id else other_customer_id end as to_id
    from rows
)

select
    {{ hash_id(['sided.customer_id', 'sided.changed_at', 'sided.change', 'coalesce(sided.other_customer_id, 0)']) }} as change_id,
    sided.customer_id,
    sided.changed_at,
    sided.change,
    sided.other_customer_id,
    sided.reference_count,
    case
        when sided.change = 'merged' then joined.rule
        when sided.change = 'returned' then null
        when parted.from_id is not null then 'declared different'
        when lost.rank = 2 then 'a reference was set aside'
        when lost.rank = 1 then 'no record holds a reference any more'
        when sided.change in ('split', 'split off') then 'no record links them any more'
    end as rule
from sided
left join joined
    on sided.from_id = joined.from_id and sided.to_id = joined.to_id and sided.changed_at = joined.changed_at
left join parted
    on sided.from_id = parted.from_id and sided.to_id = parted.to_id and sided.changed_at = parted.changed_at
left join lost
    on sided.from_id = lost.from_id and sided.changed_at = lost.changed_at
