-- One row per customer, period, segment and account that they had any touch in, and build since which they did.
{#- Told anew for customers of whom any touch came, changed or went. What is replaced stays (`versions.sql`), to be
    taken out of the counts of `metric_customers`. -#}
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='customer_id',
    reads_feeds='case when until is null then fingerprint end',
) }}
{%- set news = read_feeds([ref('journey_events')]) %}
with {{ this_build() }}

seen as (
    select
        customer_id,
        cast(occurred_at as date) as day,
        segment,
        {{ account_number('account_id') }} as account_id,
        row_hash
    from {{ ref('journey_events') }}
    where is_touch
        and customer_id {{ 'in (select customer_id from ' ~ news.journey_events ~ ')' if news else 'is not null' }}
),

fingerprints as (
    select customer_id, bit_xor(row_hash) as fingerprint
    from seen
    group by customer_id
),
{%- if is_incremental() %}

held as (
    select customer_id, any_value(fingerprint) as fingerprint
    from {{ this }}
    where until is null
        {%- if news %}
        and customer_id in (select customer_id from {{ news.journey_events }})
        {%- endif %}
    group by customer_id
),

touched as (
    select coalesce(fingerprints.customer_id, held.customer_id) as customer_id, fingerprints.fingerprint
    from fingerprints
    full join held on fingerprints.customer_id = held.customer_id
    where fingerprints.fingerprint is distinct from held.fingerprint
),
{%- else %}

touched as (
    select * from fingerprints
),
{%- endif %}

periods as (
    {%- for block in customer_cuts() %}
    select distinct
        customer_id,
        '{{ block.grain }}' as period_grain,
        {{ period(block) }} as period,
        {{ 'segment' if 'segment' in block.by else "'all'" }} as segment,
        {{ 'account_id' if 'account_id' in block.by else -2 }} as account_id
    from seen
    where customer_id in (select customer_id from touched)
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    periods.*,
    touched.fingerprint,
    build.number as since,
    cast(null as bigint) as until
from periods
inner join touched on periods.customer_id = touched.customer_id
cross join build
{%- if is_incremental() %}

union all by name

select held.* replace (coalesce(held.until, build.number) as until)
from {{ this }} as held
cross join build
where held.customer_id in (select customer_id from touched)
{%- endif %}
