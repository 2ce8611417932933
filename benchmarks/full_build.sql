-- The marts of benchmarks/history.py's shop, written once by hand.
--
-- What somebody would write who knows this one shop: each raw table is read once, rules are
-- spelled out instead of read from seeds, and what the shop does not have (invitations, accounts, case
-- ratings, teams, phones, merged people) is null. Nothing can be carried on with from here: no
-- increments, no change stamps, no contracts, no memory of who was who. Ids are hashed as dbt_project
-- hashes them, so that rows can be compared as they are.
--
-- Raw tables are those of an attached `warehouse`; tables of quantiles lie in the folder `reference`, a variable.

create temp macro id_of(a, b) as cast(md5_number(a || chr(31) || b) >> 65 as bigint),
    (a, b, c) as cast(md5_number(a || chr(31) || b || chr(31) || c) >> 65 as bigint),
    (a, b, c, d) as cast(md5_number(a || chr(31) || b || chr(31) || c || chr(31) || d) >> 65 as bigint),
    (a, b, c, d, e, f) as cast(
        md5_number(a || chr(31) || b || chr(31) || c || chr(31) || d || chr(31) || e || chr(31) || f) >> 65 as bigint
    );

create temp macro minutes_between(began, ended) as
    case when ended >= began then date_diff('second', began, ended) / 60.0 end;

-- One end of Wilson's interval of a share: the lower with side -1, the upper with 1.
create temp macro wilson(side, n, hits) as
    (hits + pow(1.959964, 2) / 2 + side * 1.959964 * sqrt(hits * (n - hits) / (1.0 * n) + pow(1.959964, 2) / 4))
    / (n + pow(1.959964, 2));

-- A share in per cent, rounded, where ten stand behind it.
create temp macro share(hits, n) as case when n >= 10 then round(100.0 * hits / n, 4) end;

create temp macro share_bound(side, hits, n) as
    case when n >= 10 then round(greatest(0.0, least(100.0, 100 * wilson(side, n, hits))), 4) end;

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
    sentiment,
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
    sentiment,
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
    sentiment,
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
    sentiment,
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
    case
        when node_id in (select person from edges union all select address from edges) then 'same email'
        else 'alone'
    end as rule,
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

drop table readers;
drop table told_together;
drop table edges;
drop table refs;
drop table identities;


create table scores as
select
    answers.record_id as score_id,
    coalesce(answers.answered_at, responses.submitted_at) as scored_at,
    'nps' as metric,
    answers.value_number as score,
    0.0::double as scale_min,
    10.0::double as scale_max,
    cast(null as boolean) as is_top_box,
    case
        when answers.value_number >= 9 then 'promoter'
        when answers.value_number >= 7 then 'passive'
        else 'detractor'
    end as nps_group,
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
        answers.sentiment,
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
        sentiment,
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
        messages.sentiment,
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
        sentiment,
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
    cast(masked.sentiment as decimal(5, 4)) as sentiment,
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

drop table answers;

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
    select
        case when kind = 'case message' then comment_id else voice_id end as event_id,
        min(comment_id) as comment_id,
        cast(avg(sentiment) as decimal(5, 4)) as sentiment
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
    said.sentiment,
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


-- until when anything was heard: who comes back later is not known yet
set variable heard = (
    select greatest(
        (select max(occurred_at) from orders), (select max(submitted_at) from responses),
        (select max(reviewed_at) from written_reviews), (select max(created_at) from tickets),
        (select max(created_at) from messages), (select max(changed_at) from changes)
    )
);

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
        moved.last_status = tickets.status
        or moved.last_status in ('solved', 'closed') and tickets.status in ('solved', 'closed') as is_told,
        date_diff('second', tickets.created_at, greatest(moved.first_changed_at, tickets.created_at)) as first_seconds,
        lead(tickets.created_at) over (
            partition by known.customer_id order by tickets.created_at, tickets.record_id
        ) as next_contact_at
    from tickets
    inner join known using (person)
    left join talked on tickets.record_id = talked.ticket_id
    left join followed on tickets.record_id = followed.ticket_id
    left join moved on tickets.record_id = moved.ticket_id
)

select
    record_id as case_id,
    source,
    case_id as case_ref,
    customer_id,
    cast(null as bigint) as account_id,
    cast(null as varchar) as team_ref,
    cast(null as varchar) as team_name,
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
    case when getvariable('heard') >= first_resolved_at + interval 7 day then
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
from told;

