-- The marts of benchmarks/history.py's shop, written once by hand.
--
-- What somebody would write who knows this one shop: each raw table is read once, rules are
-- spelled out instead of read from seeds, and what the shop does not have (invitations, accounts, case
-- ratings, teams, phones, merged people) is null. Nothing can be carried on with from here: no
-- increments, no change stamps, no contracts, no memory of who was who. Ids are hashed as dbt_project
-- hashes them, so that rows can be compared; a hash of another kind would cost about the same.
--
-- `raw` is the schema of an attached warehouse: `warehouse.raw`.

create temp macro id_of(a, b) as cast(md5_number(a || chr(31) || b) >> 65 as bigint),
    (a, b, c) as cast(md5_number(a || chr(31) || b || chr(31) || c) >> 65 as bigint),
    (a, b, c, d) as cast(md5_number(a || chr(31) || b || chr(31) || c || chr(31) || d) >> 65 as bigint),
    (a, b, c, d, e, f) as cast(
        md5_number(a || chr(31) || b || chr(31) || c || chr(31) || d || chr(31) || e || chr(31) || f) >> 65 as bigint
    );

-- Order matters: a card number reads as a phone number too.
create temp macro redacted(body) as case
    when not regexp_matches(body, '[0-9@]') then body
    else regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        body,
        '[\w.%+''-]+@[\w-]+(?:\.[\w-]+)+', '[email]', 'g'),
        '\b[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,4})?\b', '[iban]', 'g'),
        '\b[0-9](?:[ -]?[0-9]){12,18}\b', '[card]', 'g'),
        '\b([0-9]{4})-([0-9]{2})-([0-9]{2})\b', '\1' || chr(57344) || '\2' || chr(57344) || '\3', 'g'),
        '(?:\+|\b)[0-9(](?:[ ()./-]{0,2}[0-9]){6,}\b', '[phone]', 'g'),
        chr(57344), '-', 'g')
end;

create temp macro minutes_between(began, ended) as
    case when ended >= began then date_diff('second', began, ended) / 60.0 end;

-- A share in per cent, rounded, where ten stand behind it; side -1 and 1 are its Wilson interval.
create temp macro share(hits, n) as case when n >= 10 then round(100.0 * hits / n, 4) end;

create temp macro share_bound(side, hits, n) as case when n >= 10 then round(greatest(0.0, least(100.0, 100 * (
    hits + pow(1.959964, 2) / 2 + side * 1.959964 * sqrt(hits * (n - hits) / (1.0 * n) + pow(1.959964, 2) / 4)
) / (n + pow(1.959964, 2)))), 4) end;

create temp macro is_contact(kind) as kind in ('case_opened', 'customer_message', 'case_reopened');


-- Raw tables grow by appending: of each record the last row counts, unless it says that it is gone.
create temp table orders as
select
    id_of('value_events', source, event_id) as record_id,
    id_of('person', source, person_ref) as person,
    person_ref,
    lower(trim(email)) as email,
    source,
    occurred_at,
    cast(amount as decimal(18, 2)) as amount,
    currency
from warehouse.raw.value_events
where rowid in (select max(rowid) from warehouse.raw.value_events group by source, event_id) and not _deleted;

create temp table responses as
select
    id_of('survey_responses', source, survey_id, response_id) as record_id,
    id_of('person', source, person_ref) as person,
    person_ref,
    source,
    survey_id,
    response_id,
    submitted_at
from warehouse.raw.survey_responses
where rowid in (select max(rowid) from warehouse.raw.survey_responses group by source, survey_id, response_id)
    and not _deleted and status in ('completed', 'partial');

create temp table answers as
select
    id_of('survey_answers', source, survey_id, response_id, question_id, item_id) as record_id,
    source,
    survey_id,
    response_id,
    question_id,
    item_id,
    value_number,
    value_text,
    answered_at
from warehouse.raw.survey_answers
where rowid in (
    select max(rowid) from warehouse.raw.survey_answers group by source, survey_id, response_id, question_id, item_id
) and not _deleted;

create temp table tickets as
select
    id_of('cases', source, case_id) as record_id,
    id_of('person', source, person_ref) as person,
    person_ref,
    lower(trim(email)) as email,
    source,
    case_id,
    status,
    channel,
    subject,
    -- the only case rule that reads a case's words
    case when contains(lower(subject), 'box') or contains(lower(subject), 'parcel') then 'parcel' else 'support' end
        as touchpoint,
    created_at
from warehouse.raw.cases
where rowid in (select max(rowid) from warehouse.raw.cases group by source, case_id) and not _deleted;

create temp table messages as
select
    id_of('case_messages', source, case_id, message_id) as record_id,
    id_of('cases', source, case_id) as ticket_id,
    message_id,
    author_role,
    body,
    created_at
from warehouse.raw.case_messages
where rowid in (select max(rowid) from warehouse.raw.case_messages group by source, case_id, message_id)
    and not _deleted and is_public;

