{#-
    CTEs that a table of sums over `metric_observations` goes on from: `answers`, which are the observations to be
    summed, each with a sign, and `build`, the newest one that they know.

    The table holds in `build` up to which build it has counted. Observations that came since are to be added
    (sign 1), those that were replaced or taken away since are to be subtracted (sign -1), so a sum costs what
    changed and a build that failed half-way is made up for by the next. A full build adds everything.

    who  what is summed as one before it is added up: whatever of it changed, all of it is subtracted as it
         was and added as it is
-#}
{% macro moved_answers(who) -%}
build as (
    select max(greatest(since, coalesce(until, 0))) as number from {{ ref('metric_observations') }}
),
{%- if is_incremental() %}
{%- set counted = scalar('select coalesce(max(build), 0) from ' ~ this) %}
{%- set observations = ref('metric_observations') %}
{#- not one condition with `or`: of such a one the statistics of a column say nothing #}
{%- do temporary('touched_answers', 'select distinct reading_id, ' ~ who ~ ' as who
    from (
        select * from ' ~ observations ~ ' where since > ' ~ counted ~ '
        union all
        select * from ' ~ observations ~ ' where until > ' ~ counted ~ '
    ) as answers') %}
{%- do temporary('their_answers', 'select answers.* from ' ~ observations ~ ' as answers
    inner join touched_answers as touched on answers.reading_id = touched.reading_id and ' ~ who ~ ' = touched.who') %}
{%- endif %}

answers as (
    {{ signed_versions(ref('metric_observations'), 'their_answers', counted) }}
),
{%- endmacro %}
