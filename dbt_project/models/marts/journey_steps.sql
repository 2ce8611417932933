-- One row per journey and touch of it, in order.
{#- The journeys of a customer or an account are cut anew as a whole, and only if one of their touches changed;
    of these, journeys are written whose steps are not what they were.

    Touches are put in order once, whatever the number of definitions. What opens and ends journeys
    (starts, goals, failures, silences) is few of them; only that is looked at definition by
    definition, and yields from which to which place each journey reaches. -#}
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='journey_id', slices='touched_parties',
    feed=['journey_id'], reads_feeds='row_hash',
) }}
{#- In which year the newest load is: what is dated ahead of it becomes a touch `journey_ahead_days`, a year and a
    day, before its time, so within one calendar year nothing else does by time alone. #}
{%- set heard_in -%}
    (select cast(year(max(_seen_at)) as {{ dbt.type_string() }}) from {{ ref('int_mentions') }})
{%- endset %}
{%- set news = read_feeds([ref('journey_events')], beside=[ref('int_journey_definitions')], also=heard_in) %}
{%- set shared = [
    'customer_id', 'event_id', 'occurred_at', 'kind', 'stage', 'touchpoint', 'channel', 'row_hash',
] %}
{%- set dated %}
definitions as (
    select * from {{ ref('int_journey_definitions') }}
),

clock as (
    select max(_seen_at) as heard_at from {{ ref('int_mentions') }}
)
{%- endset %}
{%- set touched %}
    with {{ dated }},
    {%- if news %}

    asked as (
        select customer_id as party_id from {{ news.journey_events }}
        union
        select account_id from {{ news.journey_events }}
        {%- for party in ['customer_id', 'account_id'] %}
        union
        select {{ party }} from {{ ref('journey_events') }} where occurred_at > (select heard_at from clock)
        {%- endfor %}
    ),
    {%- endif %}

    touched as (
        select party_id, count(*) as touches
        from (
            {{ journey_touches(['event_id'], among='asked' if news) }}
        ) as all_touches
        group by party_id
    )
    {%- if is_incremental() %},

    -- whoever has no touch any more has no journey
    asked_again as (
        {{ 'select party_id from asked' if news else 'select distinct party_id from ' ~ this }}
    )

    select coalesce(touched.party_id, asked_again.party_id) as party_id, coalesce(touched.touches, 0) as touches
    from touched
    full join asked_again on touched.party_id = asked_again.party_id
    where coalesce(touched.party_id, asked_again.party_id) is not null
    {%- else %}

    select * from touched
    {%- endif %}
{%- endset %}
{%- set touched_parties = owners('touched_parties', touched, 'party_id', 'touches') %}
with {{ dated }},

marks as (
    select marks.*
    from {{ ref('journey_marks') }} as marks
    inner join definitions on marks.journey = definitions.journey
),

touched as (
    select * from {{ touched_parties }} where {{ this_slice() }}
),

touches as (
    {{ journey_touches(shared, among=touched_parties ~ ' where ' ~ this_slice()) }}
),

-- the only window over everything
placed as (
    select
        *,
        row_number() over in_time as place,
        lag(occurred_at) over in_time as previous_at,
        lead(occurred_at) over in_time as next_at,
        lead(event_id) over in_time as next_event_id,
        lag(touchpoint) over in_time as previous_touchpoint,
        lead(touchpoint) over in_time as next_touchpoint,
        max(case when {{ is_contact() }} then occurred_at end) over before_here as last_contact_at,
        max(case when {{ is_answer() }} then occurred_at end) over before_here as last_answer_at,
        max(case when {{ is_contact() }} and channel <> 'unknown' then occurred_at end) over before_here
            as last_channel_at,
        {{ last_known("case when " ~ is_contact() ~ " and channel <> 'unknown' then channel end", 'before_here') }}
            as last_channel
    from touches
    window
        in_time as (
            partition by party_id
            order by occurred_at, {{ rank_in_time() }}, event_id
        ),
        before_here as (
            partition by party_id
            order by occurred_at, {{ rank_in_time() }}, event_id
            rows between unbounded preceding and 1 preceding
        )
),

-- marks are compared with each combination once, not with each of millions of touches
roles as (
    select
        combinations.kind,
        combinations.stage,
        combinations.touchpoint,
        marks.journey,
        bool_or(marks.role = 'start') as is_start,
        bool_or(marks.role in ('goal', 'goal_and_start')) as is_goal,
        bool_or(marks.role = 'goal_and_start') as is_turn,
        bool_or(marks.role = 'failure') as is_failure
    from (select distinct kind, stage, touchpoint from placed) as combinations
    inner join marks
        on (marks.kind is null or marks.kind = combinations.kind)
        and (marks.stage is null or marks.stage = combinations.stage)
        and (marks.touchpoint is null or marks.touchpoint = combinations.touchpoint)
    group by combinations.kind, combinations.stage, combinations.touchpoint, marks.journey
),

marked as (
    select
        definitions.journey,
        placed.party_id,
        placed.place,
        placed.event_id,
        placed.next_event_id,
        placed.occurred_at,
        placed.next_at,
        definitions.limit_days,
        -- what ends a journey starts none, unless it is said to
        roles.is_start and not roles.is_goal and not roles.is_failure as is_start,
        roles.is_goal as may_be_goal,
        roles.is_turn,
        roles.is_failure and not roles.is_goal as is_failure,
        definitions.settle_days,
        lead(placed.occurred_at) over by_place as next_mark_at,
        max(case when roles.is_turn or (roles.is_start and not roles.is_goal and not roles.is_failure)
            then placed.occurred_at end) over before_here as last_start_at
    from placed
    inner join roles
        on placed.kind = roles.kind and placed.stage = roles.stage and placed.touchpoint = roles.touchpoint
    inner join definitions on roles.journey = definitions.journey and placed.per = definitions.per
    window
        by_place as (partition by definitions.journey, placed.party_id order by placed.place),
        before_here as (
            partition by definitions.journey, placed.party_id order by placed.place
            rows between unbounded preceding and 1 preceding
        )
),

judged as (
    select
        *,
        may_be_goal and (
            settle_days = 0 or next_mark_at is null or next_mark_at > occurred_at + settle_days * interval 1 day
        ) as is_goal
    from marked
),

starters as (
    select distinct journey, party_id
    from judged
    where is_start or is_turn
),

-- everything that opens a stretch (opens = 1) or stands in one as a start or an end; turn orders what
-- has one place: a silence opens before the touch that breaks it, a goal_and_start opens after itself
points as (
    select
        definitions.journey,
        placed.party_id,
        placed.place,
        0 as turn,
        1 as opens,
        placed.event_id,
        placed.occurred_at,
        false as is_start,
        false as is_end
    from placed
    inner join definitions
        on placed.per = definitions.per
        and (
            placed.previous_at is null
            or placed.occurred_at > placed.previous_at + definitions.timeout_days * interval 1 day
        )
    where definitions.starts_anywhere or exists (
        select 1
        from starters
        where starters.journey = definitions.journey and starters.party_id = placed.party_id
    )
    union all
    select journey, party_id, place, 0, 1, event_id, occurred_at, false, false
    from judged
    where occurred_at > last_start_at + limit_days * interval 1 day
    union all
    select journey, party_id, place, 1, 0, event_id, occurred_at, is_start, is_goal or is_failure
    from judged
    where is_start or is_goal or is_failure
    union all
    select
        journey,
        party_id,
        case when is_turn then place else place + 1 end,
        case when is_turn then 2 else 0 end,
        1,
        case when is_turn then event_id else next_event_id end,
        case when is_turn then occurred_at else next_at end,
        is_turn,
        false
    from judged
    where is_goal or is_failure
),

stretched as (
    select
        *,
        sum(opens) over (
            partition by journey, party_id order by place, turn, opens
            rows between unbounded preceding and current row
        ) as stretch
    from points
),

stretches as (
    select
        journey,
        party_id,
        stretch,
        min(place) filter (opens = 1) as opened,
        min(occurred_at) filter (opens = 1) as opened_at,
        min_by(event_id, place) filter (opens = 1) as opened_event_id,
        min(place) filter (is_start) as started,
        min(occurred_at) filter (is_start) as started_at,
        min_by(event_id, place) filter (is_start) as started_event_id,
        max(occurred_at) filter (is_start) as last_start_at,
        min(place) filter (is_end) as ended
    from stretched
    group by journey, party_id, stretch
),

reaching as (
    select
        stretches.*,
        coalesce(
            stretches.ended,
            lead(stretches.opened) over (
                partition by stretches.journey, stretches.party_id order by stretches.stretch
            ) - 1,
            touched.touches
        ) as last_place
    from stretches
    inner join touched on stretches.party_id = touched.party_id
),

-- one at a time: from the first start of a stretch, or from where it opens if anything starts it
begun as (
    select
        definitions.journey,
        reaching.party_id,
        case when definitions.starts_anywhere then reaching.opened else reaching.started end as first_place,
        case when definitions.starts_anywhere then reaching.opened_event_id else reaching.started_event_id end
            as first_event_id,
        case when definitions.starts_anywhere then reaching.opened_at else reaching.started_at end as started_at,
        reaching.last_place,
        reaching.last_start_at + definitions.limit_days * interval 1 day as over_at
    from reaching
    inner join definitions on reaching.journey = definitions.journey
    where not definitions.is_overlapping
        -- what ends a journey is none by itself
        and not (definitions.starts_anywhere and coalesce(reaching.opened = reaching.ended, false))
    union all
    -- side by side: from each start, the first few of a stretch
    select
        starts.journey,
        starts.party_id,
        starts.place,
        starts.event_id,
        starts.occurred_at,
        reaching.last_place,
        starts.occurred_at + starts.limit_days * interval 1 day
    from (
        select
            stretched.*,
            definitions.limit_days,
            row_number() over (
                partition by stretched.journey, stretched.party_id, stretched.stretch order by stretched.place
            ) as nth
        from stretched
        inner join definitions on stretched.journey = definitions.journey
        where definitions.is_overlapping and stretched.is_start
    ) as starts
    inner join reaching
        on starts.journey = reaching.journey
        and starts.party_id = reaching.party_id
        and starts.stretch = reaching.stretch
    where starts.nth <= {{ most_at_once() }}
),

-- named before they are spread: once a journey, and not once a step
named as (
    select {{ hash_id(['journey', 'party_id', 'first_event_id']) }} as journey_id, *
    from begun
    where first_place <= last_place
),

spread as (
    select *, {{ each_from_to('first_place', 'last_place') }} as place
    from named
),

steps as (
    select
        spread.journey_id,
        spread.journey,
        spread.party_id,
        placed.customer_id,
        spread.place - spread.first_place + 1 as step,
        placed.event_id,
        placed.occurred_at,
        placed.kind,
        placed.stage,
        placed.touchpoint,
        placed.channel,
        coalesce(judged.is_start or judged.is_turn, false) as is_start,
        -- a goal_and_start is the first touch of one journey and the last of another
        coalesce(judged.is_goal, false) and not (judged.is_turn and spread.place = spread.first_place) as is_goal,
        coalesce(judged.is_failure, false) as is_failure,
        spread.place > spread.first_place
        and placed.last_contact_at >= spread.started_at
        and coalesce(placed.last_contact_at > placed.last_answer_at, true) as is_waiting,
        spread.place > spread.first_place
        and {{ is_contact('placed.kind') }}
        and placed.channel <> 'unknown'
        and placed.last_channel_at >= spread.started_at
        and placed.channel <> placed.last_channel as is_switch,
        case when spread.place > spread.first_place then placed.previous_touchpoint end as previous_touchpoint,
        case
            when spread.place < spread.last_place and coalesce(placed.next_at <= spread.over_at, true)
                then placed.next_touchpoint
        end as next_touchpoint,
        case when spread.place > spread.first_place then
            date_diff('second', placed.previous_at, placed.occurred_at) / 60.0
        end as minutes_since_previous,
        placed.row_hash as event_hash
    from spread
    inner join placed on spread.party_id = placed.party_id and spread.place = placed.place
    left join judged
        on spread.journey = judged.journey and spread.party_id = judged.party_id and spread.place = judged.place
    where coalesce(placed.occurred_at <= spread.over_at, true)
),

told as (
    select
        * exclude (event_hash) replace (
            coalesce(is_waiting, false) as is_waiting, coalesce(is_switch, false) as is_switch
        ),
        -- the event's own fingerprint stands for what is told of it, and for what journeys are told by
        {{ row_hash([
            'journey_id', 'event_hash', 'step', 'is_start', 'is_goal', 'is_failure', 'is_waiting', 'is_switch',
            'previous_touchpoint', 'next_touchpoint', 'minutes_since_previous',
        ]) }} as row_hash
    from steps
)
{%- if is_incremental() %},

changed as (
    select coalesce(wanted.journey_id, held.journey_id) as journey_id, wanted.journey_id is null as is_gone
    from (select journey_id, bit_xor(row_hash) as fingerprint from told group by journey_id) as wanted
    full join (
        select journey_id, bit_xor(row_hash) as fingerprint
        from {{ this }}
        where party_id in (select party_id from touched)
        group by journey_id
    ) as held on wanted.journey_id = held.journey_id
    where wanted.fingerprint is distinct from held.fingerprint
)

select told.*
from told
inner join changed on told.journey_id = changed.journey_id
union all by name
select journey_id, null as row_hash from changed where is_gone
{%- else %}

select * from told
{%- endif %}