create temp table changes as
select
    id_of('case_changes', source, case_id, change_id) as record_id,
    id_of('cases', source, case_id) as ticket_id,
    change_id,
    old_value,
    new_value,
    changed_at
from warehouse.raw.case_changes
where rowid in (select max(rowid) from warehouse.raw.case_changes group by source, case_id, change_id)
    and not _deleted and field = 'status';

create temp table written_reviews as
select
    id_of('reviews', source, review_id) as record_id,
    id_of('person', source, person_ref) as person,
    person_ref,
    source,
    review_id,
    rating,
    scale_min,
    scale_max,
    body,
    reviewed_at
from warehouse.raw.reviews
where rowid in (select max(rowid) from warehouse.raw.reviews group by source, review_id) and not _deleted;

create temp table readers as
select
    id_of('people', source, person_ref) as record_id,
    id_of('person', source, person_ref) as person,
    person_ref,
    lower(trim(email)) as email,
    source,
    segment,
    country,
    language,
    created_at,
    coalesce(updated_at, created_at) as updated_at
from warehouse.raw.people
where rowid in (select max(rowid) from warehouse.raw.people group by source, person_ref) and not _deleted;


-- Identity: a reference is a person's id or an address; who is told with the same one is one customer.
create temp table told_together as
with told as (
    select source, person_ref, person, email, min(record_id) as oldest
    from (
        select source, person_ref, person, email, record_id from readers
        union all
        select source, person_ref, person, email, record_id from orders
        union all
        select source, person_ref, person, email, record_id from tickets
        union all
        select source, person_ref, person, null, record_id from responses
        union all
        select source, person_ref, person, null, record_id from written_reviews
    )
    group by all
)

select *, id_of('email', email) as address from told;

create temp table refs as
select
    person as node_id,
    'person' as kind,
    any_value(source) as source,
    any_value(person_ref) as reference,
    person as anchor_id
from told_together
group by person
union all
-- no customer's id is made of an address: it could be tried out
select address, 'email', null, null, id_of('customer of', 'email', cast(min(oldest) as varchar))
from told_together
where address is not null
group by address
-- an address of a desk says nothing of who writes
having count(distinct person) <= 3;

create temp table edges as
select distinct person, address
from told_together
where address in (select node_id from refs where kind = 'email');

-- people have few references, so walking from each of them is soon over
create temp table identities as
with recursive ends as (
    select person as a, address as b from edges
    union all
    select address, person from edges
),

reached as (
    select node_id, node_id as cluster from refs
    union
    select ends.b, reached.cluster
    from reached
    inner join ends on reached.node_id = ends.a
    where reached.cluster < ends.b
),

clusters as (
    select node_id, min(cluster) as cluster from reached group by node_id
)

select refs.*, min(refs.anchor_id) over (partition by clusters.cluster) as customer_id
from refs
inner join clusters using (node_id);

create table identity_links as
select
    customer_id,
    row_number() over (partition by customer_id order by kind, source, node_id) as link,
    kind as reference_kind,
    source as reference_source,
    reference,
    case when node_id in (select person from edges union all select address from edges) then 'same email' else 'alone' end
        as rule,
    cast(now() as timestamp) as since,
    cast(null as timestamp) as until
from identities;

-- every record of this shop names a person, so that one join says who it was
create temp table known as
with described as (
    select
        identities.customer_id,
        max_by(readers.segment, readers.updated_at) filter (readers.segment is not null) as segment,
        max_by(readers.country, readers.updated_at) filter (readers.country is not null) as country,
        max_by(readers.language, readers.updated_at) filter (readers.language is not null) as language,
        min(readers.created_at) as created_at
    from readers
    inner join identities on readers.person = identities.node_id
    group by identities.customer_id
)

select
    identities.node_id as person,
    identities.customer_id,
    coalesce(described.segment, 'unknown') as segment,
    described.country,
    described.language,
    described.created_at
from identities
left join described using (customer_id)
where identities.kind = 'person';


create table scores as
select
    answers.record_id as score_id,
    coalesce(answers.answered_at, responses.submitted_at) as scored_at,
    'nps' as metric,
    answers.value_number as score,
    0.0::double as scale_min,
    10.0::double as scale_max,
    cast(null as boolean) as is_top_box,
    case when answers.value_number >= 9 then 'promoter' when answers.value_number >= 7 then 'passive' else 'detractor' end
        as nps_group,
    'nps 0-10' as method_version,
    known.customer_id,
    cast(null as bigint) as account_id,
    answers.source,
    'survey' as kind,
    'unmapped' as stage,
    'unmapped' as touchpoint,
    'unknown' as channel,
    known.segment,
    answers.survey_id,
    answers.question_id,
    answers.item_id,
    responses.record_id as voice_id,
    responses.response_id as voice_ref,
    cast(null as bigint) as case_id,
    cast(null as varchar) as team_ref
