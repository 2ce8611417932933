{#- Every rule of the seed in one query; each row is a rule with what is wrong and what to do. -#}
{% test touchpoint_map_is_sound(model) %}
{%- set kinds = [
    'survey', 'case', 'review', 'order', 'subscription_started', 'subscription_renewed', 'subscription_cancelled',
    'refund', 'usage',
] %}
select culprit, remedy
from (
    select
        'rule of priority ' || coalesce(cast(priority as {{ dbt.type_string() }}), 'none') as culprit,
        case
            when priority is null or count(*) over (partition by priority) > 1
                then 'its priority says when it is tried: give each rule one of its own'
            when kind not in ('{{ kinds | join("', '") }}')
                then 'kind is one of {{ kinds | join(', ') }}, or empty for any'
            when match_column not in ('channel', 'topic', 'product', 'survey_id', 'tag', 'text')
                and match_column not like 'field:_%'
                then 'match_column is one of channel, topic, product, survey_id, tag, text, field:NAME, or empty'
            when match_column is not null and match_value is null
                then 'match_value is empty: fill it, or leave match_column empty for a rule that always matches'
            when (match_column in ('tag', 'text') or match_column like 'field:%') and coalesce(kind, 'case') <> 'case'
                then 'only cases have tags, words and fields to match: kind is case or empty'
            when coalesce(trim(touchpoint), '') = ''
                then 'touchpoint is empty: say where on the journey the rule puts what it matches'
        end as remedy
    from {{ model }}
) as judged
where remedy is not null
{% endtest %}