drop table orders;
drop table responses;
drop table written_reviews;
drop table tickets;
drop table messages;
drop table changes;
drop table known;


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
    events.sentiment,
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
    -- of what carries one time, a case opens or opens again first, and is solved last
    in_time as (
        partition by events.customer_id
        order by events.occurred_at,
            case events.kind when 'case_opened' then 0 when 'case_reopened' then 1 when 'case_solved' then 3 else 2 end, events.event_id
    ),
    before_here as (
        partition by events.customer_id
        order by events.occurred_at,
            case events.kind when 'case_opened' then 0 when 'case_reopened' then 1 when 'case_solved' then 3 else 2 end, events.event_id
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

drop table silences;
drop table spells;

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

drop table walks;

create table journeys as
with told as (
    select
        steps.*,
        touches.amount,
        touches.currency,
        touches.place_on_scale,
        touches.sentiment,
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
        any_value(journey) as journey,
        any_value(customer_id) as customer_id,
        min(occurred_at) as started_at,
        max(occurred_at) as last_at,
        max(occurred_at) filter (is_start) as last_start_at,
        bool_or(is_goal) as is_reached,
        sum(minutes_since_previous) filter (is_waiting) as waiting_minutes,
        max(step) filter (is_contact(kind)) as last_contact,
        max(step) filter (kind in ('agent_message', 'case_solved')) as last_answer,
        count(*) as touches,
        count(*) filter (is_start) as starts,
        count(distinct channel) filter (channel <> 'unknown') as channels,
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
        cast(avg(sentiment) as decimal(5, 4)) as sentiment,
        sum(amount) as amount,
        min(currency) filter (amount is not null) as currency,
        min_by(coalesce(paid_before, 0), step) as paid_before,
        max_by(coalesce(paid_after, 0), step) as paid_after
    from told
    group by journey_id
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
            -- a solution has to last for three days
            when is_reached and journey = 'help' and heard_at <= last_at + interval 3 day then 'open'
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
    case
        when judged.outcome = 'open' and judged.is_reached then judged.last_at + interval 3 day
        when judged.outcome = 'open' then judged.silent_until
    end as open_until,
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
    judged.sentiment,
    cast(judged.amount as decimal(18, 2)) as amount,
    judged.currency,
    cast(judged.paid_before as decimal(18, 2)) as value_before,
    case when judged.outcome <> 'open' and judged.heard_at >= judged.last_at + interval 90 day
        then cast(judged.paid_after as decimal(18, 2)) end as value_after,
    payers.currency as value_currency
from judged
left join payers using (customer_id);

drop table touches;

create table journey_funnels as
with dated as (
    select *, cast(date_trunc('month', started_at) as date) as month from journeys
),

-- while more than one in fifty of a month are open, those that are over are the quick ones
months as (
    select
        journey,
        month,
        count(*) filter (outcome = 'open') <= greatest(1, count(*) / 50.0) as is_settled
    from dated
    group by journey, month
),

counted as (
    select
        journey,
        case when grouping(month) = 1 then 'all' else 'month' end as period_grain,
        month,
        case when grouping(month) = 0 then bool_and(is_settled) end as is_settled,
        cast(min(started_at) as date) as first_day,
        cast(max(started_at) as date) as last_day,
        count(*) as entered,
        count(*) filter (outcome = 'reached') as reached,
        count(*) filter (outcome = 'abandoned') as abandoned,
        count(*) filter (outcome = 'ended') as ended,
        count(*) filter (outcome = 'open') as open,
        case when grouping(month) = 0 then count(*) filter (outcome <> 'open')
            else count(*) filter (outcome <> 'open' and is_settled) end as n,
        count(*) filter (outcome = 'reached' and is_settled) as settled_reached,
        list_sort(list(days) filter (outcome = 'reached' and is_settled)) as lasted
    from dated
    inner join months using (journey, month)
    group by grouping sets ((journey, month), (journey))
),

told as (
    select *, case when journey <> 'relationship' and is_settled is distinct from false then n end as with_goal
    from counted
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
    is_settled,
    share(settled_reached, with_goal) as reached_share,
    share_bound(-1, settled_reached, with_goal) as reached_share_low,
    share_bound(1, settled_reached, with_goal) as reached_share_high,
    case when settled_reached >= 10 then round(list_median(lasted), 4) end as median_days,
    -- with 95 % the median lies between these two places
    case when settled_reached >= 10 then round(lasted[
        cast(greatest(1, floor(settled_reached / 2.0 - 1.959964 * sqrt(settled_reached) / 2)) as bigint)], 4)
    end as median_days_low,
    case when settled_reached >= 10 then round(lasted[
        cast(least(settled_reached, ceil(1 + settled_reached / 2.0 + 1.959964 * sqrt(settled_reached) / 2)) as bigint)], 4)
    end as median_days_high,
    case
        when journey = 'relationship' then 'no_goal'
        when not is_settled then 'unsettled'
        when n < 10 then 'too_few'
    end as flag
from told;


-- Metrics: each answer or case stands in the cells of dbt_project.yml's metric_cuts, with 'all' as total.
create temp macro t_quantile(quantile, df) as
    coalesce(quantile, 1.959964 + (pow(1.959964, 3) + 1.959964) / (4.0 * nullif(df, 0)));

-- adjusted Wald, wide enough to hold its own value
create temp macro nps_reach(side, n, promoters, detractors) as
    (promoters - detractors) / (n + 3.0) - (promoters - detractors) / (1.0 * n)
    + side * 1.959964 * sqrt(
        ((promoters + detractors + 1.5) / (n + 3.0) - pow((promoters - detractors) / (n + 3.0), 2)) / (n + 3.0)
    );

create temp macro nps_low(n, promoters, detractors) as greatest(-100, least(100, 100 * (
    (promoters - detractors) / (1.0 * n) + least(0, nps_reach(-1, n, promoters, detractors))
)));

create temp macro nps_high(n, promoters, detractors) as greatest(-100, least(100, 100 * (
    (promoters - detractors) / (1.0 * n) + greatest(0, nps_reach(1, n, promoters, detractors))
)));

create temp macro wilson_hilferty(side, shape) as
    shape * pow(1 - 1 / (9 * shape) + side * 1.959964 / (3 * sqrt(shape)), 3);

-- how likely a difference of that size is by chance, told from its interval
create temp macro erfc_of(x, t) as t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (
    -1.453152027 + t * 1.061405429)))) * exp(-pow(x, 2));

