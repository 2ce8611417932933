-- One row per customer or account and journey that they made.
{#- The journeys of a customer or an account are told anew as a whole, and only if one of their touches
    or scores changed, or if time alone says more of one: it has been silent for long enough since, or
    the days after it that its value is summed over are past. Time is that of the touches. -#}
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='party_id', slices='touched_parties',
    reads_feeds='row_hash',
) }}
{%- set news = read_feeds([ref('journey_steps'), ref('scores')], beside=[ref('int_journey_definitions')]) %}
{%- set span = "interval " ~ var('journey_value_days') ~ " day" %}
{%- set columns = [
    'journey_id', 'journey', 'party_id', 'customer_id', 'account_id', 'started_at', 'last_at', 'open_until',
    'outcome', 'days', 'waiting_days', 'active_days', 'is_waiting', 'touches', 'starts', 'channels',
    'channel_switches', 'efforts', 'repeats', 'effort_index', 'path', 'visits', 'loops',
    'first_touchpoint', 'last_touchpoint', 'first_score', 'last_score', 'lowest_score', 'amount',
    'currency', 'value_before', 'value_after', 'value_currency',
] %}
{#- A CTE that is read twice is written out with all its columns, so tables of the whole history are named
    where they are read. #}
{#- The newest touch that is not dated ahead: a journey is not over because we stopped listening, nor
    because an old export was loaded today. #}
{%- set clock %}
    select max(occurred_at) as heard_at
    from {{ ref('journey_events') }}
    where is_touch and occurred_at <= (select max(_seen_at) from {{ ref('int_mentions') }})
{%- endset %}
{%- set places %}
definitions as (
    select * from {{ ref('int_journey_definitions') }}
),

all_scores as (
    select
        *,
        -- scores of different scales are comparable only by their place on the scale
        100 * (score - scale_min) / (scale_max - scale_min) as place_on_scale
    from {{ ref('scores') }}
)
{%- endset %}
{%- if is_incremental() %}
    {%- set heard_at = scalar('select cast(heard_at as ' ~ dbt.type_string() ~ ') from (' ~ clock ~ ') as clock') %}
    {%- set heard_at = "cast('" ~ heard_at ~ "' as timestamp)" if heard_at else 'cast(null as timestamp)' %}
{%- endif %}
{%- set touched %}
    with {{ places }},
    {%- if is_incremental() %}

    grown_old as (
        select distinct journeys.party_id
        from {{ this }} as journeys
        inner join definitions on journeys.journey = definitions.journey
        where (journeys.outcome = 'open' and {{ heard_at }} > journeys.open_until)
            -- the newest touch may go again, and with it the silence
            or (
                journeys.outcome in ('abandoned', 'ended')
                and {{ heard_at }} <= journeys.last_at + definitions.timeout_days * interval 1 day
            )
            or (journeys.value_after is not null and {{ heard_at }} < journeys.last_at + {{ span }})
            -- without a value before, the one after stays unknown too
            or (
                journeys.outcome <> 'open'
                and journeys.value_after is null
                and journeys.value_before is not null
                and {{ heard_at }} >= journeys.last_at + {{ span }}
            )
    ),
    {%- endif %}
    {%- if news %}

    asked as (
        select party_id from {{ news.journey_steps }}
        union
        select customer_id from {{ news.scores }}
        union
        select account_id from {{ news.scores }}
        union
        select party_id from grown_old
    ),
    {%- endif %}

    -- the steps of a customer carry one fingerprint already
    stepped as (
        select party_id, count(*) as steps, any_value(row_hash) as row_hash
        from {{ ref('journey_steps') }}
        {{ 'where party_id in (select party_id from asked)' if news }}
        group by party_id
    ),

    scored as (
        select customer_id as party_id, bit_xor(row_hash) as row_hash
        from all_scores
        where customer_id {{ 'in (select party_id from asked)' if news else 'is not null' }}
        group by customer_id
        union all
        select account_id as party_id, bit_xor(row_hash) as row_hash
        from all_scores
        where account_id {{ 'in (select party_id from asked)' if news else 'is not null' }}
            and exists (select 1 from definitions where per = 'account')
        group by account_id
    ),

    fingerprints as (
        select
            stepped.party_id,
            stepped.steps,
            {{ row_hash(['stepped.row_hash', 'coalesce(scored.row_hash, 0)']) }} as row_hash
        from stepped
        left join scored on stepped.party_id = scored.party_id
    )
    {%- if is_incremental() %},

    held as (
        select party_id, any_value(row_hash) as row_hash
        from {{ this }}
        {{ 'where party_id in (select party_id from asked)' if news }}
        group by party_id
    )

    select
        coalesce(fingerprints.party_id, held.party_id) as party_id,
        fingerprints.steps,
        fingerprints.row_hash
    from fingerprints
    full join held on fingerprints.party_id = held.party_id
    left join grown_old on fingerprints.party_id = grown_old.party_id
    where fingerprints.row_hash is distinct from held.row_hash or grown_old.party_id is not null
    {%- else %}

    select * from fingerprints
    {%- endif %}
{%- endset %}
{%- set touched_parties = owners('touched_parties', touched, 'party_id', 'steps') %}
with {{ places }},

clock as (
    {{ clock }}
),

touched as (
    select * from {{ touched_parties }} where {{ this_slice() }}
),

steps as (
    select all_steps.*, touched.row_hash as fingerprint
    from {{ ref('journey_steps') }} as all_steps
    inner join touched on all_steps.party_id = touched.party_id
),

scores as (
    select voice_id as event_id, avg(place_on_scale) as place_on_scale
    from all_scores
    where customer_id in (select party_id from touched) or account_id in (select party_id from touched)
    group by voice_id
),

told as (
    select
        steps.*,
        events.account_id,
        events.amount,
        events.currency,
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
        any_value(fingerprint) as row_hash,
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
        count(distinct channel) as channels,
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
        sum(amount) as amount,
        min(currency) filter (amount is not null) as currency,
        max(currency) filter (amount is not null) as last_currency
    from told
    group by journey_id, journey, party_id
),

payments as (
    select events.customer_id as party_id, events.occurred_at, events.amount, events.currency
    from {{ ref('journey_events') }} as events
    where events.amount is not null
        and events.kind in ('{{ var("journey_value_kinds") | join("', '") }}')
        and events.customer_id in (select party_id from touched)
    union all
    select events.account_id as party_id, events.occurred_at, events.amount, events.currency
    from {{ ref('journey_events') }} as events
    where events.amount is not null
        and events.kind in ('{{ var("journey_value_kinds") | join("', '") }}')
        and events.account_id in (select party_id from touched)
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
        case when ended.outcome = 'open' then ended.silent_until end as open_until,
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
        case when payers.is_one_currency then payers.currency end as value_currency,
        ended.row_hash
    from ended
    left join payers on ended.party_id = payers.party_id
    left join valued on ended.journey_id = valued.journey_id
)

select {{ columns | join(', ') }}, row_hash
from journeys
{%- if is_incremental() %}
union all
select {{ only_deletes('party_id', columns) }}
from touched
where row_hash is null
{%- endif %}