from answers
inner join responses using (source, survey_id, response_id)
inner join known using (person)
where answers.survey_id = 's1' and answers.question_id = 'q1' and answers.value_number between 0 and 10
union all
select
    reviews.record_id,
    reviews.reviewed_at,
    'rating',
    reviews.rating,
    reviews.scale_min,
    reviews.scale_max,
    null,
    null,
    'rating 1-5',
    known.customer_id,
    null,
    reviews.source,
    'review',
    'advocate',
    'review',
    'unknown',
    known.segment,
    null,
    null,
    null,
    reviews.record_id,
    reviews.review_id,
    null,
    null
from written_reviews as reviews
inner join known using (person)
where reviews.rating between reviews.scale_min and reviews.scale_max;

create table comments as
with spoken as (
    select
        answers.record_id,
        answers.answered_at as written_at,
        'survey answer' as kind,
        answers.value_text as body,
        responses.person,
        answers.source,
        'unmapped' as stage,
        'unmapped' as touchpoint,
        'unknown' as channel,
        answers.survey_id,
        answers.question_id,
        responses.record_id as voice_id,
        cast(null as bigint) as case_id
    from answers
    inner join responses using (source, survey_id, response_id)
    union all
    select
        record_id,
        reviewed_at,
        'review',
        trim(body),
        person,
        source,
        'advocate',
        'review',
        'unknown',
        null,
        null,
        record_id,
        null
    from written_reviews
    union all
    select
        messages.record_id,
        messages.created_at,
        'case message',
        messages.body,
        tickets.person,
        tickets.source,
        'support',
        tickets.touchpoint,
        coalesce(tickets.channel, 'unknown'),
        null,
        null,
        tickets.record_id,
        tickets.record_id
    from messages
    inner join tickets on messages.ticket_id = tickets.record_id
    where messages.author_role = 'customer'
    union all
    -- the first words of a case, where no messages are kept
    select
        record_id,
        created_at,
        'case',
        trim(subject),
        person,
        source,
        'support',
        touchpoint,
        coalesce(channel, 'unknown'),
        null,
        null,
        record_id,
        record_id
    from tickets
    where record_id not in (select ticket_id from messages)
),

masked as (
    select *, redacted(body) as comment from spoken where trim(body) <> ''
)

select
    masked.record_id as comment_id,
    masked.written_at as commented_at,
    masked.kind,
    masked.comment,
    nullif(concat_ws(', ',
        case when regexp_matches(masked.comment, '(?i)\bbroken\b|\bkaputt\b') then 'box' end,
        case when regexp_matches(masked.comment, '(?i)\bfine\b') then 'fine' end,
        case when regexp_matches(masked.comment, '(?i)message [0-3]\b') then 'message' end,
        case when regexp_matches(masked.comment, '(?i)text 1?[13579]\b') then 'odd' end
    ), '') as themes,
    known.language,
    scores.metric,
    scores.score,
    known.customer_id,
    cast(null as bigint) as account_id,
    masked.source,
    masked.stage,
    masked.touchpoint,
    masked.channel,
    known.segment,
    masked.survey_id,
    masked.question_id,
    masked.voice_id,
    masked.case_id,
    cast(null as varchar) as team_ref
from masked
inner join known using (person)
-- a response has one score here, and a review too
left join scores using (voice_id);

create table comment_themes as
with touched as (
    select *, unnest(string_split(themes, ', ')) as theme from comments where themes is not null
)

select
    id_of(cast(comment_id as varchar), theme) as comment_theme_id,
    comment_id,
    theme,
    case
        when theme = 'fine' then 'praise'
        when theme = 'box' then 'complaint'
        when metric = 'nps' and score <= 6 or metric = 'rating' and score <= 3 then 'complaint'
        when metric = 'nps' and score >= 9 or metric = 'rating' and score >= 4 then 'praise'
        else 'unknown'
    end as tone,
    commented_at,
    language,
    customer_id,
    voice_id,
    source,
    stage,
    touchpoint,
    channel,
    segment
from touched;