create temp macro chance_at(x) as erfc_of(x, 1.0 / (1.0 + 0.3275911 * x));

create temp macro chance_of(difference, low, high) as chance_at(
    abs(difference) / nullif(case when difference > 0 then difference - low else high - difference end, 0)
    * 1.959964 / sqrt(2.0)
);

create temp table observations as
with seen as (
    select
        metric,
        method_version,
        case metric when 'nps' then 'nps' else 'mean' end as statistic,
        cast(scored_at as date) as day,
        source,
        touchpoint,
        segment,
        stage,
        channel,
        customer_id,
        case
            when metric = 'rating' then score
            when nps_group = 'promoter' then 1.0
            when nps_group = 'detractor' then -1.0
            else 0.0
        end as x
    from scores
    union all
    select
        'rating_top_box',
        'rating 1-5 top 4',
        'share',
        cast(scored_at as date),
        source,
        touchpoint,
        segment,
        stage,
        channel,
        customer_id,
        case when score >= 4 then 1.0 else 0.0 end
    from scores
    where metric = 'rating'
    union all
    select
        told.metric,
        told.method_version,
        case told.metric when 'contact_rate' then 'rate' else 'share' end,
        cast(cases.created_at as date),
        cases.source,
        cases.touchpoint,
        cases.segment,
        cases.stage,
        cases.channel,
        cases.customer_id,
        case told.metric
            when 'reopen_rate' then cast(cases.is_reopened as double)
            when 'one_touch_rate' then cast(cases.is_one_touch as double)
            when 'fcr' then cast(cases.is_first_contact_resolution as double)
            else 1.0
        end
    from cases
    cross join (values
        ('reopen_rate', 'reopened of ever solved'),
        ('one_touch_rate', 'one public reply of solved'),
        ('fcr', 'no contact in 7 days of first solved'),
        ('contact_rate', 'cases per 100 customers with any touch')
    ) as told(metric, method_version)
    where case told.metric
        when 'reopen_rate' then cases.first_resolved_at is not null or cases.is_reopened
        when 'one_touch_rate' then cases.is_one_touch is not null
        when 'fcr' then cases.is_first_contact_resolution is not null
        else true
    end
)

select
    *,
    cast(date_trunc('week', day) as date) as week,
    cast(date_trunc('month', day) as date) as month,
    cast(date_trunc('quarter', day) as date) as quarter,
    lag(day) over by_day as day_before,
    lead(day) over by_day as day_after
from seen
window by_day as (partition by metric, customer_id order by day);

