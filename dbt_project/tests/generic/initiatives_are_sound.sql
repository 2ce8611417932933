{#- Initiatives that are set aside, each with what is wrong and what to do. The rest is told all the same. -#}
{% test initiatives_are_sound(model) %}
{{ config(severity='warn') }}
select 'initiatives: ' || entry as culprit, problem as remedy
from {{ model }}
where problem is not null
{% endtest %}
