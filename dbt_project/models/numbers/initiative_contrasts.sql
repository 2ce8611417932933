-- One row per initiative without a tag, method version and contrast: a difference of means with its interval.
{#- Of the cells reached and others, before and after: the saturated regression of difference in
    differences, whose variance allows for customers who answer more than once (cluster-robust, as of
    statsmodels' OLS with cov_type='cluster'). #}
with sums as (
    select * from {{ ref('initiative_sums') }} where who <> 'unknown'
),

-- which cells a contrast is made of, and with which sign
contrasts as (
    select *
    from (values
        ('before', 'reached', 'before', 1), ('after', 'reached', 'after', 1), ('run_up', 'reached', 'run_up', 1),
        ('difference', 'reached', 'after', 1), ('difference', 'reached', 'before', -1),
        ('elsewhere', 'others', 'after', 1), ('elsewhere', 'others', 'before', -1),
        ('estimate', 'reached', 'after', 1), ('estimate', 'reached', 'before', -1),
        ('estimate', 'others', 'after', -1), ('estimate', 'others', 'before', 1),
        ('rebound', 'reached', 'after', 1), ('rebound', 'reached', 'run_up', -1)
    ) as t(contrast, who, time_part, sign)
),

sizes as (
    select contrast, count(*) as cells from contrasts group by contrast
),

means as (
    select initiative, method_version, who, time_part, sum(n) as n, sum(total) / sum(n) as mean
    from sums
    group by initiative, method_version, who, time_part
),

-- how far a customer pulls the contrast; of nobody known each answer pulls by itself
pulls as (
    select
        sums.initiative,
        sums.method_version,
        contrasts.contrast,
        sums.customer_id,
        sum(contrasts.sign * (sums.total - sums.n * means.mean) / means.n) as pull,
        sum((sums.squares - 2 * means.mean * sums.total + means.mean * means.mean * sums.n) / (means.n * means.n)) as alone,
        sum(sums.n) as n
    from sums
    inner join means
        on sums.initiative = means.initiative and sums.method_version = means.method_version
        and sums.who = means.who and sums.time_part = means.time_part
    inner join contrasts on sums.who = contrasts.who and sums.time_part = contrasts.time_part
    group by sums.initiative, sums.method_version, contrasts.contrast, sums.customer_id
),

spread as (
    select
        initiative,
        method_version,
        contrast,
        sum(n) as n,
        sum(case when customer_id is null then n else 1 end) as clusters,
        sum(case when customer_id is null then alone else pull * pull end) as variance
    from pulls
    group by initiative, method_version, contrast
),

estimated as (
    select
        means.initiative,
        means.method_version,
        contrasts.contrast,
        count(*) as cells,
        min(means.n) as smallest_n,
        sum(contrasts.sign * means.mean) as value
    from means
    inner join contrasts on means.who = contrasts.who and means.time_part = contrasts.time_part
    group by means.initiative, means.method_version, contrasts.contrast
),

-- the small-sample factor of statsmodels and Stata
widened as (
    select
        estimated.*,
        spread.n,
        spread.clusters,
        cast(spread.clusters - 1 as integer) as df,
        sqrt(
            spread.variance * spread.clusters / nullif(spread.clusters - 1, 0)
            * (spread.n - 1) / nullif(greatest(0, spread.n - estimated.cells), 0)
        ) as standard_error
    from estimated
    inner join sizes on estimated.contrast = sizes.contrast and estimated.cells = sizes.cells
    inner join spread
        on estimated.initiative = spread.initiative
        and estimated.method_version = spread.method_version
        and estimated.contrast = spread.contrast
)

select
    initiative,
    method_version,
    contrast,
    smallest_n,
    n,
    clusters as customers,
    value,
    standard_error,
    df
from widened