-- Who answers once in a period is summed at once; who answers again is one customer in each cell.
create temp table cells as
with fine as (
    select
        'week' as period_grain, week as period, metric, method_version, statistic, source, touchpoint, segment, stage,
        channel,
        case when date_trunc('week', day_before) = week or date_trunc('week', day_after) = week then customer_id end
            as customer_id,
        min(day) as first_day, max(day) as last_day, count(*) as n, sum(x) as total, sum(x * x) as squares
    from observations
    group by all
    union all
    select
        'month', month, metric, method_version, statistic, source, touchpoint, segment, stage, channel,
        case when date_trunc('month', day_before) = month or date_trunc('month', day_after) = month
            then customer_id end,
        min(day), max(day), count(*), sum(x), sum(x * x)
    from observations
    group by all
    union all
    select
        'quarter', quarter, metric, method_version, statistic, source, touchpoint, segment, stage, channel,
        case when date_trunc('quarter', day_before) = quarter or date_trunc('quarter', day_after) = quarter
            then customer_id end,
        min(day), max(day), count(*), sum(x), sum(x * x)
    from observations
    group by all
    union all
    select
        'all', date '0001-01-01', metric, method_version, statistic, source, touchpoint, segment, stage, channel,
        case when day_before is not null or day_after is not null then customer_id end,
        min(day), max(day), count(*), sum(x), sum(x * x)
    from observations
    group by all
),

celled as (
    select
        period_grain, period, metric, method_version, statistic, customer_id,
        if(grouping(source) = 1, 'all', source) as source,
        if(grouping(touchpoint) = 1, 'all', touchpoint) as touchpoint,
        if(grouping(segment) = 1, 'all', segment) as segment,
        'all' as stage,
        if(grouping(channel) = 1, 'all', channel) as channel,
        'all' as account_id,
        min(first_day) as first_day, max(last_day) as last_day,
        sum(n) as n, sum(total) as total, sum(squares) as squares
    from fine
    where period_grain = 'week'
    group by period_grain, period, metric, method_version, statistic, customer_id,
        grouping sets ((), (source), (touchpoint), (channel), (segment))
    union all
    select
        period_grain, period, metric, method_version, statistic, customer_id,
        if(grouping(source) = 1, 'all', source),
        if(grouping(touchpoint) = 1, 'all', touchpoint),
        if(grouping(segment) = 1, 'all', segment),
        if(grouping(stage) = 1, 'all', stage),
        if(grouping(channel) = 1, 'all', channel),
        'all',
        min(first_day), max(last_day), sum(n), sum(total), sum(squares)
    from fine
    where period_grain <> 'week'
    group by period_grain, period, metric, method_version, statistic, customer_id, grouping sets (
        (), (source), (touchpoint), (segment), (source, touchpoint), (source, segment), (touchpoint, segment),
        (source, touchpoint, segment), (stage), (channel), (stage, channel)
    )
    union all
    -- nobody has an account here
    select
        period_grain, period, metric, method_version, statistic, customer_id,
        'all', 'all', 'all', 'all', 'all', 'unknown',
        min(first_day), max(last_day), sum(n), sum(total), sum(squares)
    from fine
    where period_grain in ('quarter', 'all')
    group by all
)

select
    period_grain, period, metric, method_version, statistic, source, touchpoint, segment, stage, channel, account_id,
    min(first_day) as first_day,
    max(last_day) as last_day,
    cast(sum(n) as double) as n,
    cast(sum(total) as double) as total,
    cast(sum(squares) as double) as squares,
    cast(sum(case when customer_id is null then n else 1 end) as double) as customers,
    cast(sum(case when customer_id is null then squares else total * total end) as double) as customer_squares,
    cast(sum(case when customer_id is null then total else n * total end) as double) as customer_products,
    cast(sum(case when customer_id is null then n else n * n end) as double) as customer_counts
from celled
group by all;

drop table observations;

create temp table clock_cells as
with seconds as (
    select
        *,
        unnest(['first_reply', 'resolution', 'requester_wait']) as clock,
        unnest([
            date_diff(
                'second', created_at,
                coalesce(first_reply_at, resolved_at, greatest(created_at, getvariable('heard')))
            ),
            date_diff('second', created_at, coalesce(resolved_at, greatest(created_at, getvariable('heard')))),
            -- every case of this shop is solved: nobody has to be waited for any longer
            cast(round(requester_wait_minutes * 60) as bigint)
        ]) as waited,
        unnest([first_reply_at is not null, resolved_at is not null, not waits_are_censored]) as is_over
    from cases
),

fine as (
    select
        clock, source, touchpoint, segment, channel, cast(created_at as date) as day,
        waited // 60 as minutes, count(*) as n, count(*) filter (is_over) as ended
    from seconds
    where waited >= 0
    group by all
),

