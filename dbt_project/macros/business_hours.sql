{#-
    Seconds that a calendar has worked until a moment; business seconds between two moments are the
    difference of both.

    moments  a relation of distinct (calendar, at)
    Returns (calendar, at, worked): null where the calendar has no hours then, because it was set aside
    or the moment lies outside of the years that hours were made for.
-#}
{% macro worked_until(moments) -%}
    {{ return(adapter.dispatch('worked_until')(moments)) }}
{%- endmacro %}

{% macro duckdb__worked_until(moments) -%}
    select
        moments.calendar,
        moments.at,
        {{ worked_by('moments.at', 'hours') }} as worked
    from {{ moments }} as moments
    asof left join {{ ref('stg_working_hours') }} as hours
        on moments.calendar = hours.calendar and moments.at >= hours.opens_at
    left join {{ calendar_ends() }} as ends on moments.calendar = ends.calendar
{%- endmacro %}

{#- Engines without an as-of join: moments and openings in one order, each moment after its opening. -#}
{% macro default__worked_until(moments) -%}
    select
        placed.calendar,
        placed.at,
        {{ worked_by('placed.at', 'placed') }} as worked
    from (
        select
            calendar,
            at,
            is_moment,
            {{ last_known('opens_at', 'until_here') }} as opens_at,
            {{ last_known('closes_at', 'until_here') }} as closes_at,
            {{ last_known('seconds_before', 'until_here') }} as seconds_before
        from (
            select calendar, at, 1 as is_moment, cast(null as timestamp) as opens_at,
                cast(null as timestamp) as closes_at, cast(null as bigint) as seconds_before
            from {{ moments }}
            union all
            select calendar, opens_at, 0, opens_at, closes_at, seconds_before
            from {{ ref('stg_working_hours') }}
        ) as told
        window until_here as (partition by calendar order by at, is_moment)
    ) as placed
    left join {{ calendar_ends() }} as ends on placed.calendar = ends.calendar
    where placed.is_moment = 1
{%- endmacro %}

{% macro worked_by(at, hours) -%}
    case when {{ at }} <= ends.closes_at then
        {{ hours }}.seconds_before + date_diff('second', {{ hours }}.opens_at, least({{ at }}, {{ hours }}.closes_at))
    end
{%- endmacro %}

{% macro calendar_ends() -%}
    (select calendar, max(closes_at) as closes_at from {{ ref('stg_working_hours') }} group by calendar)
{%- endmacro %}

{#- A sum of waits of `cases` in working time: no wait at all is none in working time either. -#}
{% macro business_wait(clock) -%}
    case
        when business.calendar is null or cases.{{ clock }}_seconds is null then null
        when cases.{{ clock }}_seconds = 0 then 0.0
        else business.business_{{ clock }}_minutes
    end as business_{{ clock }}_minutes
{%- endmacro %}
