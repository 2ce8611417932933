{#- Rules of the seed that are set aside, each with what is wrong and what to do. The others count all the same. -#}
{% test theme_map_is_sound(model) %}
{{ config(severity='warn') }}
select culprit, remedy
from (
    select
        {% for column in ['theme', 'language', 'pattern'] -%}
        '{{ column }} ' || coalesce({{ column }}, 'empty') {{- " || ', ' ||" if not loop.last }}
        {% endfor -%}
        as culprit,
        {{ theme_problem() }} as remedy
    from {{ model }}
) as judged
where remedy is not null
{% endtest %}
