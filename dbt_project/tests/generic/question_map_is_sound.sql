{#- Every rule of the seed in one query; each row is a mapping with what is wrong and what to do. -#}
{% test question_map_is_sound(model) %}
select culprit, remedy
from (
    select
        {% for column in ['source', 'survey_id', 'question_id', 'item_id'] -%}
        '{{ column }} ' || coalesce({{ column }}, 'empty') {{- " || ', ' ||" if not loop.last }}
        {% endfor -%}
        as culprit,
        case
            when source is null or question_id is null
                then 'source and question_id name the question: fill both, and survey_id unless any will do'
            when metric is null or metric not in ('nps', 'csat', 'ces', 'enps', 'rating')
                then 'metric is one of nps, csat, ces, enps, rating'
            when scale_min is null or scale_max is null or scale_min >= scale_max
                then 'scale_min and scale_max are the ends of the scale: fill both, the lower first'
            when metric in ('nps', 'enps') and (scale_min, scale_max) <> (0, 10)
                then 'nps and enps are defined on 0 to 10 only: map other scales as rating'
            when top_box_from not between scale_min and scale_max
                then 'top_box_from lies on the scale'
            when count(*) over (
                partition by source, survey_id, question_id, coalesce(item_id, ''), valid_from
            ) > 1
                then 'the question is mapped twice from the same day: end one with valid_to'
        end as remedy
    from {{ model }}
) as judged
where remedy is not null
{% endtest %}
