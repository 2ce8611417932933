-- One row per theme, tone, month and place (all, a touchpoint or a segment): comments and who wrote them.
{#- Added to and taken from by what changed since `build` of theme_writers. A cell that lost its last writer stays,
    with 0, so that what was counted stays known. Any theme is an empty one. -#}
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='cell_id') }}
{%- set cell = ['theme', 'tone', 'month', 'touchpoint', 'segment'] %}
{%- set news = read_news(ref('theme_writers'), 'writers', 'build', 'writer_id') %}
{%- if is_incremental() %}
    {%- do temporary('their_words', 'select * from ' ~ ref('theme_writers')
        ~ ' where writer_id in (select writer_id from writers_news)') %}
{%- endif %}
with {{ newest_build(ref('theme_writers'), 'writers') }}

told as (
    {{ signed_versions(ref('theme_writers'), 'their_words', news.number) }}
),

-- praise of a theme hides how complaints of it rise: each has a share of its own
tones as (
    select told_as, tone
    from (values
        ('complaint', 'complaint'), ('complaint', 'all'), ('praise', 'praise'), ('praise', 'all'), ('unknown', 'all'),
        ('mixed', 'complaint'), ('mixed', 'praise'), ('mixed', 'all'), ('all', 'all')
    ) as pairs (told_as, tone)
),

-- who writes five messages about one parcel is one person with one theme
once as (
    select
        told.sign,
        told.theme,
        tones.tone,
        told.month,
        {%- for cut in ('touchpoint', 'segment') %}
        case when grouping(told.{{ cut }}) = 1 then 'all' else told.{{ cut }} end as {{ cut }},
        {%- endfor %}
        told.writer_id,
        sum(told.comments) as comments
    from told
    inner join tones on told.tone = tones.told_as
    group by grouping sets (
        {%- for cut in ('', ', told.touchpoint', ', told.segment') %}
        (told.sign, told.theme, tones.tone, told.month, told.writer_id{{ cut }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
),

counted as (
    select {{ cell | join(', ') }}, sum(sign * comments) as comments, sum(sign) as writers
    from once
    group by {{ cell | join(', ') }}
    {%- if news.is_all %}
    union all
    -- what was counted of a table that is no more
    select {{ cell | join(', ') }}, -comments, -writers
    from {{ this }}
    {%- endif %}
),

celled as (
    select
        {{ hash_id(cell) }} as cell_id,
        {{ cell | join(', ') }},
        cast(sum(comments) as bigint) as comments,
        cast(sum(writers) as bigint) as writers
    from counted
    group by {{ cell | join(', ') }}
)

select
    celled.* replace (
        {%- for count in ('comments', 'writers') %}
        {{ 'coalesce(held.' ~ count ~ ', 0) + ' if is_incremental() }}celled.{{ count }} as {{ count }}{{ ',' if not loop.last }}
        {%- endfor %}
    ),
    writers_build.number as build
from celled
cross join writers_build
{%- if is_incremental() %}
left join {{ this }} as held on celled.cell_id = held.cell_id
{%- endif %}
