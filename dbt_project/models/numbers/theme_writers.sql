-- One row per writer, month, place and theme of their comments in one tone, and build since which it reads so.
{#- Told anew for writers of whom any comment or theme came, changed or went. What was and is no more stays
    (`versions.sql`), to be taken out of the counts of `theme_cells`. -#}
{%- set key = ['writer_id', 'month', 'touchpoint', 'segment', 'theme', 'tone', 'comments'] %}
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key=key + ['since'],
    reads_feeds='case when until is null then writer_id end',
) }}
{%- set news = read_feeds([ref('comments'), ref('comment_themes')]) %}
{%- if news %}
    {%- set asked %}
        select {{ writer() }} as writer_id from {{ news.comments }}
        union
        select {{ writer() }} from {{ news.comment_themes }}
    {%- endset %}
    {%- do temporary('asked_writers', asked) %}
{%- endif %}
with {{ this_build() }}

-- whatever its themes, a comment is one of all: it has an empty theme there
wanted as (
    {%- for relation, theme, tone in [(ref('comments'), "''", "'all'"), (ref('comment_themes'), 'theme', 'tone')] %}
    select
        {{ writer() }} as writer_id,
        {{ month_of('commented_at') }} as month,
        touchpoint,
        segment,
        {{ theme }} as theme,
        {{ tone }} as tone,
        count(*) as comments
    from {{ relation }}
    where commented_at is not null
        {%- if news %}
        and {{ writer() }} in (select writer_id from asked_writers)
        {%- endif %}
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

{{ new_versions('wanted', key, 'writer_id', 'asked_writers' if news) }}