dated as (
    select 'week' as period_grain, cast(date_trunc('week', day) as date) as period, * from fine
    union all
    select 'month', cast(date_trunc('month', day) as date), * from fine
    union all
    select 'quarter', cast(date_trunc('quarter', day) as date), * from fine
    union all
    select 'all', date '0001-01-01', * from fine
),

celled as (
    select
        period_grain, period, clock, minutes,
        if(grouping(source) = 1, 'all', source) as source,
        if(grouping(touchpoint) = 1, 'all', touchpoint) as touchpoint,
        if(grouping(segment) = 1, 'all', segment) as segment,
        if(grouping(channel) = 1, 'all', channel) as channel,
        'all' as account_id,
        min(day) as first_day, max(day) as last_day, sum(n) as n, sum(ended) as ended
    from dated
    where period_grain = 'week'
    group by period_grain, period, clock, minutes, grouping sets ((), (source), (touchpoint), (segment), (channel))
    union all
    select
        period_grain, period, clock, minutes,
        if(grouping(source) = 1, 'all', source),
        if(grouping(touchpoint) = 1, 'all', touchpoint),
        if(grouping(segment) = 1, 'all', segment),
        if(grouping(channel) = 1, 'all', channel),
        'all',
        min(day), max(day), sum(n), sum(ended)
    from dated
    where period_grain <> 'week'
    group by period_grain, period, clock, minutes, grouping sets (
        (), (source), (touchpoint), (segment), (source, touchpoint), (source, segment), (touchpoint, segment),
        (source, touchpoint, segment), (channel)
    )
    union all
    select
        period_grain, period, clock, minutes, 'all', 'all', 'all', 'all', 'unknown',
        min(day), max(day), sum(n), sum(ended)
    from dated
    where period_grain in ('quarter', 'all')
    group by all
),

numbered as (
    select *, hash(period_grain, period, clock, source, touchpoint, segment, channel, account_id) as cell from celled
),

totals as (
    select
        cell,
        any_value(clock) as clock, any_value(period_grain) as period_grain, any_value(period) as period,
        any_value(source) as source, any_value(touchpoint) as touchpoint, any_value(segment) as segment,
        any_value(channel) as channel, any_value(account_id) as account_id,
        min(first_day) as first_day, max(last_day) as last_day, sum(n) as n, sum(ended) as ended
    from numbered
    group by cell
),

-- Kaplan and Meier, with Brookmeyer and Crowley's interval on the log-log scale
at_risk as (
    select
        numbered.cell, numbered.minutes, numbered.n, numbered.ended,
        totals.n + numbered.n - sum(numbered.n) over (partition by numbered.cell order by numbered.minutes) as waiting
    from numbered
    inner join totals using (cell)
    -- of fewer there is no interval
    where totals.n >= 7 and totals.ended >= 6
),

survived as (
    select
        *,
        sum(case when ended < waiting then ln(1 - 1.0 * ended / waiting) else 0 end) over until_here as log_survival,
        sum(case when ended < waiting then 1.0 * ended / (1.0 * waiting * (waiting - ended)) else 0 end)
            over until_here as variance,
        ended > 0 and ended = waiting as is_last
    from at_risk
    window until_here as (partition by cell order by minutes)
),

bounded as (
    select
        *,
        case when is_last then 0.0 else exp(log_survival) end as survival,
        case when not is_last then exp(log_survival * exp(1.959964 * sqrt(variance) / -log_survival)) end as low,
        case when not is_last then exp(log_survival * exp(-1.959964 * sqrt(variance) / -log_survival)) end as high
    from survived
    where log_survival < 0 or is_last
),

reached as (
    select
        bounded.cell,
        quantiles.quantile,
        min(minutes) filter (survival <= quantiles.share + 1e-9) as value,
        min(minutes) filter (low <= quantiles.share) as interval_low,
        min(minutes) filter (high <= quantiles.share) as interval_high
    from bounded
    cross join (values ('median', 0.5), ('p90', 0.1)) as quantiles(quantile, share)
    group by bounded.cell, quantiles.quantile
)

select totals.*, quantiles.quantile, reached.* exclude (cell, quantile)
from totals
cross join (values ('median'), ('p90')) as quantiles(quantile)
left join reached on totals.cell = reached.cell and quantiles.quantile = reached.quantile;

create temp table cell_values as
with rates as (
    select * from cells where statistic = 'rate'
),

rated as (
    select
        metric, method_version, period_grain, source, touchpoint, stage, channel,
        segment = 'all' as all_segments, account_id = 'all' as all_accounts,
        min(period) as first_period, min(first_day) as first_day, max(last_day) as last_day
    from rates
    group by all
),

