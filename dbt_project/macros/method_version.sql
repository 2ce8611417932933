{#-
    The reading of a score as one text: metric, scale, top box, direction, since when. Scores are
    averaged only within one of these; a change of any part is a marked break.
-#}
{% macro method_version(metric, scale_min, scale_max, top_box_from='null', reversed='false', since='null') -%}
    {{ metric }} || ' ' || {{ plain(scale_min) }} || '-' || {{ plain(scale_max) }}
    || case when {{ metric }} = 'csat' then ' top ' || {{ plain(top_box_from) }} else '' end
    || case when {{ reversed }} then ' reversed' else '' end
    || coalesce(' since ' || cast({{ since }} as varchar), '')
{%- endmacro %}

{#- The lowest or highest answer to a row of int_question_map that counts as satisfied, on the question's own scale: where
    low is good, the top box lies at its lower end. -#}
{% macro question_top_box() -%}
    coalesce(
        top_box_from,
        case when reversed
            then scale_min + scale_max - {{ default_top_box('scale_min', 'scale_max') }}
            else {{ default_top_box('scale_min', 'scale_max') }}
        end
    )
{%- endmacro %}

{#- The method version of a row of int_question_map. -#}
{% macro question_version() -%}
    {{ method_version('metric', 'scale_min', 'scale_max', question_top_box(), 'coalesce(reversed, false)', 'valid_from') }}
{%- endmacro %}

{#- The method version of the top box of ratings. -#}
{% macro top_box_version(method_version) -%}
    {{ method_version }} || ' top ' || {{ plain(default_top_box('scale_min', 'scale_max')) }}
{%- endmacro %}

{#- An end of the scale that a version names: 1 the lowest, 2 the highest answer; null where it names none. -#}
{% macro scale_end(method_version, end) -%}
    try_cast(regexp_extract({{ method_version }}, '^[a-z]+ (-?[0-9.]+)-(-?[0-9.]+)', {{ end }}) as double)
{%- endmacro %}

{#- Lowest answer that counts as satisfied where nobody said: the top quarter of the scale (4 of 1-5). -#}
{% macro default_top_box(scale_min, scale_max) -%}
    ceil({{ scale_min }} + 0.75 * ({{ scale_max }} - {{ scale_min }}))
{%- endmacro %}

{#- The numbers of a list that people wrote with | between them, as an array; what is no number is null in it. -#}
{% macro numbers_of(list) -%}
    {{ return(adapter.dispatch('numbers_of')(list)) }}
{%- endmacro %}

{% macro default__numbers_of(list) -%} transform(split({{ list }}, '[|]'), x -> try_cast(x as double)) {%- endmacro %}

{% macro duckdb__numbers_of(list) -%} try_cast(string_split({{ list }}, '|') as double[]) {%- endmacro %}

{#- A number as people write it: 10, not 10.0. -#}
{% macro plain(number) -%}
    regexp_replace(cast({{ number }} as varchar), '\.0$', '')
{%- endmacro %}
