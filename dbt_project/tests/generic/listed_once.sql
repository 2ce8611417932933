{#- Each value of a seed's column is there, and in one row; each row is a value with what is wrong and what to do. -#}
{% test listed_once(model, column_name) %}
select
    '{{ column_name }} ' || coalesce({{ column_name }}, 'empty') as culprit,
    case
        when {{ column_name }} is null then 'fill it, or take the row out'
        else 'listed in ' || count(*) || ' rows: keep one of them'
    end as remedy
from {{ model }}
group by {{ column_name }}
having count(*) > 1 or {{ column_name }} is null
{% endtest %}
