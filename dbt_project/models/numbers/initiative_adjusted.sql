-- One row per initiative with a tag, method version and contrast: how those who were reached came on, and those who were not.
{#- Whoever is chosen for a low answer gives a higher one next time, whatever is done (regression to the
    mean). So the next answers of both groups are compared at the same first answer: analysis of covariance,
    next = a + b * first + d * reached, in closed form. #}
with pairs as (
    select * from {{ ref('initiative_followed') }}
),

groups as (
    select
        initiative,
        method_version,
        is_reached,
        cast(count(*) as double) as n,
        avg(x) as before,
        avg(next_x) as after,
        avg(level) as level,
        var_pop(level) * count(*) as levels,
        covar_pop(level, next_x) * count(*) as products,
        var_pop(next_x) * count(*) as squares,
        stddev_samp(next_x - x) as deviation,
        stddev_samp(x) as before_deviation,
        stddev_samp(next_x) as after_deviation
    from pairs
    group by initiative, method_version, is_reached
),

paired as (
    select
        reached.initiative,
        reached.method_version,
        reached.n as reached_n,
        others.n as others_n,
        reached.after - others.after as gap,
        reached.level - others.level as level_gap,
        reached.levels + others.levels as levels,
        reached.products + others.products as products,
        reached.squares + others.squares as squares
    from groups as reached
    inner join groups as others
        on reached.initiative = others.initiative
        and reached.method_version = others.method_version
        and reached.is_reached and not others.is_reached
),

-- where all first answers were alike they tell nothing of the next
fitted as (
    select
        *,
        coalesce(products / nullif(levels, 0), 0.0) as slope,
        case when levels > 0 then 3 else 2 end as parameters
    from paired
),

contrasts as (
    select
        initiative,
        method_version,
        case when is_reached then 'difference' else 'elsewhere' end as contrast,
        n as smallest_n,
        n,
        after - before as value,
        deviation / sqrt(n) as standard_error,
        n - 1 as df
    from groups
    {%- for side in ['before', 'after'] %}
    union all
    select initiative, method_version, '{{ side }}', n, n, {{ side }}, {{ side }}_deviation / sqrt(n), n - 1
    from groups
    where is_reached
    {%- endfor %}
    union all
    select
        initiative,
        method_version,
        'estimate',
        least(reached_n, others_n),
        reached_n + others_n,
        gap - slope * level_gap,
        sqrt(
            greatest(0.0, squares - slope * products) / nullif(greatest(0, reached_n + others_n - parameters), 0)
            * (1 / reached_n + 1 / others_n + coalesce(pow(level_gap, 2) / nullif(levels, 0), 0))
        ),
        reached_n + others_n - parameters
    from fitted
)

select
    initiative,
    method_version,
    contrast,
    smallest_n,
    n,
    n as customers,
    value,
    standard_error,
    cast(df as integer) as df
from contrasts
