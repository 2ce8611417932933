-- One row per customer or account and journey that they made.
{#- A journey is told anew if its steps or their scores changed, if something was paid or paid back near it, or
    if time alone says more of it: it has been silent for long enough since, its goal has lasted, or the days after it that
    its value is summed over are past. Time is that of the touches. -#}
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='journey_id', slices='touched_journeys',
    reads_feeds='row_hash',
) }}
{%- set news = read_feeds(
    [ref('journey_steps'), ref('scores'), ref('journey_events')], beside=[ref('int_journey_definitions')]
) %}
{#- What is asked for: journeys, or where there are no news, parties with all of theirs. #}
{%- set who = 'journey_id' if news else 'party_id' %}
{%- set span = "interval " ~ var('journey_value_days') ~ " day" %}
{%- set columns = [
    'journey_id', 'journey', 'party_id', 'customer_id', 'account_id', 'started_at', 'last_at', 'open_until',
    'outcome', 'days', 'waiting_days', 'active_days', 'is_waiting', 'touches', 'starts', 'channels',
    'channel_switches', 'efforts', 'repeats', 'effort_index', 'path', 'visits', 'loops',
    'first_touchpoint', 'last_touchpoint', 'first_score', 'last_score', 'lowest_score', 'sentiment',
    'amount', 'currency', 'value_before', 'value_after', 'value_currency',
] %}
{#- A CTE that is read twice is written out with all its columns, so tables of the whole history are named
    where they are read. #}
{%- if is_incremental() %}
    {%- set heard_at = scalar('select cast(heard_at as ' ~ dbt.type_string() ~ ') from (' ~ heard_until() ~ ') as clock') %}
    {%- set heard_at = "cast('" ~ heard_at ~ "' as timestamp)" if heard_at else 'cast(null as timestamp)' %}
{%- endif %}
{%- if news %}
    {%- set asked %}
    with paid as (
        {%- for party in ['customer_id', 'account_id'] %}
        select {{ party }} as party_id, min(occurred_at) as first_at, max(occurred_at) as last_at
        from {{ news.journey_events }}
        where {{ is_paid() }}
        group by {{ party }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),

    payers as (
        select
            paid.party_id,
            paid.first_at,
            paid.last_at,
            count(payments.party_id) > 0 as is_payer,
            min(payments.currency) as currency,
            coalesce(min(payments.currency) = max(payments.currency), false) as is_one_currency
        from paid
        left join ({{ journey_payments('paid') }}) as payments on paid.party_id = payments.party_id
        group by paid.party_id, paid.first_at, paid.last_at
    )

    select journey_id from {{ news.journey_steps }}
    union
    select journey_id from {{ ref('journey_steps') }} where event_id in (select voice_id from {{ news.scores }})
    union
    select journeys.journey_id
    from {{ this }} as journeys
    inner join {{ ref('int_journey_definitions') }} as definitions on journeys.journey = definitions.journey
    left join payers on journeys.party_id = payers.party_id
    where (payers.first_at <= journeys.last_at + {{ span }} and payers.last_at >= journeys.started_at - {{ span }})
        -- who first paid, or never did, or paid in a second currency, has other values throughout
        or (
            payers.party_id is not null
            and (
                journeys.value_currency is distinct from case when payers.is_one_currency then payers.currency end
                or (journeys.value_before is null) <> (payers.is_payer and not payers.is_one_currency)
            )
        )
        or (journeys.outcome = 'open' and {{ heard_at }} > journeys.open_until)
        -- the newest touch may go again, and with it the silence
        or (
            journeys.outcome in ('abandoned', 'ended')
            and {{ heard_at }} <= journeys.last_at + definitions.timeout_days * interval 1 day
        )
        or (
            journeys.outcome = 'reached'
            and definitions.settle_days > 0
            and {{ heard_at }} <= journeys.last_at + definitions.settle_days * interval 1 day
        )
        or (journeys.value_after is not null and {{ heard_at }} < journeys.last_at + {{ span }})
        -- without a value before, the one after stays unknown too
        or (
            journeys.outcome <> 'open'
            and journeys.value_after is null
            and journeys.value_before is not null
            and {{ heard_at }} >= journeys.last_at + {{ span }}
        )
    {%- endset %}
    {%- do temporary('asked_journeys', asked) %}
    {%- do temporary('few_journey_steps', few_rows(
        ref('journey_steps'), ['journey_id in (select journey_id from asked_journeys)']
    )) %}
{%- endif %}
{%- set all_steps = 'few_journey_steps' if news else ref('journey_steps') %}
{%- set touched %}
    {%- if news %}
    -- one that has no steps any more goes
    select asked.journey_id, any_value(steps.party_id) as party_id, count(steps.journey_id) as steps
    from asked_journeys as asked
    left join few_journey_steps as steps on asked.journey_id = steps.journey_id
    group by asked.journey_id
    {%- else %}
    select party_id, sum(steps) as steps
    from (
        select party_id, count(*) as steps
        from {{ ref('journey_steps') }}
        group by party_id
        {%- if is_incremental() %}
        union all
        select distinct party_id, 0 from {{ this }}
        {%- endif %}
    ) as parties
    group by party_id
    {%- endif %}
{%- endset %}
{%- set touched_journeys = owners('touched_journeys', touched, 'party_id', 'steps') %}
with definitions as (
    select * from {{ ref('int_journey_definitions') }}
),

clock as (
    {{ heard_until() }}
),

touched as (
    select * from {{ touched_journeys }} where {{ this_slice() }}
),

steps as (
    select * from {{ all_steps }} where {{ who }} in (select {{ who }} from touched)
),

scores as (
    select
        voice_id as event_id,
        -- scores of different scales are comparable only by their place on the scale
        avg(100 * (score - scale_min) / (scale_max - scale_min)) as place_on_scale
    from {{ ref('scores') }}
    where voice_id in (
        select event_id from {{ all_steps }} where {{ who }} in (select {{ who }} from touched)
    )
    group by voice_id
),

told as (
    select
        steps.*,
        events.account_id,
        events.amount,
        events.currency,
        events.sentiment,
        scores.place_on_scale,
        -- what is stamped like the touch before was said with it: a case and its first message
        {{ is_contact('steps.kind') }}
        and (steps.kind <> 'customer_message' or coalesce(steps.minutes_since_previous, 1) > 0) as is_effort,
        steps.touchpoint is distinct from steps.previous_touchpoint as is_arrival
    from steps
    inner join {{ ref('journey_events') }} as events on steps.event_id = events.event_id
    left join scores on steps.event_id = scores.event_id
),

grouped as (
    select
        journey_id,
        journey,
        party_id,
        max_by(customer_id, step) as customer_id,
        max_by(account_id, step) filter (account_id is not null) as account_id,
        min(occurred_at) as started_at,
        max(occurred_at) as last_at,
        max(occurred_at) filter (is_start) as last_start_at,
        bool_or(is_goal) as is_reached,
        bool_or(is_failure) as is_failed,
        sum(minutes_since_previous) filter (is_waiting) as waiting_minutes,
        max(step) filter ({{ is_contact() }}) as last_contact,
        max(step) filter ({{ is_answer() }}) as last_answer,
        count(*) as touches,
        count(*) filter (is_start) as starts,
        count(distinct channel) filter (channel <> 'unknown') as channels,
        count(*) filter (is_switch) as channel_switches,
        count(*) filter (is_effort) as efforts,
        count(*) filter (kind = 'case_opened') - count(distinct touchpoint) filter (kind = 'case_opened')
        + count(*) filter (kind = 'case_reopened')
        + count(*) filter (is_effort and kind = 'customer_message' and is_waiting) as repeats,
        {{ first_texts('touchpoint', 'step', var('journey_path_steps'), 'is_arrival') }} as path,
        count(*) filter (is_arrival) as visits,
        count(distinct touchpoint) filter (is_arrival) as touchpoints,
        min_by(touchpoint, step) as first_touchpoint,
        max_by(touchpoint, step) as last_touchpoint,
        min_by(place_on_scale, step) filter (place_on_scale is not null) as first_score,
        max_by(place_on_scale, step) filter (place_on_scale is not null) as last_score,
        min(place_on_scale) as lowest_score,
        cast(avg(sentiment) as decimal(5, 4)) as sentiment,
        sum(amount) as amount,
        min(currency) filter (amount is not null) as currency,
        max(currency) filter (amount is not null) as last_currency
    from told
    group by journey_id, journey, party_id
),

payments as (
    {{ journey_payments('touched') }}
),

payers as (
    select party_id, min(currency) as currency, min(currency) = max(currency) as is_one_currency
    from payments
    group by party_id
),

-- sums between two moments are differences of running sums: one pass over payments and moments in
-- order, whatever one customer's number of either. A moment sees what was paid before it (side 0)
-- or until it (side 2).
moments as (
    {%- for at, side, into, sign in [
        ('started_at - ' ~ span, 0, 'before', -1), ('started_at', 0, 'before', 1),
        ('last_at', 2, 'after', -1), ('last_at + ' ~ span, 2, 'after', 1),
    ] %}
    select
        grouped.party_id,
        grouped.{{ at }} as moment,
        {{ side }} as side,
        grouped.journey_id,
        {{ sign if into == 'before' else 0 }} as before_sign,
        {{ sign if into == 'after' else 0 }} as after_sign,
        cast(0 as decimal(18, 2)) as amount
    from grouped
    inner join payers on grouped.party_id = payers.party_id and payers.is_one_currency
    union all
    {%- endfor %}
    select party_id, occurred_at, 1, null, 0, 0, amount
    from payments
),

paid as (
    select
        journey_id,
        before_sign,
        after_sign,
        sum(amount) over (
            partition by party_id order by moment, side rows between unbounded preceding and current row
        ) as amount
    from moments
),

valued as (
    select
        journey_id,
        cast(sum(before_sign * amount) as decimal(18, 2)) as value_before,
        cast(sum(after_sign * amount) as decimal(18, 2)) as value_after
    from paid
    where journey_id is not null
    group by journey_id
),

dated as (
    select
        grouped.*,
        definitions.has_goal,
        case when definitions.per = 'account' then grouped.party_id else grouped.account_id end as whose_account,
        case when definitions.per = 'customer' then grouped.party_id end as whose,
        least(
            grouped.last_at + definitions.timeout_days * interval 1 day,
            case when definitions.is_overlapping then grouped.started_at else grouped.last_start_at end
            + definitions.limit_days * interval 1 day
        ) as silent_until,
        -- a goal that has to last is none before it did; it is the journey's last touch
        case
            when grouped.is_reached and definitions.settle_days > 0
                then grouped.last_at + definitions.settle_days * interval 1 day
        end as settled_at,
        date_diff('second', grouped.started_at, grouped.last_at) / 86400.0 as days,
        -- whole seconds, so that the order in which they are added does not show
        coalesce(round(grouped.waiting_minutes * 60), 0) / 86400.0 as waiting_days
    from grouped
    inner join definitions on grouped.journey = definitions.journey
),

ended as (
    select
        dated.*,
        clock.heard_at,
        case
            when clock.heard_at <= dated.settled_at then 'open'
            when dated.is_reached then 'reached'
            when dated.is_failed then 'failed'
            when clock.heard_at <= dated.silent_until then 'open'
            when dated.has_goal then 'abandoned'
            else 'ended'
        end as outcome
    from dated
    cross join clock
),

journeys as (
    select
        ended.journey_id,
        ended.journey,
        ended.party_id,
        ended.whose as customer_id,
        ended.whose_account as account_id,
        ended.started_at,
        ended.last_at,
        case when ended.outcome = 'open' then coalesce(ended.settled_at, ended.silent_until) end as open_until,
        ended.outcome,
        ended.days,
        ended.waiting_days,
        greatest(0, ended.days - ended.waiting_days) as active_days,
        ended.outcome = 'open'
        and ended.last_contact is not null
        and coalesce(ended.last_contact > ended.last_answer, true) as is_waiting,
        ended.touches,
        ended.starts,
        ended.channels,
        ended.channel_switches,
        ended.efforts,
        ended.repeats,
        ended.efforts + ended.channel_switches + 2 * ended.repeats + ended.waiting_days as effort_index,
        ended.path,
        ended.visits,
        ended.visits - ended.touchpoints as loops,
        ended.first_touchpoint,
        ended.last_touchpoint,
        ended.first_score,
        ended.last_score,
        ended.lowest_score,
        ended.sentiment,
        -- sums over two currencies are no amount
        case when coalesce(ended.currency = ended.last_currency, true) then cast(ended.amount as decimal(18, 2)) end
            as amount,
        case when coalesce(ended.currency = ended.last_currency, true) then ended.currency end as currency,
        case when payers.party_id is null then 0 else valued.value_before end as value_before,
        case
            when ended.outcome = 'open' or ended.heard_at < ended.last_at + {{ span }} then null
            when payers.party_id is null then 0
            else valued.value_after
        end as value_after,
        case when payers.is_one_currency then payers.currency end as value_currency
    from ended
    left join payers on ended.party_id = payers.party_id
    left join valued on ended.journey_id = valued.journey_id
)

{{ changes('journeys', 'journey_id', columns, among=touched_journeys ~ ' where ' ~ this_slice(), by=who) }}