create table journey_events as
with happened as (
    select
        record_id as event_id,
        occurred_at,
        person,
        source,
        'order' as kind,
        true as is_touch,
        'buy' as stage,
        'order' as touchpoint,
        'unknown' as channel,
        record_id as voice_id,
        cast(null as bigint) as case_id,
        amount,
        currency
    from orders
    union all
    select
        record_id,
        submitted_at,
        person,
        source,
        'survey_answered',
        true,
        'unmapped',
        'unmapped',
        'unknown',
        record_id,
        null,
        null,
        null
    from responses
    union all
    select
        record_id,
        reviewed_at,
        person,
        source,
        'review_written',
        true,
        'advocate',
        'review',
        'unknown',
        record_id,
        null,
        null,
        null
    from written_reviews
    union all
    select
        record_id,
        created_at,
        person,
        source,
        'case_opened',
        true,
        'support',
        touchpoint,
        coalesce(channel, 'unknown'),
        record_id,
        record_id,
        null,
        null
    from tickets
    union all
    select
        touches.record_id,
        touches.at,
        tickets.person,
        tickets.source,
        touches.kind,
        touches.kind <> 'case_closed',
        'support',
        tickets.touchpoint,
        coalesce(tickets.channel, 'unknown'),
        touches.record_id,
        tickets.record_id,
        null,
        null
    from (
        select record_id, ticket_id, author_role || '_message' as kind, created_at as at
        from messages
        where author_role in ('customer', 'agent')
        union all
        select record_id, ticket_id, 'case_' || new_value, changed_at
        from changes
        where new_value in ('solved', 'closed')
    ) as touches
    inner join tickets on touches.ticket_id = tickets.record_id
),

-- a message is a touch of its own and carries its own words
said as (
    select case when kind = 'case message' then comment_id else voice_id end as event_id, min(comment_id) as comment_id
    from comments
    group by 1
)

select
    happened.event_id,
    happened.occurred_at,
    known.customer_id,
    cast(null as bigint) as account_id,
    cast(null as varchar) as team_ref,
    happened.source,
    happened.kind,
    happened.is_touch,
    happened.stage,
    happened.touchpoint,
    happened.channel,
    known.segment,
    scores.metric,
    scores.score,
    said.comment_id,
    happened.case_id,
    happened.amount,
    happened.currency
from happened
inner join known using (person)
left join scores on happened.event_id = scores.voice_id
left join said on happened.event_id = said.event_id;

create table customers as
with events as (
    select
        customer_id,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        count(*) as touches,
        count(distinct source) as sources,
        count(*) filter (kind = 'case_opened') as cases,
        sum(amount) as amount,
        min(currency) filter (amount is not null) as currency
    from journey_events
    where is_touch
    group by customer_id
),

nps as (
    select
        customer_id,
        max_by(score, struct_pack(at := scored_at, id := score_id)) as last_nps,
        max(scored_at) as last_nps_at
    from scores
    where metric = 'nps'
    group by customer_id
),

described as (
    select
        customer_id,
        any_value(segment) as segment,
        any_value(country) as country,
        any_value(language) as language,
        any_value(created_at) as created_at
    from known
    group by customer_id
)

select
    described.customer_id,
    cast(null as bigint) as account_id,
    described.segment,
    described.country,
    described.language,
    least(described.created_at, events.first_seen_at) as first_seen_at,
    events.last_seen_at,
    coalesce(events.touches, 0) as touches,
    coalesce(events.sources, 0) as sources,
    coalesce(events.cases, 0) as cases,
    nps.last_nps,
    nps.last_nps_at,
    cast(events.amount as decimal(18, 2)) as amount,
    events.currency
from described
left join events using (customer_id)
left join nps using (customer_id);


-- Journeys: touches of a customer in order, once; then from which to which place each journey reaches.
create temp table touches as
select
    events.customer_id,
    events.event_id,
    events.occurred_at,
    events.kind,
    events.stage,
    events.touchpoint,
    events.channel,
    events.amount,
    events.currency,
    100 * (scores.score - scores.scale_min) / (scores.scale_max - scores.scale_min) as place_on_scale,
    row_number() over in_time as place,
    lag(events.occurred_at) over in_time as previous_at,
    lead(events.occurred_at) over in_time as next_at,
    lag(events.touchpoint) over in_time as previous_touchpoint,
    lead(events.touchpoint) over in_time as next_touchpoint,
    max(case when is_contact(events.kind) then events.occurred_at end) over before_here as last_contact_at,
    max(case when events.kind in ('agent_message', 'case_solved') then events.occurred_at end) over before_here
        as last_answer_at,
    last_value(case when is_contact(events.kind) and events.channel <> 'unknown' then events.channel end ignore nulls)
        over before_here as last_channel,
    max(case when is_contact(events.kind) and events.channel <> 'unknown' then events.occurred_at end) over before_here
        as last_channel_at,
    -- what was bought around a journey is what was bought around its first and last touch
    sum(events.amount) over (
        partition by events.customer_id order by events.occurred_at
        range between interval 90 day preceding and interval 1 microsecond preceding
    ) as paid_before,
    sum(events.amount) over (
        partition by events.customer_id order by events.occurred_at
        range between interval 1 microsecond following and interval 90 day following
    ) as paid_after
from journey_events as events
left join scores on events.event_id = scores.voice_id
where events.is_touch
window
    -- of what carries one time, a case opens first and is solved last
    in_time as (
        partition by events.customer_id
        order by events.occurred_at,
            case events.kind when 'case_opened' then 0 when 'case_solved' then 2 else 1 end, events.event_id
    ),
    before_here as (
        partition by events.customer_id
        order by events.occurred_at,
            case events.kind when 'case_opened' then 0 when 'case_solved' then 2 else 1 end, events.event_id
        rows between unbounded preceding and 1 preceding
    );

