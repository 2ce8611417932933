-- One row per initiative without a tag, method version, group (reached or not), part of time and customer: sums of answers.
{#- Whom an initiative reached is told by country, segment and source; those whom it did not are compared with.
    One that was for everybody at a touchpoint is compared with other touchpoints. #}
with initiatives as (
    select * from {{ ref('int_initiatives') }} where problem is null and tag is null
),

customers as (
    select * from {{ ref('customers') }}
),

cases as (
    select * from {{ ref('cases') }} where customer_id is not null and not is_merged
),

newest as (
    select max(day) as day from {{ ref('metric_answers') }}
),

-- others that ran in the same time: whom they reached is nobody to compare with
rivals as (
    select
        mine.initiative,
        others.country,
        others.segment,
        others.touchpoint
    from initiatives as mine
    inner join initiatives as others
        on mine.initiative <> others.initiative
        and others.began_on < mine.after_until
        and coalesce(others.ended_on, date '9999-01-01') >= mine.baseline_from
),

elsewhere as (
    select initiative, string_agg(touchpoint, '|') as touchpoints
    from rivals
    where country is null and segment is null
    group by initiative
),

spoilt as (
    select distinct rivals.initiative, customers.customer_id
    from rivals
    inner join customers
        on {{ is_listed('customers.country', 'rivals.country') }}
        and {{ is_listed('customers.segment', 'rivals.segment') }}
    where rivals.country is not null or rivals.segment is not null
),

-- whom another one reached by its tag, and since when. Who is called is chosen by a low answer: to leave out all
-- answers of these customers, or those of one side, would leave out the unhappy ones
called as (
    select
        initiatives.initiative,
        contacts.customer_id,
        cast(min(contacts.reached_at) as date) as called_on
    from initiatives
    inner join {{ ref('int_initiative_contacts') }} as contacts
        on contacts.reached_at >= initiatives.baseline_from and contacts.reached_at < initiatives.after_until
    where contacts.customer_id is not null
    group by initiatives.initiative, contacts.customer_id
),

answers as (
    select
        initiatives.initiative,
        answers.method_version,
        answers.customer_id,
        answers.day as first_day,
        answers.day as last_day,
        {{ points('answers.statistic') }} * answers.x as x,
        answers.segment,
        {{ is_listed('answers.source', 'initiatives.source') }} as is_of_source,
        {{ is_listed('answers.touchpoint', 'initiatives.touchpoint') }} as is_there,
        {{ is_listed('answers.touchpoint', "coalesce(elsewhere.touchpoints, '')") }} as is_at_another
    from {{ ref('metric_answers') }} as answers
    inner join initiatives on answers.metric = initiatives.metric
    left join elsewhere on initiatives.initiative = elsewhere.initiative
    where answers.part = 'value' and answers.statistic <> 'rate'
),

months as (
    select distinct customer_id, cast(date_trunc('month', occurred_at) as date) as month
    from {{ ref('journey_events') }}
    where is_touch and customer_id is not null
        -- what was long before them all tells of none
        and occurred_at >= (select min(baseline_from) from initiatives where metric = 'contact_rate')
),

-- what contacts are counted of depends on the initiative: its topic, its touchpoint
contacts as (
    select
        initiatives.initiative,
        cases.customer_id,
        cast(date_trunc('month', cases.created_at) as date) as month,
        count(*) as n
    from initiatives
    inner join cases
        on {{ is_listed('cases.topic', 'initiatives.topic') }}
        and {{ is_listed('cases.touchpoint', 'initiatives.touchpoint') }}
        and {{ is_listed('cases.source', 'initiatives.source') }}
    where initiatives.metric = 'contact_rate'
    group by initiatives.initiative, cases.customer_id, cast(date_trunc('month', cases.created_at) as date)
),

-- months before the first case was heard of tell no rate, nor does one that had begun by then
heard as (
    select initiatives.initiative, min(cast(cases.created_at as date)) as first_day
    from initiatives
    inner join cases on {{ is_listed('cases.source', 'initiatives.source') }}
    where initiatives.metric = 'contact_rate'
    group by initiatives.initiative
),

contacted as (
    select
        initiatives.initiative,
        'cases per 100 customers with any touch in a month' as method_version,
        months.customer_id,
        months.month as first_day,
        cast(months.month + interval 1 month - interval 1 day as date) as last_day,
        100.0 * coalesce(contacts.n, 0) as x,
        customers.segment,
        true as is_of_source,
        true as is_there,
        false as is_at_another
    from initiatives
    inner join heard on initiatives.initiative = heard.initiative
    inner join months on heard.first_day <= months.month
    inner join customers on months.customer_id = customers.customer_id
    left join contacts
        on initiatives.initiative = contacts.initiative
        and months.customer_id = contacts.customer_id
        and months.month = contacts.month
    where initiatives.metric = 'contact_rate'
),

observed as (
    select * from answers
    union all
    select * from contacted
),

placed as (
    select
        observed.*,
        initiatives.* exclude (initiative, segment),
        spoilt.customer_id is not null as is_spoilt,
        coalesce(initiatives.country, initiatives.segment, initiatives.source) is not null as is_for_some,
        observed.is_of_source
        and {{ is_listed('customers.country', 'initiatives.country') }}
        and {{ is_listed("nullif(observed.segment, 'unknown')", 'initiatives.segment') }} as is_for_them
    from observed
    inner join initiatives on observed.initiative = initiatives.initiative
    left join customers on observed.customer_id = customers.customer_id
    left join spoilt on observed.initiative = spoilt.initiative and observed.customer_id = spoilt.customer_id
    left join called on observed.initiative = called.initiative and observed.customer_id = called.customer_id
    -- the month of a call is one of those that it was made for
    where called.called_on is null or observed.first_day <= called.called_on
),

grouped as (
    select
        placed.*,
        case
            -- nobody knows whether it reached them
            when is_for_them is null and is_there then 'unknown'
            when is_for_them and is_there then 'reached'
            when is_for_some and is_there and not is_spoilt then 'others'
            when not is_for_some and not is_there and not is_at_another then 'others'
        end as who,
        case
            when first_day >= began_on and last_day < after_until then 'after'
            when first_day >= baseline_from and last_day < run_up_from then 'before'
            when first_day >= run_up_from and last_day < began_on then 'run_up'
        end as time_part
    from placed
    cross join newest
    -- a month that has not ended had less time for contacts than others
    where last_day <= newest.day
),

-- a December is compared with a December: a calendar month counts that is known on both sides
seasons as (
    select initiative, date_part('month', first_day) as of_year
    from grouped
    where metric = 'contact_rate' and time_part in ('before', 'after')
    group by initiative, date_part('month', first_day)
    having count(distinct time_part) = 2
)

select
    grouped.initiative,
    grouped.method_version,
    grouped.who,
    grouped.time_part,
    grouped.customer_id,
    min(grouped.first_day) as first_day,
    max(grouped.last_day) as last_day,
    cast(count(*) as double) as n,
    cast(sum(grouped.x) as double) as total,
    cast(sum(grouped.x * grouped.x) as double) as squares
from grouped
left join seasons
    on grouped.initiative = seasons.initiative and date_part('month', grouped.first_day) = seasons.of_year
where grouped.who is not null and grouped.time_part is not null
    and (grouped.metric <> 'contact_rate' or grouped.time_part = 'run_up' or seasons.of_year is not null)
group by grouped.initiative, grouped.method_version, grouped.who, grouped.time_part, grouped.customer_id
