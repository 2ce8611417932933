{#- One query for the whole promise of a model's first line: its key is there and is unique. -#}
{% test grain(model, key) %}
select
    {{ key | join(', ') }},
    count(*) as rows_of_this_key
from {{ model }}
group by {{ key | join(', ') }}
having count(*) > 1
{%- for column in key %}
    or {{ column }} is null
{%- endfor %}
{% endtest %}