-- silence ends every journey: after 30 days, one from order to order after 40
create temp table silences as
select
    customer_id,
    event_id,
    occurred_at,
    kind,
    place,
    count(*) filter (occurred_at > previous_at + interval 30 day) over so_far as spell,
    count(*) filter (occurred_at > previous_at + interval 40 day) over so_far as long_spell
from touches
window so_far as (partition by customer_id order by place rows unbounded preceding);

create temp table spells as
select
    customer_id,
    spell,
    min(place) as first_place,
    max(place) as last_place,
    min_by(event_id, place) as first_event_id,
    min(occurred_at) as started_at
from silences
group by customer_id, spell;

create temp table walks as
with purchases as (
    select
        *,
        lead(place) over (partition by customer_id, long_spell order by place) as next_purchase
    from silences
    where kind = 'order'
),

long_spells as (
    select customer_id, long_spell, max(place) as last_place
    from silences
    group by customer_id, long_spell
),

marks as (
    select
        silences.*,
        spells.last_place as spell_ends,
        -- a solution that lasted three days
        kind = 'case_solved'
        and coalesce(lead(occurred_at) over in_order > occurred_at + interval 3 day, true) as is_lasting,
        max(case when kind = 'case_opened' then occurred_at end) over (
            in_order rows between unbounded preceding and 1 preceding
        ) as last_opened_at
    from silences
    inner join spells using (customer_id, spell)
    where kind in ('case_opened', 'case_solved')
    window in_order as (partition by customer_id order by place)
),

numbered as (
    select
        *,
        coalesce(count(*) filter (is_lasting) over before_here, 0) as helped,
        coalesce(count(*) filter (kind = 'case_solved') over before_here, 0)
        + count(*) filter (occurred_at > last_opened_at + interval 20 day) over until_here as stretch
    from marks
    window
        before_here as (
            partition by customer_id, spell order by place rows between unbounded preceding and 1 preceding
        ),
        until_here as (partition by customer_id, spell order by place rows unbounded preceding)
),

helps as (
    select
        customer_id,
        min(place) filter (kind = 'case_opened') as first_place,
        min(place) filter (is_lasting) as goal_place,
        any_value(spell_ends) as spell_ends,
        min_by(event_id, place) filter (kind = 'case_opened') as first_event_id,
        min(occurred_at) filter (kind = 'case_opened') as started_at
    from numbered
    group by customer_id, spell, helped
),

stretches as (
    select
        *,
        min(place) filter (kind = 'case_solved') over (partition by customer_id, spell, stretch) as goal_place,
        -- where the next stretch begins
        min(place) over (
            partition by customer_id, spell order by stretch range between 1 following and unbounded following
        ) as next_place,
        row_number() over (partition by customer_id, spell, stretch, kind order by place) as nth
    from numbered
)

select
    'relationship' as journey,
    customer_id,
    first_place,
    last_place,
    cast(null as bigint) as goal_place,
    first_event_id,
    started_at,
    cast(null as timestamp) as over_at
from spells
union all
select
    'cycle',
    purchases.customer_id,
    purchases.place,
    coalesce(purchases.next_purchase, long_spells.last_place),
    purchases.next_purchase,
    purchases.event_id,
    purchases.occurred_at,
    null
from purchases
inner join long_spells using (customer_id, long_spell)
union all
select
    'help',
    customer_id,
    first_place,
    coalesce(goal_place, spell_ends),
    goal_place,
    first_event_id,
    started_at,
    null
from helps
where first_place <= coalesce(goal_place, spell_ends)
union all
select
    'each_case',
    customer_id,
    place,
    coalesce(goal_place, least(spell_ends, next_place - 1)),
    goal_place,
    event_id,
    occurred_at,
    occurred_at + interval 20 day
from stretches
where kind = 'case_opened' and nth <= 10;

create table journey_steps as
with spread as (
    select
        *,
        id_of(journey, cast(customer_id as varchar), cast(first_event_id as varchar)) as journey_id,
        unnest(range(first_place, last_place + 1)) as place
    from walks
)

