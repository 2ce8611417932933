{#- Definitions that are set aside, each with what is wrong and what to do. The rest is built all the same. -#}
{% test no_row_is_wrong(model) %}
{{ config(severity='warn') }}
select place || ': ' || entry as culprit, finding as remedy
from {{ model }}
where severity = 'wrong'
{% endtest %}
