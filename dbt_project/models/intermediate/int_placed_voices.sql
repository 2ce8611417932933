-- One row per voice: who spoke, in which segment, and where on the journey.
{#- A voice is placed anew if something is new of its record, or of what it hangs on: its customer, what is known of
    the customer or the account, the rules of its place. Only the voices touched are joined and written. -#}
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='record_id', feed=['record_id'],
    reads_feeds='row_hash',
) }}
{%- set origins = [
    ref('stg_survey_invitations'), ref('stg_survey_responses'), ref('stg_cases'), ref('stg_case_ratings'),
    ref('stg_reviews'), ref('stg_value_events'),
] %}
{%- set news = read_feeds(origins + [
    ref('int_record_customers'), ref('int_customers'), ref('stg_accounts'), ref('int_case_rules'),
]) %}
{%- if news %}
    {%- set heard %}
        {%- for table in origins + [ref('int_record_customers'), ref('int_case_rules')] %}
        select record_id from {{ news[table.identifier] }}
        union
        {%- endfor %}
        select record_id from {{ this }} where customer_id in (select customer_id from {{ news.int_customers }})
        union
        select record_id
        from {{ this }}
        where (source, account_ref) in (select source, account_ref from {{ news.stg_accounts }})
        union
        -- places are few, and each is compared once
        select record_id
        from {{ this }}
        where combination_id in (
            select held.combination_id
            from (select distinct combination_id, stage, touchpoint from {{ this }}) as held
            left join {{ ref('int_touchpoints') }} as touchpoints on held.combination_id = touchpoints.combination_id
            where held.stage is distinct from touchpoints.stage
                or held.touchpoint is distinct from touchpoints.touchpoint
        )
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
with ids as (
    select record_id, customer_id from {{ ref('int_record_customers') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

voices as (
    select voices.*
    from {{ ref('int_voices') }} as voices
    {{ 'where voices.record_id in (select record_id from touched_voices)' if news }}
),

-- a rating without a name of its own is its case's customer
case_customers as (
    select cases.source, cases.case_id, ids.customer_id
    from {{ ref('stg_cases') }} as cases
    inner join ids on cases.record_id = ids.record_id
    where not cases.is_deleted
        {%- if news %}
        and (cases.source, cases.case_id) in (select source, case_id from voices)
        {%- endif %}
),

known as (
    select
        voices.*,
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
        touchpoints.combination_id
    from known
    left join customers on known.customer_id = customers.customer_id
    left join accounts
        on known.source = accounts.source and known.account_ref = accounts.account_ref
    -- inner: each combination was taken from the voices themselves
    inner join {{ ref('int_touchpoints') }} as touchpoints
        on known.source = touchpoints.source
        and known.kind = touchpoints.kind
        and known.channel is not distinct from touchpoints.channel
        and known.topic is not distinct from touchpoints.topic
        and known.product is not distinct from touchpoints.product
        and known.survey_id is not distinct from touchpoints.survey_id
        and known.given_touchpoint is not distinct from touchpoints.given_touchpoint
        and known.rule_priority is not distinct from touchpoints.rule_priority
)

{{ changes('placed', 'record_id', [
    'record_id', 'voice', 'kind', 'source', 'native_ref', 'survey_id', 'case_id', 'team_ref', 'customer_id', 'account_id',
    'channel', 'segment', 'language', 'stage', 'touchpoint', 'occurred_at', 'account_ref', 'combination_id',
], among='touched_voices' if news) }}