select
    spread.journey_id,
    spread.journey,
    spread.customer_id as party_id,
    spread.customer_id,
    spread.place - spread.first_place + 1 as step,
    touches.event_id,
    touches.occurred_at,
    touches.kind,
    touches.stage,
    touches.touchpoint,
    touches.channel,
    spread.journey in ('help', 'each_case') and touches.kind = 'case_opened'
    or spread.journey = 'cycle' and touches.kind = 'order' as is_start,
    coalesce(spread.place = spread.goal_place, false) as is_goal,
    false as is_failure,
    coalesce(
        spread.place > spread.first_place
        and touches.last_contact_at >= spread.started_at
        and coalesce(touches.last_contact_at > touches.last_answer_at, true), false
    ) as is_waiting,
    coalesce(
        spread.place > spread.first_place
        and is_contact(touches.kind)
        and touches.channel <> 'unknown'
        and touches.last_channel_at >= spread.started_at
        and touches.channel <> touches.last_channel, false
    ) as is_switch,
    case when spread.place > spread.first_place then touches.previous_touchpoint end as previous_touchpoint,
    case
        when spread.place < spread.last_place and coalesce(touches.next_at <= spread.over_at, true)
            then touches.next_touchpoint
    end as next_touchpoint,
    case when spread.place > spread.first_place then
        date_diff('second', touches.previous_at, touches.occurred_at) / 60.0
    end as minutes_since_previous
from spread
inner join touches using (customer_id, place)
where coalesce(touches.occurred_at <= spread.over_at, true);

create table journeys as
with told as (
    select
        steps.*,
        touches.amount,
        touches.currency,
        touches.place_on_scale,
        touches.paid_before,
        touches.paid_after,
        -- what is stamped like the touch before was said with it
        is_contact(steps.kind)
        and (steps.kind <> 'customer_message' or coalesce(steps.minutes_since_previous, 1) > 0) as is_effort,
        steps.touchpoint is distinct from steps.previous_touchpoint as is_arrival
    from journey_steps as steps
    inner join touches using (event_id)
),

grouped as (
    select
        journey_id,
        journey,
        customer_id,
        min(occurred_at) as started_at,
        max(occurred_at) as last_at,
        max(occurred_at) filter (is_start) as last_start_at,
        bool_or(is_goal) as is_reached,
        sum(minutes_since_previous) filter (is_waiting) as waiting_minutes,
        max(step) filter (is_contact(kind)) as last_contact,
        max(step) filter (kind in ('agent_message', 'case_solved')) as last_answer,
        count(*) as touches,
        count(*) filter (is_start) as starts,
        count(distinct channel) as channels,
        count(*) filter (is_switch) as channel_switches,
        count(*) filter (is_effort) as efforts,
        count(*) filter (kind = 'case_opened') - count(distinct touchpoint) filter (kind = 'case_opened')
        + count(*) filter (is_effort and kind = 'customer_message' and is_waiting) as repeats,
        array_to_string(min_by(touchpoint, step, 5) filter (is_arrival), ' > ') as path,
        count(*) filter (is_arrival) as visits,
        count(distinct touchpoint) filter (is_arrival) as touchpoints,
        min_by(touchpoint, step) as first_touchpoint,
        max_by(touchpoint, step) as last_touchpoint,
        min_by(place_on_scale, step) filter (place_on_scale is not null) as first_score,
        max_by(place_on_scale, step) filter (place_on_scale is not null) as last_score,
        min(place_on_scale) as lowest_score,
        sum(amount) as amount,
        min(currency) filter (amount is not null) as currency,
        min_by(coalesce(paid_before, 0), step) as paid_before,
        max_by(coalesce(paid_after, 0), step) as paid_after
    from told
    group by journey_id, journey, customer_id
),

payers as (
    select customer_id, min(currency) as currency
    from journey_events
    where amount is not null
    group by customer_id
),

ended as (
    select
        *,
        -- one case is given up twenty days after it was opened
        least(
            last_at + case journey when 'cycle' then 40 else 30 end * interval 1 day,
            case when journey = 'each_case' then started_at + interval 20 day end
        ) as silent_until,
        (select max(occurred_at) from touches) as heard_at,
        date_diff('second', started_at, last_at) / 86400.0 as days,
        coalesce(round(waiting_minutes * 60), 0) / 86400.0 as waiting_days
    from grouped
),

judged as (
    select
        *,
        case
            when is_reached then 'reached'
            when heard_at <= silent_until then 'open'
            when journey = 'relationship' then 'ended'
            else 'abandoned'
        end as outcome
    from ended
)

select
    judged.journey_id,
    judged.journey,
    judged.customer_id as party_id,
    judged.customer_id,
    cast(null as bigint) as account_id,
    judged.started_at,
    judged.last_at,
    case when judged.outcome = 'open' then judged.silent_until end as open_until,
    judged.outcome,
    judged.days,
    judged.waiting_days,
    greatest(0, judged.days - judged.waiting_days) as active_days,
    judged.outcome = 'open'
    and judged.last_contact is not null
    and coalesce(judged.last_contact > judged.last_answer, true) as is_waiting,
    judged.touches,
    judged.starts,
    judged.channels,
    judged.channel_switches,
    judged.efforts,
    judged.repeats,
    judged.efforts + judged.channel_switches + 2 * judged.repeats + judged.waiting_days as effort_index,
    judged.path,
    judged.visits,
    judged.visits - judged.touchpoints as loops,
    judged.first_touchpoint,
    judged.last_touchpoint,
    judged.first_score,
    judged.last_score,
    judged.lowest_score,
    cast(judged.amount as decimal(18, 2)) as amount,
    judged.currency,
    cast(judged.paid_before as decimal(18, 2)) as value_before,
    case when judged.outcome <> 'open' and judged.heard_at >= judged.last_at + interval 90 day
        then cast(judged.paid_after as decimal(18, 2)) end as value_after,
    payers.currency as value_currency
