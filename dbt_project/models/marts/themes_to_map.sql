-- One row per language and word that comments without a theme use more often than others, and one per language without such a word.
{%- set most = 30 %}
with clock as (
    select max(commented_at) as newest_at from {{ ref('comments') }}
),

-- what is written now is what a rule is wanted for
comments as (
    select
        comments.comment_id,
        comments.comment,
        comments.themes is null as has_none,
        coalesce(lower(split_part(comments.language, '-', 1)), 'unknown') as language,
        {{ writer('comments.') }} as writer_id
    from {{ ref('comments') }} as comments
    cross join clock
    where comments.commented_at > clock.newest_at - interval {{ var('theme_words_days') }} day
),

languages as (
    select
        language,
        count(*) as comments,
        count(*) filter (has_none) as without_theme,
        count(distinct writer_id) filter (has_none) as customers_without,
        count(distinct writer_id) filter (not has_none) as customers_with
    from comments
    group by language
),

words as (
    select
        language,
        writer_id,
        comment_id,
        has_none,
        {{ each_word('comment') }} as word
    from comments
),

used as (
    select
        language,
        word,
        count(*) filter (has_none) as comments_with_word,
        count(distinct writer_id) filter (has_none) as customers,
        count(distinct writer_id) filter (not has_none) as customers_elsewhere
    from words
    -- longer ones are links, codes and the whims of a finger on a key
    where length(word) <= 30
    group by language, word
    -- a word of few could tell who wrote it
    having count(distinct writer_id) filter (has_none) >= {{ theme_word_customers() }}
),

-- words that everybody uses whatever they write about say nothing of what a theme is missing for
telling as (
    select used.*
    from used
    inner join languages on used.language = languages.language
    where 1.0 * used.customers / languages.customers_without
        > 1.5 * used.customers_elsewhere / nullif(languages.customers_with, 0)
        or languages.customers_with = 0
    qualify row_number() over (partition by used.language order by used.customers desc, used.word) <= {{ most }}
)

select
    languages.language,
    telling.word,
    telling.customers,
    telling.comments_with_word,
    languages.comments,
    languages.without_theme,
    round(100.0 * languages.without_theme / languages.comments, 2) as without_theme_share,
    case
        when telling.word is not null
            then 'see what these comments are about, and add a pattern to theme_map'
        when languages.without_theme = 0 then 'every comment has a theme'
        else 'no word that says more than others is used by {{ theme_word_customers() }} customers'
    end as remedy
from languages
left join telling on languages.language = telling.language