spread as (
    select *, greatest(0.0, squares - pow(total, 2) / n) as spread from cells where statistic <> 'rate'
),

-- how many times the variance of independent answers, as customers answer more than once
judged as (
    select
        *,
        case
            when customers = n then 1.0
            when customers = 1 or spread <= 1e-9 * squares then customer_counts / n
            else customers / (customers - 1) * (n - 1) / n
                * greatest(0.0, customer_squares - 2 * total / n * customer_products
                    + pow(total / n, 2) * customer_counts) / spread
        end as design_effect
    from spread
),

effective as (
    select
        judged.*,
        customers < n as is_clustered,
        t_quantile(student_t.quantile, customers - 1) as t,
        sqrt(spread / nullif(n - 1, 0)) / sqrt(n / greatest(1.0, design_effect)) as standard_error
    from judged
    left join read_csv(getvariable('reference') || '/student_t.csv') as student_t
        on customers - 1 = student_t.df
),

shared as (
    select
        *,
        case
            when is_clustered
                then greatest(n / greatest(1.0, design_effect) * pow(1.959964 / t, 2), n * n / customer_counts)
            else n
        end as share_n
    from effective
),

touched as (
    select distinct
        unnest(['week', 'month', 'quarter', 'all']) as period_grain,
        unnest([
            cast(date_trunc('week', occurred_at) as date), cast(date_trunc('month', occurred_at) as date),
            cast(date_trunc('quarter', occurred_at) as date), date '0001-01-01'
        ]) as period,
        segment,
        customer_id
    from journey_events
    where is_touch
),

-- a customer is of one segment
customers_seen as (
    select
        period_grain, period, if(grouping(segment) = 1, 'all', segment) as segment, 'all' as account_id,
        count(*) as customers
    from touched
    group by period_grain, period, grouping sets ((segment), ())
    union all
    select period_grain, period, 'all', 'unknown', count(*)
    from touched
    group by period_grain, period
),

valued as (
    select
        metric, method_version, period_grain, period, source, touchpoint, segment, stage, channel, account_id,
        first_day, last_day, n, customers, design_effect,
        case statistic when 'mean' then 1 else 100 end * total / n as value,
        case statistic
            when 'nps' then nps_low(share_n, (squares + total) / 2 * share_n / n, (squares - total) / 2 * share_n / n)
            when 'share' then 100 * wilson(-1, share_n, total * share_n / n)
            else case when standard_error > 0 then greatest(1, total / n - t * standard_error) end
        end as interval_low,
        case statistic
            when 'nps' then nps_high(share_n, (squares + total) / 2 * share_n / n, (squares - total) / 2 * share_n / n)
            when 'share' then 100 * wilson(1, share_n, total * share_n / n)
            else case when standard_error > 0 then least(5, total / n + t * standard_error) end
        end as interval_high,
        -- stars, from one to five
        case statistic when 'nps' then 'adjusted Wald' when 'share' then 'Wilson' else 't, clipped to the scale' end
        || case when is_clustered then ', clustered' else '' end as interval_method,
        -- nobody was invited, so nothing can be weighted
        case when metric in ('nps', 'rating', 'rating_top_box') then 'not_invited' end as weights_flag
    from shared
    union all
    select
        rated.metric, rated.method_version, seen.period_grain, seen.period, rated.source, rated.touchpoint,
        seen.segment, rated.stage, rated.channel, seen.account_id,
        coalesce(rates.first_day, rated.first_day), coalesce(rates.last_day, rated.last_day),
        seen.customers, null, null,
        100.0 * coalesce(rates.n, 0) / seen.customers,
        100 * coalesce(limits.low, wilson_hilferty(-1, 1.0 * rates.n)) / seen.customers,
        100 * coalesce(limits.high, wilson_hilferty(1, rates.n + 1.0)) / seen.customers,
        'Garwood',
        null
    from rated
    -- where cases came from before, none is a number too
    inner join customers_seen as seen
        on rated.period_grain = seen.period_grain and rated.first_period <= seen.period
        and rated.all_segments = (seen.segment = 'all') and rated.all_accounts = (seen.account_id = 'all')
    left join rates
        on seen.period_grain = rates.period_grain and seen.period = rates.period
        and rated.source = rates.source and rated.touchpoint = rates.touchpoint
        and rated.stage = rates.stage and rated.channel = rates.channel
        and seen.segment = rates.segment and seen.account_id = rates.account_id
    left join read_csv(getvariable('reference') || '/poisson_limits.csv') as limits
        on coalesce(rates.n, 0) = limits.events
    union all
    select
        clock || '_' || quantile, 'whole minutes, Kaplan-Meier', period_grain, period, source, touchpoint, segment,
        'all', channel, account_id, first_day, last_day, n, null, null, value, interval_low, interval_high,
        'Brookmeyer-Crowley, log-log', null
    from clock_cells
)

