{#- A reading whose total does not hold all of its observations: sums that are kept went another way than what they
    are sums of. To mend it: dbt build --full-refresh --select metric_observations+ -#}
{% test metric_cells_add_up(model) %}
with observed as (
    select reading_id, count(*) as n from {{ ref('metric_answers') }} group by reading_id
),

summed as (
    select reading_id, cast(n as bigint) as n
    from {{ model }}
    where period_grain = 'all'
        {%- for place in metric_places() %}
        and {{ place }} = 'all'
        {%- endfor %}
)

select summed.reading_id, summed.n as summed, coalesce(observed.n, 0) as observed
from summed
left join observed on summed.reading_id = observed.reading_id
where summed.n <> coalesce(observed.n, 0)
{% endtest %}
