-- One row per metric, part (value, or response rate beside it), method version and published cell: n, value, interval.
with cells as (
    select * from {{ ref('metric_cells') }} where n > 0
),

customers as (
    select * from {{ ref('metric_customers') }} where customers > 0
),

weights as (
    select * from {{ ref('metric_weights') }}
),

clock_quantiles as (
    select * from {{ ref('int_clock_quantiles') }}
),

groups as (
    select * from {{ ref('int_pulse_groups') }} where is_total and metric = 'enps'
),

headcounts as (
    select source, sum(headcount) as headcount
    from {{ ref('int_teams') }}
    group by source
),

quantiles as (
    select * from {{ ref('student_t') }}
),

counts as (
    select * from {{ ref('poisson_limits') }}
),

judged as (
    select *, {{ design_effect('cells') }} as design_effect
    from cells
    where statistic <> 'rate'
),

told as (
    select
        *,
        -- somebody answered more than once: told by counts, which no rounding decides
        customers < n as is_clustered,
        customers - 1 as df,
        {{ deviation('n', 'total', 'squares') }} as deviation,
        {{ scale_end('method_version', 1) }} as scale_min,
        {{ scale_end('method_version', 2) }} as scale_max
    from judged
),

-- so many independent answers say as much. Of few customers the design effect is itself uncertain, below 1 as
-- above, which t instead of z makes up for (Korn and Graubard 1998); each of them is one answer at least
effective as (
    select
        *,
        n / greatest(1.0, design_effect) as effective_n,
        case when is_clustered
            then greatest(
                n / greatest(1.0, design_effect)
                * pow({{ z() }} / {{ t_quantile('quantile', 'nullif(df, 0)') }}, 2),
                n * n / customer_counts
            )
            else n
        end as share_n
    from told
    left join quantiles using (df)
),

-- what the same answers come to if each stratum weighs as many as were invited in it; unequal weights
-- leave fewer answers' worth (Kish), and a customer's several answers still are one customer's
reweighed as (
    select
        effective.*,
        weights.weights_flag,
        weights.weights,
        weights.total / weights.weights as weighted_mean,
        weights.squares / weights.weights as weighted_square,
        effective_n / n * pow(weights.weights, 2) / weights.weights_squared as weighted_n,
        share_n / n * pow(weights.weights, 2) / weights.weights_squared as weighted_share_n
    from effective
    -- who was asked is no answer, and has no weight
    left join weights
        on case when effective.part = 'value' then
            {{ hash_id(['effective.metric', 'effective.method_version'] + cell_id_parts('effective')) }}
        end = weights.cell_id
),

answered as (
    select
        metric,
        part,
        method_version,
        {{ cell_columns() | join(', ') }},
        first_day,
        last_day,
        n,
        customers,
        design_effect,
        case statistic when 'mean' then 1 else 100 end * total / n as value,
        {%- for side in (-1, 1) %}
        case statistic
            when 'nps' then {{ nps_bound(
                side, 'share_n', '(squares + total) / 2 * share_n / n', '(squares - total) / 2 * share_n / n'
            ) }}
            when 'share' then 100 * {{ wilson_bound(side, 'share_n', '(total * share_n / n)') }}
            when 'mean' then {{ mean_bound(
                side,
                'total / n',
                t_quantile('quantile', 'nullif(df, 0)') ~ ' * deviation / sqrt(effective_n)',
                'scale_min' if side < 0 else 'scale_max'
            ) }}
        end as {{ 'interval_low' if side < 0 else 'interval_high' }},
        {%- endfor %}
        case statistic when 'nps' then 'adjusted Wald' when 'share' then 'Wilson' else {{ mean_method('scale_min') }} end
        || case when is_clustered then ', clustered' else '' end as interval_method,
        case when weights is not null then case statistic when 'mean' then 1 else 100 end * weighted_mean end
        as value_weighted,
        {%- for side in (-1, 1) %}
        case
            when weights is null then null
            when statistic = 'nps' then {{ nps_bound(
                side,
                'weighted_share_n',
                '(weighted_square + weighted_mean) / 2 * weighted_share_n',
                '(weighted_square - weighted_mean) / 2 * weighted_share_n'
            ) }}
            when statistic = 'share' then 100 * {{ wilson_bound(side, 'weighted_share_n', '(weighted_mean * weighted_share_n)') }}
            when statistic = 'mean' then {{ mean_bound(
                side,
                'weighted_mean',
                t_quantile('quantile', 'nullif(df, 0)')
                ~ ' * sqrt(greatest(0.0, weighted_square - pow(weighted_mean, 2)) * n / nullif(n - 1, 0) / weighted_n)',
                'scale_min' if side < 0 else 'scale_max'
            ) }}
        end as value_weighted_{{ 'low' if side < 0 else 'high' }},
        {%- endfor %}
        weights_flag
    from reweighed
),

