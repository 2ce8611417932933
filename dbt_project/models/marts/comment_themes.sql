-- One row per comment and theme that it touches.
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='comment_theme_id', reads_feeds='row_hash',
    feed=['voice_id', 'customer_id'],
) }}
{%- set news = read_feeds([ref('comments'), ref('scores'), ref('int_verbatims'), ref('int_text_themes')]) %}
{%- if news %}
    {%- set touched %}
        select comment_id from {{ news.comments }}
        union
        select comment_id from {{ ref('comments') }} where voice_id in (select voice_id from {{ news.scores }})
        union
        select record_id from {{ news.int_verbatims }}
        union
        select record_id
        from {{ ref('int_verbatims') }}
        where text_id in (select text_id from {{ news.int_text_themes }})
    {%- endset %}
    {%- do temporary('touched_comments', touched) %}
{%- endif %}
with comments as (
    select *
    from {{ ref('comments') }}
    where themes is not null
        {%- if news %}
        and comment_id in (select comment_id from touched_comments)
        {%- endif %}
),

-- where on its scale each answer lies
places as (
    select
        voice_id,
        metric,
        max((score - scale_min) / nullif(scale_max - scale_min, 0)) as place
    from {{ ref('scores') }}
    {{ 'where voice_id in (select voice_id from comments)' if news }}
    group by voice_id, metric
),

rules as (
    select
        verbatims.record_id as comment_id,
        {{ each_part('found.rules_found', ', ') }} as rule
    from {{ ref('int_verbatims') }} as verbatims
    inner join {{ ref('int_text_themes') }} as found on verbatims.text_id = found.text_id
    where found.rules_found is not null
        {%- if news %}
        and verbatims.record_id in (select comment_id from touched_comments)
        {%- endif %}
),

touched as (
    select
        comments.comment_id,
        split_part(rules.rule, '|', 1) as theme,
        bool_or(split_part(rules.rule, '|', 3) = 'complaint') as complains,
        bool_or(split_part(rules.rule, '|', 3) = 'praise') as praises
    from comments
    inner join rules on comments.comment_id = rules.comment_id and {{ speaks_of('rules.rule', 'comments.language') }}
    group by comments.comment_id, theme
),

comment_themes as (
    select
        {{ hash_id(['touched.comment_id', 'touched.theme']) }} as comment_theme_id,
        touched.comment_id,
        touched.theme,
        -- words that complain of one thing may praise another: only where they do neither the score speaks
        case
            when touched.complains and touched.praises then 'mixed'
            when touched.complains then 'complaint'
            when touched.praises then 'praise'
            when comments.metric = 'nps' and comments.score <= 6 or comments.metric <> 'nps' and places.place <= 0.5
                then 'complaint'
            when comments.metric = 'nps' and comments.score >= 9 or comments.metric <> 'nps' and places.place >= 0.75
                then 'praise'
            else 'unknown'
        end as tone,
        comments.commented_at,
        comments.language,
        comments.customer_id,
        comments.voice_id,
        comments.source,
        comments.stage,
        comments.touchpoint,
        comments.channel,
        comments.segment
    from touched
    inner join comments on touched.comment_id = comments.comment_id
    left join places on comments.voice_id = places.voice_id and comments.metric = places.metric
)

{{ changes('comment_themes', 'comment_theme_id', [
    'comment_theme_id', 'comment_id', 'theme', 'tone', 'commented_at', 'language', 'customer_id', 'voice_id', 'source',
    'stage', 'touchpoint', 'channel', 'segment',
], among='touched_comments' if news, by='comment_id') }}