select
    valued.* replace (
        round(value, 4) as value, round(interval_low, 4) as interval_low, round(interval_high, 4) as interval_high,
        round(design_effect, 4) as design_effect
    ),
    interval_low is not null and interval_high is not null as has_interval,
    case period_grain when 'all' then first_day else period end as period_start,
    cast(case period_grain
        when 'week' then period + interval 6 day
        when 'month' then period + interval 1 month - interval 1 day
        when 'quarter' then period + interval 3 month - interval 1 day
    end as date) < heard.day as is_complete,
    -- a part of a period has a part of its cases
    metric <> 'contact_rate' or coalesce(is_complete and period >= begun_on, false) as is_comparable,
    hash(metric, period_grain, source, touchpoint, segment, stage, channel, account_id) as series
from valued
cross join (select cast(max(occurred_at) as date) as day from journey_events where is_touch) as heard
left join (
    select source as begun, min(first_day) as begun_on from rated where period_grain = 'all' group by source
) as began on valued.source = began.begun;

create table metrics as
with places as (
    select
        series,
        period_grain,
        period_start,
        value,
        (interval_high - interval_low) / 2 as half_width,
        case period_grain when 'month' then 12 else 4 end as year_length,
        cast(case period_grain
            when 'month' then year(period_start) * 12 + month(period_start)
            else year(period_start) * 4 + quarter(period_start)
        end as integer) as place
    from cell_values
    where period_grain in ('month', 'quarter') and has_interval and is_comparable
),

-- classical additive decomposition: trend is a centred average over a year
trends as (
    select
        *,
        case when count(*) over sooner = 12 and count(*) over later = 12
            then value - (avg(value) over sooner + avg(value) over later) / 2 end as detrended
    from places
    where period_grain = 'month'
    window
        sooner as (partition by series order by place range between 6 preceding and 5 following),
        later as (partition by series order by place range between 5 preceding and 6 following)
    union all
    select
        *,
        case when count(*) over sooner_quarters = 4 and count(*) over later_quarters = 4
            then value - (avg(value) over sooner_quarters + avg(value) over later_quarters) / 2 end
    from places
    where period_grain = 'quarter'
    window
        sooner_quarters as (partition by series order by place range between 2 preceding and 1 following),
        later_quarters as (partition by series order by place range between 1 preceding and 2 following)
),

calendar as (
    select
        series,
        year_length,
        place % year_length as of_year,
        avg(detrended) as season,
        sqrt(sum(half_width * half_width)) / count(*) as half_width
    from trends
    where detrended is not null
    group by all
),

seasons as (
    select *, season - avg(season) over (partition by series) as effect
    from calendar
    qualify count(*) over (partition by series) = year_length
),

deseasoned as (
    select places.series, places.period_start, seasons.effect, seasons.half_width
    from places
    inner join seasons on places.series = seasons.series and places.place % places.year_length = seasons.of_year
),

periods as (
    select series, period_start, value, interval_low, interval_high
    from cell_values
    where period_grain <> 'all' and has_interval and is_comparable
),

compared as (
    select
        told.* replace (
            case when has_interval then told.value end as value,
            case when has_interval then told.interval_low end as interval_low,
            case when has_interval then told.interval_high end as interval_high
        ),
        case when has_interval and told.is_comparable then told.value - deseasoned.effect end as value_deseasoned,
        sqrt(pow(told.value - told.interval_low, 2) + pow(deseasoned.half_width, 2)) as deseasoned_below,
        sqrt(pow(told.interval_high - told.value, 2) + pow(deseasoned.half_width, 2)) as deseasoned_above,
        case when has_interval and told.is_comparable then told.value - before.value end as change,
        sqrt(pow(told.value - told.interval_low, 2) + pow(before.value - before.interval_high, 2)) as change_below,
        sqrt(pow(told.value - told.interval_high, 2) + pow(before.value - before.interval_low, 2)) as change_above,
        case when has_interval and told.is_comparable then told.value - year_before.value end as year_change,
        sqrt(pow(told.value - told.interval_low, 2) + pow(year_before.value - year_before.interval_high, 2))
            as year_change_below,
        sqrt(pow(told.value - told.interval_high, 2) + pow(year_before.value - year_before.interval_low, 2))
            as year_change_above
    from cell_values as told
    left join deseasoned on told.series = deseasoned.series and told.period_start = deseasoned.period_start
    left join periods as before
        on told.series = before.series
        and cast(case told.period_grain
            when 'week' then told.period - interval 7 day
            when 'month' then told.period - interval 1 month
            when 'quarter' then told.period - interval 3 month
        end as date) = before.period_start
    left join periods as year_before
        on told.series = year_before.series
        and cast(case told.period_grain
            when 'week' then told.period - interval 364 day
            when 'month' then told.period - interval 12 month
            when 'quarter' then told.period - interval 12 month
        end as date) = year_before.period_start
),