from judged
left join payers using (customer_id);

create table journey_funnels as
with counted as (
    select
        journey,
        case when grouping(month) = 1 then 'all' else 'month' end as period_grain,
        month,
        cast(min(started_at) as date) as first_day,
        cast(max(started_at) as date) as last_day,
        count(*) as entered,
        count(*) filter (outcome = 'reached') as reached,
        count(*) filter (outcome = 'abandoned') as abandoned,
        count(*) filter (outcome = 'ended') as ended,
        count(*) filter (outcome = 'open') as open,
        list_sort(list(days) filter (outcome = 'reached')) as lasted
    from (select *, cast(date_trunc('month', started_at) as date) as month from journeys)
    group by grouping sets ((journey, month), (journey))
),

told as (
    select *, entered - open as n, case when journey <> 'relationship' then entered - open end as with_goal from counted
)

select
    journey,
    period_grain,
    coalesce(month, first_day) as period_start,
    coalesce(cast(month + interval 1 month - interval 1 day as date), last_day) as period_end,
    entered,
    reached,
    cast(0 as bigint) as failed,
    abandoned,
    ended,
    open,
    n,
    share(reached, with_goal) as reached_share,
    share_bound(-1, reached, with_goal) as reached_share_low,
    share_bound(1, reached, with_goal) as reached_share_high,
    case when reached >= 10 then round(list_median(lasted), 4) end as median_days,
    -- with 95 % the median lies between these two places
    case when reached >= 10 then round(lasted[
        cast(greatest(1, floor(reached / 2.0 - 1.959964 * sqrt(reached) / 2)) as bigint)], 4) end as median_days_low,
    case when reached >= 10 then round(lasted[
        cast(least(reached, ceil(1 + reached / 2.0 + 1.959964 * sqrt(reached) / 2)) as bigint)], 4)
    end as median_days_high,
    case when journey = 'relationship' then 'no_goal' when n < 10 then 'too_few' end as flag
from told;


create table cases as
with talk as (
    select
        ticket_id,
        author_role,
        created_at,
        row_number() over in_order as nth,
        row_number() over (partition by ticket_id, author_role order by created_at, message_id) as nth_of_role,
        first_value(author_role) over in_order as first_author,
        lag(author_role) over in_order as said_before_by,
        min(case when author_role = 'agent' then created_at end) over (
            in_order rows between 1 following and unbounded following
        ) as answered_at
    from messages
    where author_role in ('customer', 'agent')
    window in_order as (partition by ticket_id order by created_at, message_id)
),

-- an agent's own first message is the question, not the answer
talked as (
    select
        ticket_id,
        any_value(first_author) = 'agent' as is_agent_created,
        min(created_at) filter (
            author_role = 'agent' and nth_of_role = case when first_author = 'agent' then 2 else 1 end
        ) as first_reply_at,
        min(nth) filter (
            author_role = 'agent' and nth_of_role = case when first_author = 'agent' then 2 else 1 end
        ) as first_reply_nth,
        count(*) as public_messages,
        count(*) filter (author_role = 'customer') as customer_messages,
        count(*) filter (author_role = 'agent') as agent_messages,
        min(created_at) filter (author_role = 'customer' and answered_at is null) as unanswered_since
    from talk
    group by ticket_id
),

followed as (
    select
        talk.ticket_id,
        count(talk.answered_at) as next_replies,
        median(minutes_between(talk.created_at, talk.answered_at)) as next_reply_minutes,
        avg(minutes_between(talk.created_at, talk.answered_at)) as next_reply_mean_minutes
    from talk
    inner join talked using (ticket_id)
    where talk.author_role = 'customer' and talk.said_before_by = 'agent' and talk.nth > talked.first_reply_nth
    group by talk.ticket_id
),

states as (
    select
        changes.*,
        row_number() over in_order as nth,
        lead(changed_at) over in_order as until_at
    from changes
    window in_order as (partition by ticket_id order by changed_at, length(change_id), change_id)
),

moved as (
    select
        ticket_id,
        max(old_value) filter (nth = 1) as first_status,
        max_by(new_value, nth) as last_status,
        min(changed_at) as first_changed_at,
        coalesce(sum(date_diff('second', changed_at, until_at)) filter (new_value in ('new', 'open', 'on_hold')), 0)
            as requester_seconds,
        coalesce(sum(date_diff('second', changed_at, until_at)) filter (new_value = 'pending'), 0) as agent_seconds,
        max(changed_at) filter (new_value = 'solved') as last_solved_at,
        min(changed_at) filter (new_value = 'solved') as first_solved_at,
        min(changed_at) filter (new_value = 'closed') as first_closed_at,
        count(*) filter (old_value in ('solved', 'closed') and new_value not in ('solved', 'closed')) as reopens,
        min(changed_at) filter (old_value in ('solved', 'closed') and new_value not in ('solved', 'closed'))
            as first_reopened_at
    from states
    group by ticket_id
),

