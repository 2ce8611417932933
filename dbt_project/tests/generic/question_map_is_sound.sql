{#- Every rule of the seed in one query; each row is a mapping with what is wrong and what to do. -#}
{% test question_map_is_sound(model) %}
with mapped as (
    select
        *,
        {% for column in ['source', 'survey_id', 'question_id', 'item_id'] -%}
        '{{ column }} ' || coalesce({{ column }}, 'empty') {{- " || ', ' ||" if not loop.last }}
        {% endfor -%}
        as culprit,
        metric || ' ' || {{ plain('scale_min') }} || '-' || {{ plain('scale_max') }}
        || ' from ' || coalesce(cast(valid_from as {{ dbt.type_string() }}), 'ever')
        || ' until ' || coalesce(cast(valid_to as {{ dbt.type_string() }}), 'ever') as reading,
        coalesce(valid_from, date '0001-01-01') as first_day,
        coalesce(valid_to, date '9999-01-01') as last_day,
        row_number() over (
            partition by source, survey_id, question_id, coalesce(item_id, '')
            order by valid_from nulls first, valid_to nulls first, metric, scale_min, scale_max
        ) as place
    from {{ model }}
),

-- one question may have several readings, but on different days
overlapping as (
    select
        one.culprit,
        'its rows ' || one.reading || ' and ' || other.reading
        || ' count on the same days: end one with valid_to before the other begins' as remedy
    from mapped as one
    inner join mapped as other
        -- the names of the question, empty ones too
        on one.culprit = other.culprit
        and one.place < other.place
        and one.first_day <= other.last_day
        and other.first_day <= one.last_day
),

judged as (
    select
        culprit,
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
            when valid_to < valid_from
                then 'valid_to lies before valid_from: the row counts on no day'
        end as remedy
    from mapped
)

select culprit, remedy
from (
    select * from judged
    union all
    select * from overlapping
) as found
where remedy is not null
{% endtest %}