chances as (
    select
        *,
        change - change_below as change_low,
        change + change_above as change_high,
        chance_of(change, change - change_below, change + change_above) as change_chance,
        year_change - year_change_below as year_change_low,
        year_change + year_change_above as year_change_high,
        chance_of(year_change, year_change - year_change_below, year_change + year_change_above) as year_change_chance
    from compared
),

ranked as (
    select
        *,
        row_number() over (partition by metric, period_grain, period_start order by change_chance nulls last)
            as change_place,
        count(change_chance) over beside as change_looked_at,
        row_number() over (partition by metric, period_grain, period_start order by year_change_chance nulls last)
            as year_change_place,
        count(year_change_chance) over beside as year_change_looked_at
    from chances
    window beside as (partition by metric, period_grain, period_start)
),

-- Benjamini and Hochberg: of all that are called a change, 5 % are none
judged as (
    select
        *,
        max(change_place) filter (change_chance <= 0.05 * change_place / change_looked_at) over beside
            as change_last_place,
        max(year_change_place) filter (year_change_chance <= 0.05 * year_change_place / year_change_looked_at)
            over beside as year_change_last_place
    from ranked
    window beside as (partition by metric, period_grain, period_start)
)

select
    metric,
    method_version,
    period_grain,
    period_start,
    case period_grain
        when 'week' then cast(period + interval 6 day as date)
        when 'month' then cast(period + interval 1 month - interval 1 day as date)
        when 'quarter' then cast(period + interval 3 month - interval 1 day as date)
        else last_day
    end as period_end,
    is_complete,
    source,
    touchpoint,
    segment,
    stage,
    channel,
    account_id,
    coalesce(nullif(concat_ws(', ',
        case when source <> 'all' then 'source' end, case when touchpoint <> 'all' then 'touchpoint' end,
        case when segment <> 'all' then 'segment' end, case when stage <> 'all' then 'stage' end,
        case when channel <> 'all' then 'channel' end, case when account_id <> 'all' then 'account_id' end
    ), ''), 'all') as cut_by,
    cast(n as bigint) as n,
    cast(customers as bigint) as customers,
    design_effect,
    value,
    interval_low,
    interval_high,
    case when has_interval then interval_method end as interval_method,
    case
        when not has_interval and interval_method like 'Brookmeyer%' then 'open_ended'
        when not has_interval then 'too_few'
    end as flag,
    round(change, 4) as change,
    round(change_low, 4) as change_low,
    round(change_high, 4) as change_high,
    case
        when change_chance is null then null
        when coalesce(change_place > change_last_place, true) then 'noise'
        when change > 0 then 'up'
        else 'down'
    end as change_verdict,
    round(year_change, 4) as year_change,
    round(year_change_low, 4) as year_change_low,
    round(year_change_high, 4) as year_change_high,
    case
        when year_change_chance is null then null
        when coalesce(year_change_place > year_change_last_place, true) then 'noise'
        when year_change > 0 then 'up'
        else 'down'
    end as year_change_verdict,
    cast(null as double) as response_rate,
    cast(null as bigint) as response_rate_n,
    cast(null as double) as response_rate_low,
    cast(null as double) as response_rate_high,
    cast(null as double) as value_weighted,
    cast(null as double) as value_weighted_low,
    cast(null as double) as value_weighted_high,
    cast(null as varchar) as weights_method,
    weights_flag,
    round(value_deseasoned, 4) as value_deseasoned,
    round(value_deseasoned - deseasoned_below, 4) as value_deseasoned_low,
    round(value_deseasoned + deseasoned_above, 4) as value_deseasoned_high,
    case
        when value_deseasoned is not null and period_grain = 'month' then 'additive, centred average of 12 months'
        when value_deseasoned is not null and period_grain = 'quarter' then 'additive, centred average of 4 quarters'
    end as season_method,
    -- each metric was read one way all the time
    false as break_before
from judged;
