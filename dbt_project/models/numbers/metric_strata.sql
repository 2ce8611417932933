-- One row per metric, part, method version, published cell and stratum of it: sums of answers and of who was asked for one.
{#- Kept by what changed: see `moved_answers`. A stratum of a cell that lost its last observation stays, with n = 0. -#}
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='cell_stratum_id') }}
{#- A source's answers stand for its own invitations only, whatever `weight_by` says. Where a stratum has nobody who
    answered, or somebody whom nobody invited, all strata of its first place are taken as one. -#}
{%- set strata = ['source'] + known_only(var('weight_by'), metric_places(), 'weight_by') | reject('equalto', 'source') | list %}
{%- set wider = strata[:2] %}
{%- set scored = ['nps', 'csat', 'ces', 'rating', 'rating_top_box'] %}
{%- set sums = ['n', 'total', 'squares'] %}
with {{ moved_answers('answers.record_id') }}

classes as (
    select
        {{ strata | join(', ') }},
        {{ hash_id(strata) }} as stratum_id,
        {{ hash_id(wider) }} as wider_id
    from (
        select distinct {{ strata | join(', ') }}
        from answers
        where metric in ('{{ scored | join("', '") }}')
    ) as named
),

classed as (
    select answers.*, classes.stratum_id
    from answers
    inner join classes
        {%- for place in strata %}
        {{ 'on' if loop.first else 'and' }} answers.{{ place }} = classes.{{ place }}
        {%- endfor %}
    where answers.metric in ('{{ scored | join("', '") }}')
),

readings as (
    select distinct reading_id, metric, part, method_version from classed
),
{%- for block in metric_cuts() %}

fine_{{ loop.index }} as (
    select
        reading_id,
        stratum_id,
        {%- for place in block.by %}
        {{ place }},
        {%- endfor %}
        {{ period(block) }} as period,
        sum(sign) as n,
        sum(sign * x) as total,
        sum(sign * x * x) as squares
    from classed
    group by all
),
{%- endfor %}

celled as (
    {%- for block in metric_cuts() %}
    select
        reading_id,
        stratum_id,
        {{ cell(block) }},
        sum(n) as n,
        sum(total) as total,
        sum(squares) as squares
    from fine_{{ loop.index }}
    group by reading_id, stratum_id, period, {{ cells(block) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

named as (
    select *, {{ hash_id(['reading_id', 'stratum_id'] + cell_id_parts()) }} as cell_stratum_id
    from celled
),
{%- if is_incremental() %}

-- what a stratum without observations was made of is past
held as (
    select * from {{ this }} where n > 0
),
{%- endif %}

added as (
    {%- if is_incremental() %}
    select named.* replace (
        {%- for sum in sums %}
        coalesce(held.{{ sum }}, 0) + named.{{ sum }} as {{ sum }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
    from named
    left join held on named.cell_stratum_id = held.cell_stratum_id
    {%- else %}
    select * from named
    {%- endif %}
)

select
    added.cell_stratum_id,
    readings.metric,
    readings.part,
    readings.method_version,
    added.stratum_id,
    classes.wider_id,
    {%- for column in cell_columns() | reject('equalto', 'account_id') %}
    added.{{ column }},
    {%- endfor %}
    {{ account_text('added.account_id') }} as account_id,
    {%- for sum in sums %}
    cast(added.{{ sum }} as double) as {{ sum }},
    {%- endfor %}
    build.number as build
from added
inner join readings on added.reading_id = readings.reading_id
inner join classes on added.stratum_id = classes.stratum_id
cross join build
