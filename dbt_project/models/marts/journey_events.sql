-- One row per event of any voice: who, when, where on the journey, what happened, whether it touched a customer.
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='event_id', reads_feeds='row_hash',
    feed=['customer_id', 'account_id', 'kind', 'occurred_at'],
) }}
{%- set news = read_feeds([ref('int_events'), ref('scores'), ref('comments')]) %}
{%- if news %}
    {%- set touched %}
        select event_id from {{ news.int_events }}
        union
        select voice_id from {{ news.scores }}
        union
        select voice_id from {{ news.comments }}
        union
        select comment_id from {{ news.comments }}
    {%- endset %}
    {%- do temporary('touched_events', touched) %}
{%- endif %}
with happened as (
    select * exclude (row_hash)
    from {{ ref('int_events') }}
    {{ 'where event_id in (select event_id from touched_events)' if news }}
),

scores as (
    select
        voice_id as event_id,
        {{ main_score('metric') }} as metric,
        {{ main_score('score') }} as score
    from {{ ref('scores') }}
    {{ 'where voice_id in (select event_id from touched_events)' if news }}
    group by voice_id
),

comments as (
    select
        -- a message is a touch of its own and carries its own words
        case when kind = 'case message' then comment_id else voice_id end as event_id,
        min(comment_id) as comment_id,
        cast(avg(sentiment) as decimal(5, 4)) as sentiment
    from {{ '(' ~ few_rows(ref('comments'), [
        'comment_id in (select event_id from touched_events)', 'voice_id in (select event_id from touched_events)',
    ]) ~ ')' if news else ref('comments') }}
    group by 1
),

events as (
    select
        happened.*,
        scores.metric as metric,
        scores.score as score,
        comments.comment_id,
        comments.sentiment
    from happened
    left join scores using (event_id)
    left join comments using (event_id)
)

{{ changes('events', 'event_id', [
    'event_id', 'occurred_at', 'customer_id', 'account_id', 'team_ref', 'source', 'kind', 'is_touch', 'stage',
    'touchpoint', 'channel', 'segment', 'metric', 'score', 'comment_id', 'sentiment', 'case_id', 'amount', 'currency',
], among='touched_events' if news) }}
