{#- Of several scores of one voice the one that asks most about the whole relation; ties by id. Order and id are
    one number: the least of a struct costs several times as much. -#}
{% macro main_score(column) -%}
    min_by({{ column }}, cast(
        case metric when 'nps' then 1 when 'csat' then 2 when 'ces' then 3 else 4 end as decimal(38, 0)
    ) * 10000000000000000000 + score_id)
{%- endmacro %}