rates as (
    select * from cells where statistic = 'rate'
),

-- places that cases came from, since they do; whoever touched us and sent none there sent no case, which is a number
rated as (
    select
        metric,
        part,
        method_version,
        period_grain,
        source,
        touchpoint,
        stage,
        channel,
        segment = 'all' as is_of_all_segments,
        account_id = 'all' as is_of_all_accounts,
        min(period) as first_period,
        min(first_day) as first_day,
        max(last_day) as last_day
    from rates
    group by all
),

-- a case for whatever source or channel counts against whoever touched us at all
contacted as (
    select
        rated.metric,
        rated.part,
        rated.method_version,
        customers.period_grain,
        customers.period,
        rated.source,
        rated.touchpoint,
        customers.segment,
        rated.stage,
        rated.channel,
        customers.account_id,
        coalesce(rates.first_day, rated.first_day) as first_day,
        coalesce(rates.last_day, rated.last_day) as last_day,
        customers.customers as n,
        coalesce(rates.n, 0) as contacts
    from rated
    inner join customers
        on rated.period_grain = customers.period_grain
        and rated.first_period <= customers.period
        and rated.is_of_all_segments = (customers.segment = 'all')
        and rated.is_of_all_accounts = (customers.account_id = 'all')
    left join rates
        on rated.metric = rates.metric
        and rated.method_version = rates.method_version
        and customers.period_grain = rates.period_grain
        and customers.period = rates.period
        and rated.source = rates.source
        and rated.touchpoint = rates.touchpoint
        and rated.stage = rates.stage
        and rated.channel = rates.channel
        and customers.segment = rates.segment
        and customers.account_id = rates.account_id
),

-- a condition on one side alone would compare every row with every other
contact_rates as (
    select
        contacted.* exclude (contacts),
        100.0 * contacts / n as value,
        100 * {{ poisson_bound(-1, 'contacts', 'counts.low') }} / n as interval_low,
        100 * {{ poisson_bound(1, 'contacts', 'counts.high') }} / n as interval_high,
        'Garwood' as interval_method
    from contacted
    left join counts on contacted.contacts = counts.events
),

waited as (
    select
        clock || '_' || quantile as metric,
        'value' as part,
        case when clock like 'business%' then 'whole business minutes' else 'whole minutes' end || ', Kaplan-Meier'
        as method_version,
        * exclude (clock, quantile, ended),
        'Brookmeyer-Crowley, log-log' as interval_method
    from clock_quantiles
),

-- employees by source and month only: a total over months or sources would give small groups away
worked as (
    select
        groups.metric,
        'value' as part,
        groups.method_version,
        'month' as period_grain,
        cast(groups.month as date) as period,
        {%- for place in metric_places() %}
        {{ 'groups.source' if place == 'source' else "'all'" }} as {{ place }},
        {%- endfor %}
        cast(groups.month as date) as first_day,
        case when not groups.is_hidden then groups.respondents end as n,
        case when not groups.is_hidden then 100.0 * (groups.promoters - groups.detractors) / groups.respondents end as value,
        {%- for side in (-1, 1) %}
        case
            when not groups.is_hidden then
                {{ nps_bound(side, 'groups.respondents', 'groups.promoters', 'groups.detractors', 'headcounts.headcount') }}
        end as {{ 'interval_low' if side < 0 else 'interval_high' }},
        {%- endfor %}
        'adjusted Wald, finite population' as interval_method
    from groups
    left join headcounts using (source)
),

published as (
    select * from answered
    union all by name
    select * from contact_rates
    union all by name
    select * from waited
    union all by name
    select * from worked
)

select
    * replace (
        {%- for column in [
            'value', 'interval_low', 'interval_high', 'design_effect', 'value_weighted', 'value_weighted_low',
            'value_weighted_high'
        ] %}
        round({{ column }}, 4) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
from published
