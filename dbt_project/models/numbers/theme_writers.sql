-- One row per writer, month, place and theme of their comments in one tone, and build since which it reads so.
{#- Told anew for writers of whom any comment or theme came, changed or went. What is replaced stays (`versions.sql`),
    to be taken out of the counts of `theme_cells`. -#}
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='writer_id',
    reads_feeds='case when until is null then fingerprint end',
) }}
{%- set place = ['month', 'touchpoint', 'segment', 'theme', 'tone'] %}
{%- set news = read_feeds([ref('comments'), ref('comment_themes')]) %}
{%- if news %}
    {%- set touched %}
        select {{ writer() }} as writer_id from {{ news.comments }}
        union
        select {{ writer() }} from {{ news.comment_themes }}
    {%- endset %}
    {%- do temporary('asked_writers', touched) %}
{%- endif %}
with {{ this_build() }}

-- whatever its themes, a comment is one of all: it has an empty theme there
wrote as (
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
),

fingerprints as (
    select writer_id, bit_xor({{ row_hash(place + ['comments']) }}) as fingerprint
    from wrote
    group by writer_id
),
{%- if is_incremental() %}

held as (
    select writer_id, any_value(fingerprint) as fingerprint
    from {{ this }}
    where until is null
        {%- if news %}
        and writer_id in (select writer_id from asked_writers)
        {%- endif %}
    group by writer_id
),

touched as (
    select coalesce(fingerprints.writer_id, held.writer_id) as writer_id, fingerprints.fingerprint
    from fingerprints
    full join held on fingerprints.writer_id = held.writer_id
    where fingerprints.fingerprint is distinct from held.fingerprint
)
{%- else %}

touched as (
    select * from fingerprints
)
{%- endif %}

select
    wrote.*,
    touched.fingerprint,
    build.number as since,
    cast(null as bigint) as until
from wrote
inner join touched on wrote.writer_id = touched.writer_id
cross join build
{%- if is_incremental() %}

union all by name

select held.* replace (coalesce(held.until, build.number) as until)
from {{ this }} as held
cross join build
where held.writer_id in (select writer_id from touched)
{%- endif %}
