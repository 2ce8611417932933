{#- Comments and themes of all places, if they are not as many as there are: a count that is kept went another way than
    what it is of. To mend it: dbt build --full-refresh --select theme_writers+ -#}
{% test theme_cells_add_up(model) %}
with written as (
    select 'comments' as what, count(*) as comments from {{ ref('comments') }} where commented_at is not null
    union all
    select 'comment_themes', count(*) from {{ ref('comment_themes') }} where commented_at is not null
),

counted as (
    select case when theme = '' then 'comments' else 'comment_themes' end as what, sum(comments) as comments
    from {{ model }}
    where tone = 'all' and touchpoint = 'all' and segment = 'all'
    group by all
)

select written.what, counted.comments as counted, written.comments
from written
left join counted on written.what = counted.what
where coalesce(counted.comments, 0) <> written.comments
{% endtest %}
