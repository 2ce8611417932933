{#- Of several scores of one voice the one that asks most about the whole relation; ties by id. -#}
{% macro main_score() -%}
    min_by(
        struct_pack(metric := metric, score := score),
        struct_pack(
            rank := case metric when 'nps' then 1 when 'csat' then 2 when 'ces' then 3 else 4 end,
            id := score_id
        )
    )
{%- endmacro %}