told as (
    select
        tickets.*,
        known.customer_id,
        known.segment,
        talked.* exclude (ticket_id, is_agent_created, first_reply_nth),
        coalesce(talked.is_agent_created, false) as is_agent_created,
        followed.* exclude (ticket_id),
        moved.* exclude (ticket_id),
        coalesce(moved.first_solved_at, moved.first_closed_at) as first_resolved_at,
        tickets.status in ('solved', 'closed') as is_done,
        -- a history that ends elsewhere than the case tells no waits
        moved.last_status = tickets.status or moved.last_status in ('solved', 'closed') and tickets.status in ('solved', 'closed')
            as is_told,
        date_diff('second', tickets.created_at, greatest(moved.first_changed_at, tickets.created_at)) as first_seconds,
        lead(tickets.created_at) over (
            partition by known.customer_id order by tickets.created_at, tickets.record_id
        ) as next_contact_at
    from tickets
    inner join known using (person)
    left join talked on tickets.record_id = talked.ticket_id
    left join followed on tickets.record_id = followed.ticket_id
    left join moved on tickets.record_id = moved.ticket_id
),

-- until when anything was heard: who comes back later is not known yet
heard as (
    select greatest(
        (select max(occurred_at) from orders), (select max(submitted_at) from responses),
        (select max(reviewed_at) from written_reviews), (select max(created_at) from tickets)
    ) as last_at
)

select
    record_id as case_id,
    source,
    case_id as case_ref,
    customer_id,
    cast(null as bigint) as account_id,
    cast(null as varchar) as team_ref,
    status,
    cast(null as varchar) as priority,
    cast(null as varchar) as topic,
    cast(null as varchar) as product,
    'support' as stage,
    touchpoint,
    coalesce(channel, 'unknown') as channel,
    segment,
    created_at,
    is_agent_created,
    false as is_merged,
    cast(null as varchar) as calendar,
    first_reply_at,
    minutes_between(created_at, first_reply_at) as first_reply_minutes,
    cast(null as double) as business_first_reply_minutes,
    first_reply_at is null as first_reply_is_censored,
    coalesce(next_replies, 0) as next_replies,
    next_reply_minutes,
    next_reply_mean_minutes,
    first_resolved_at,
    minutes_between(created_at, first_resolved_at) as first_resolution_minutes,
    cast(null as double) as business_first_resolution_minutes,
    case when is_done then coalesce(last_solved_at, first_closed_at) end as resolved_at,
    case when is_done then minutes_between(created_at, coalesce(last_solved_at, first_closed_at)) end
        as resolution_minutes,
    cast(null as double) as business_resolution_minutes,
    not is_done or coalesce(last_solved_at, first_closed_at) is null as resolution_is_censored,
    case when is_told then
        requester_seconds + case when first_status in ('new', 'open', 'on_hold') then first_seconds else 0 end
    end / 60.0 as requester_wait_minutes,
    cast(null as double) as business_requester_wait_minutes,
    case when is_told then agent_seconds + case when first_status = 'pending' then first_seconds else 0 end end / 60.0
        as agent_wait_minutes,
    cast(null as double) as business_agent_wait_minutes,
    not is_done as waits_are_censored,
    coalesce(reopens, 0) as reopens,
    coalesce(reopens, 0) > 0 as is_reopened,
    case when is_done and public_messages > 0 then agent_messages = 1 and coalesce(reopens, 0) = 0 end as is_one_touch,
    case when heard.last_at >= first_resolved_at + interval 7 day then
        coalesce(first_reopened_at > first_resolved_at + interval 7 day, true)
        and coalesce(next_contact_at > first_resolved_at + interval 7 day, true)
    end as is_first_contact_resolution,
    cast(null as bigint) as group_stations,
    cast(null as bigint) as assignee_stations,
    coalesce(public_messages, 0) as public_messages,
    coalesce(customer_messages, 0) as customer_messages,
    coalesce(agent_messages, 0) as agent_messages,
    not is_done and unanswered_since is not null as is_waiting,
    case when not is_done then unanswered_since end as waiting_since,
    nullif(concat_ws('|',
        case when first_reply_at < created_at then 'replied_before_opening' end,
        case when first_resolved_at < created_at then 'resolved_before_opening' end,
        case when first_changed_at < created_at then 'changed_before_opening' end
    ), '') as clock_findings,
    cast(null as double) as csat,
    cast(null as boolean) as is_satisfied
from told
cross join heard;
