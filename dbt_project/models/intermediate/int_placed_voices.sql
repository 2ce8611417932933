-- One row per voice: who spoke, in which segment, and where on the journey.
{#- A voice is placed anew if its record was heard of since, or if what it hangs on is not what it
    was: its customer, what is known of the customer or the account, the rules of its place. The
    latter are compared on narrow columns of the whole history; only the voices touched are joined
    and written. -#}
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='record_id', feed=['record_id']) }}
{%- set voices_of = {
    'survey_invitations': "voice = 'survey_invitation'",
    'survey_responses': "voice = 'survey_response'",
    'cases': "voice = 'case'",
    'case_ratings': "voice = 'case_rating'",
    'reviews': "voice = 'review'",
    'value_events': "voice not in ('survey_invitation', 'survey_response', 'case', 'case_rating', 'review')",
} %}
{%- set columns = [
    'record_id', 'voice', 'kind', 'source', 'native_ref', 'survey_id', 'case_id', 'team_ref',
    'customer_id', 'account_id', 'channel', 'segment', 'language', 'stage', 'touchpoint', 'occurred_at',
    'account_ref', 'own_customer_id', 'customer_hash', 'account_hash', 'combination_id', 'rule_priority',
    '_seen_at',
] %}
{%- for origin in ['survey_invitations', 'survey_responses', 'case_ratings', 'reviews', 'value_events'] %}
-- depends_on: {{ ref('stg_' ~ origin) }}
{%- endfor %}
-- depends_on: {{ ref('int_case_rules') }}
{%- set hangs_on %}
ids as (
    select record_id, customer_id from {{ ref('int_record_customers') }}
),

customers as (
    select *, {{ row_hash(['account_id', 'segment', 'language']) }} as customer_hash
    from {{ ref('int_customers') }}
),

accounts as (
    select *, {{ row_hash(['account_id', 'segment']) }} as account_hash
    from {{ ref('int_accounts') }}
),

touchpoints as (
    select * from {{ ref('int_touchpoints') }}
)
{%- endset %}
{%- if is_incremental() %}
    {#- tombstones included #}
    {%- set heard %}
        with {{ hangs_on }}
        {%- for origin, voices in voices_of.items() %}
        select record_id
        from {{ ref('stg_' ~ origin) }}
        where _seen_at > (
            select coalesce(max(_seen_at), timestamp '0001-01-01') from {{ this }} where {{ voices }}
        )
        union
        {%- endfor %}
        select held.record_id
        from {{ this }} as held
        left join ids on held.record_id = ids.record_id
        left join customers on held.customer_id = customers.customer_id
        left join accounts on held.source = accounts.source and held.account_ref = accounts.account_ref
        left join touchpoints on held.combination_id = touchpoints.combination_id
        left join {{ ref('int_case_rules') }} as case_rules
            on held.source = case_rules.source and held.case_id = case_rules.case_id
        where held.own_customer_id is distinct from ids.customer_id
            or held.customer_hash is distinct from customers.customer_hash
            or held.account_hash is distinct from accounts.account_hash
            or held.stage is distinct from touchpoints.stage
            or held.touchpoint is distinct from touchpoints.touchpoint
            or held.rule_priority is distinct from case_rules.rule_priority
    {%- endset %}
    {%- do temporary('heard_voices', heard) %}
    {#- a response is placed with its invitation, a rating with its case #}
    {%- set touched %}
        select record_id from heard_voices
        union
        select responses.record_id
        from {{ ref('stg_survey_responses') }} as responses
        inner join {{ ref('stg_survey_invitations') }} as invitations
            on responses.source = invitations.source and responses.invitation_id = invitations.invitation_id
        where invitations.record_id in (select record_id from heard_voices)
        union
        select ratings.record_id
        from {{ ref('stg_case_ratings') }} as ratings
        inner join {{ ref('stg_cases') }} as cases
            on ratings.source = cases.source and ratings.case_id = cases.case_id
        where cases.record_id in (select record_id from heard_voices)
    {%- endset %}
    {%- do temporary('touched_voices', touched) %}
{%- endif %}
with {{ hangs_on }},

voices as (
    select voices.*
    from {{ ref('int_voices') }} as voices
    {%- if is_incremental() %}
    where voices.record_id in (select record_id from touched_voices)
    {%- endif %}
),

-- a rating without a name of its own is its case's customer
case_customers as (
    select cases.source, cases.case_id, ids.customer_id
    from {{ ref('stg_cases') }} as cases
    inner join ids on cases.record_id = ids.record_id
    where not cases.is_deleted
),

known as (
    select
        voices.*,
        ids.customer_id as own_customer_id,
        coalesce(ids.customer_id, case_customers.customer_id) as customer_id
    from voices
    left join ids on voices.record_id = ids.record_id
    left join case_customers
        on voices.source = case_customers.source and voices.case_id = case_customers.case_id
),

placed as (
    select
        known.record_id,
        known.voice,
        known.kind,
        known.source,
        known.native_ref,
        known.survey_id,
        known.case_id,
        known.team_ref,
        known.customer_id,
        coalesce(accounts.account_id, customers.account_id) as account_id,
        coalesce(known.channel, 'unknown') as channel,
        coalesce(known.given_segment, accounts.segment, customers.segment, 'unknown') as segment,
        coalesce(known.language, customers.language) as language,
        touchpoints.stage,
        touchpoints.touchpoint,
        known.occurred_at,
        known.account_ref,
        known.own_customer_id,
        customers.customer_hash,
        accounts.account_hash,
        touchpoints.combination_id,
        known.rule_priority,
        known._seen_at
    from known
    left join customers on known.customer_id = customers.customer_id
    left join accounts
        on known.source = accounts.source and known.account_ref = accounts.account_ref
    -- inner: each combination was taken from the voices themselves
    inner join touchpoints
        on known.source = touchpoints.source
        and known.kind = touchpoints.kind
        and known.channel is not distinct from touchpoints.channel
        and known.topic is not distinct from touchpoints.topic
        and known.product is not distinct from touchpoints.product
        and known.survey_id is not distinct from touchpoints.survey_id
        and known.given_touchpoint is not distinct from touchpoints.given_touchpoint
        and known.rule_priority is not distinct from touchpoints.rule_priority
)

select {{ columns | join(', ') }}, cast(0 as bigint) as row_hash
from placed
{%- if is_incremental() %}
union all
select {{ only_deletes('record_id', columns) }}
from touched_voices as touched
where not exists (select 1 from placed where placed.record_id = touched.record_id)
{%- endif %}
