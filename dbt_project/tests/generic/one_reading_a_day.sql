{#- No answer counts twice: an increment of the scores would keep one of the two without a word. -#}
{% test one_reading_a_day(model) %}
select
    one.source,
    one.survey_id,
    one.question_id,
    one.item_id,
    other.valid_from as day_of_both
from {{ model }} as one
inner join {{ model }} as other
    on one.source = other.source
    and one.survey_id = other.survey_id
    and one.question_id = other.question_id
    and one.item_id = other.item_id
    and one.reading < other.reading
    and coalesce(one.valid_to, date '9999-01-01') >= coalesce(other.valid_from, date '0001-01-01')
{% endtest %}
