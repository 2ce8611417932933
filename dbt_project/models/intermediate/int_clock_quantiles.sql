-- One row per clock, quantile, period, source, touchpoint and segment, with 'all' as total of each.
{#- Kaplan and Meier (1958) on whole minutes: a case that still waits counts as waiting at least so
    long, instead of not at all. Intervals are Brookmeyer and Crowley's, on the log-log scale. -#}
{%- set places = ['source', 'touchpoint', 'segment'] %}
{%- set clocks = {'first_reply': 'first_reply_at', 'resolution': 'resolved_at'} %}
{%- set quantiles = {'median': 0.5, 'p90': 0.1} %}
{%- set in_cell = 'partition by clock, period_grain, month, ' ~ places | join(', ') %}
with voices as (
    select * from {{ ref('int_placed_voices') }}
),

-- who merged a case away goes on with the other one, and that one's clocks run
cases as (
    select clocks.*, voices.touchpoint, voices.segment
    from {{ ref('int_case_clocks') }} as clocks
    inner join voices using (record_id)
    where voices.voice = 'case' and not clocks.is_merged
),

turns as (
    select * from {{ ref('int_case_turns') }} where nth > 1
),

stretches as (
    select * from {{ ref('int_business_stretches') }} where calendar is not null
),

-- until when anything was heard of a source: so long at least the others have waited
heard as (
    select source, max(occurred_at) as last_at
    from voices
    group by source
),

-- one row per wait: seconds waited, or waited so far; null where a clock ran backwards
waits as (
    {%- for clock, at in clocks.items() %}
    select
        '{{ clock }}' as clock,
        cases.source,
        cases.touchpoint,
        cases.segment,
        cases.created_at as began_at,
        case
            when cases.{{ at }} is null then greatest(0, date_diff('second', cases.created_at, heard.last_at))
            when cases.{{ at }} >= cases.created_at then date_diff('second', cases.created_at, cases.{{ at }})
        end as seconds,
        cases.{{ at }} is not null as is_over
    from cases
    inner join heard on cases.source = heard.source
    union all
    {%- endfor %}
    select
        'next_reply',
        cases.source,
        cases.touchpoint,
        cases.segment,
        turns.asked_at,
        -- what was solved without a reply waited until then
        greatest(0, date_diff('second', turns.asked_at, coalesce(turns.answered_at, cases.resolved_at, heard.last_at))),
        turns.answered_at is not null
    from turns
    inner join cases on turns.record_id = cases.record_id
    inner join heard on cases.source = heard.source
    union all
    select
        'requester_wait',
        cases.source,
        cases.touchpoint,
        cases.segment,
        cases.created_at,
        cases.requester_wait_seconds
            + coalesce(greatest(0, date_diff('second', cases.requester_waits_since, heard.last_at)), 0),
        cases.is_done
    from cases
    inner join heard on cases.source = heard.source
),

calendars_heard as (
    select distinct stretches.calendar, heard.last_at as at
    from stretches
    inner join heard on stretches.source = heard.source
),

worked as (
    {{ worked_until('calendars_heard') }}
),

-- the same in working time, of those whose clocks a calendar was in force for
business_stretches as (
    select
        stretches.record_id,
        stretches.clock,
        stretches.nth,
        stretches.source,
        stretches.began_at,
        stretches.is_over,
        case
            when stretches.ended_at is null then greatest(0, worked.worked - stretches.began_worked)
            when stretches.ended_at >= stretches.began_at then stretches.ended_worked - stretches.began_worked
        end as seconds
    from stretches
    inner join heard on stretches.source = heard.source
    inner join worked on stretches.calendar = worked.calendar and heard.last_at = worked.at
    where stretches.clock in ('first_reply', 'resolution', 'next_reply', 'requester_wait')
),

business_waits as (
    select record_id, clock, began_at, seconds, is_over
    from business_stretches
    where clock <> 'requester_wait'
    union all
    -- a case waits as long as all of its waits together; one that cannot be told leaves the sum unknown
    select
        business_stretches.record_id,
        business_stretches.clock,
        min(cases.created_at),
        case when count(business_stretches.seconds) = count(*) then sum(business_stretches.seconds) end,
        bool_and(cases.is_done)
    from business_stretches
    inner join cases on business_stretches.record_id = cases.record_id
    where business_stretches.clock = 'requester_wait'
    group by business_stretches.record_id, business_stretches.clock
),

all_waits as (
    select * from waits
    union all
    select
        'business_' || business_waits.clock,
        cases.source,
        cases.touchpoint,
        cases.segment,
        business_waits.began_at,
        business_waits.seconds,
        business_waits.is_over
    from business_waits
    inner join cases on business_waits.record_id = cases.record_id
),

timed as (
    select
        clock,
        source,
        touchpoint,
        segment,
        began_at as created_at,
        cast(floor(seconds / 60.0) as bigint) as minutes,
        is_over
    from all_waits
    where seconds is not null
),

fine as (
    select
        clock,
        cast(date_trunc('month', created_at) as date) as month,
        source,
        touchpoint,
        segment,
        minutes,
        min(created_at) as first_at,
        max(created_at) as last_at,
        count(*) as n,
        count(*) filter (is_over) as ended
    from timed
    group by all
),

celled as (
    select
        clock,
        minutes,
        {{ cell(places) }},
        min(first_at) as first_at,
        max(last_at) as last_at,
        sum(n) as n,
        sum(ended) as ended
    from fine
    group by clock, minutes, {{ cells(places) }}
),

at_risk as (
    select
        *,
        sum(n) over ({{ in_cell }} order by minutes desc) as waiting
    from celled
),

-- after the last of a cell ended nobody waits any more; what was uncertain then cannot be told
survived as (
    select
        *,
        sum(case when ended < waiting then ln(1 - 1.0 * ended / waiting) else 0 end) over until_here
        as log_survival,
        sum(case when ended < waiting then 1.0 * ended / (1.0 * waiting * (waiting - ended)) else 0 end)
            over until_here as variance,
        ended > 0 and ended = waiting as is_last
    from at_risk
    window until_here as ({{ in_cell }} order by minutes)
),

bounded as (
    select
        *,
        case when is_last then 0.0 else exp(log_survival) end as survival,
        case when not is_last then exp(log_survival * exp({{ z() }} * sqrt(variance) / -log_survival)) end
        as survival_low,
        case when not is_last then exp(log_survival * exp(-{{ z() }} * sqrt(variance) / -log_survival)) end
        as survival_high
    from survived
    -- before the first of a cell ended nothing is known but that all waited
    where log_survival < 0 or is_last
),

totals as (
    select
        clock,
        period_grain,
        month,
        {{ places | join(', ') }},
        cast(min(first_at) as date) as first_day,
        cast(max(last_at) as date) as last_day,
        sum(n) as n,
        sum(ended) as ended
    from celled
    group by clock, period_grain, month, {{ places | join(', ') }}
),

reached as (
    {%- for quantile, share in quantiles.items() %}
    select
        clock,
        '{{ quantile }}' as quantile,
        period_grain,
        month,
        {{ places | join(', ') }},
        -- exactly half is half, whatever the roots and logarithms made of its last digit
        min(minutes) filter (survival <= {{ share }} + 1e-9) as value,
        min(minutes) filter (survival_low <= {{ share }}) as interval_low,
        min(minutes) filter (survival_high <= {{ share }}) as interval_high
    from bounded
    group by clock, period_grain, month, {{ places | join(', ') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    totals.clock,
    quantiles.quantile,
    totals.period_grain,
    coalesce(totals.month, totals.first_day) as period_start,
    totals.last_day,
    totals.source,
    totals.touchpoint,
    totals.segment,
    totals.n,
    totals.ended,
    reached.value,
    reached.interval_low,
    reached.interval_high
from totals
cross join (
    {%- for quantile in quantiles %}
    select '{{ quantile }}' as quantile {{ 'union all' if not loop.last }}
    {%- endfor %}
) as quantiles
left join reached
    on totals.clock = reached.clock
    and quantiles.quantile = reached.quantile
    and totals.period_grain = reached.period_grain
    and totals.month is not distinct from reached.month
    and totals.source = reached.source
    and totals.touchpoint = reached.touchpoint
    and totals.segment = reached.segment
