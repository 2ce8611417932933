-- One row per observation that a metric is made of, and build since which it reads so: an answer, an invitation or a case.
{#- What an observation was made of is compared by its record's fingerprint, so only changed records are read
    further. A version that was replaced stays, with the build that replaced it: whoever keeps sums of
    observations takes away what it once added (`moved_answers`). Then it goes (`prune_versions`). -#}
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='record_id',
    reads_feeds='case when until is null then fingerprint end',
) }}
{%- set news = read_feeds(
    [ref('scores'), ref('invitations'), ref('cases')], beside=[ref('int_question_map')]
) %}
{%- if news %}
    {%- set touched %}
        select score_id as record_id from {{ news.scores }}
        union
        select invitation_id from {{ news.invitations }}
        union
        select case_id from {{ news.cases }}
    {%- endset %}
    {%- do temporary('touched_records', touched) %}
{%- endif %}
{#- Shares of cases: which of them count, which of those are hits, and how that reads. -#}
{%- set case_rates = {
    'reopen_rate': (
        '(first_resolved_at is not null or is_reopened) and not is_merged',
        'is_reopened',
        'reopened of ever solved',
    ),
    'one_touch_rate': ('is_one_touch is not null', 'is_one_touch', 'one public reply of solved'),
    'fcr': (
        'is_first_contact_resolution is not null',
        'is_first_contact_resolution',
        'no contact in ' ~ var('fcr_days') ~ ' days of first solved',
    ),
} %}
{%- set places %}source, touchpoint, segment, stage, channel, account_id, customer_id{% endset %}
{%- set of_a_case = [
    'source', 'touchpoint', 'segment', 'stage', 'channel', 'account_id', 'customer_id', 'created_at', 'first_resolved_at',
    'is_reopened', 'is_merged', 'is_one_touch', 'is_first_contact_resolution',
] %}
with read_questions as (
    select
        *,
        {{ question_version() }} as method_version
    from {{ ref('int_question_map') }}
    where metric <> 'enps'
),

asked as (
    select source, survey_id, metric, method_version, valid_from, valid_to
    from read_questions
    union all
    select source, survey_id, 'rating_top_box', {{ top_box_version('method_version') }}, valid_from, valid_to
    from read_questions
    where metric = 'rating'
),

-- which metrics a survey asks for, by which reading, and when: two of its questions may ask for one
questions as (
    select
        source,
        survey_id,
        metric,
        method_version,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        max(coalesce(valid_to, date '9999-01-01')) as valid_to
    from asked
    group by source, survey_id, metric, method_version, coalesce(valid_from, date '0001-01-01')
),

surveys as (
    select
        source,
        survey_id,
        bit_xor({{ row_hash(['metric', 'method_version', 'valid_from', 'valid_to']) }}) as metrics
    from questions
    group by source, survey_id
),

all_fingerprints as (
    select score_id as record_id, row_hash as fingerprint from {{ ref('scores') }}
    union all
    -- an invitation counts beside each metric that its survey asks for
    select invitations.invitation_id, {{ row_hash(['invitations.row_hash', 'surveys.metrics']) }}
    from {{ ref('invitations') }} as invitations
    left join surveys on invitations.source = surveys.source and invitations.survey_id = surveys.survey_id
    union all
    select case_id, {{ row_hash(of_a_case) }} from {{ ref('cases') }}
),

fingerprints as (
    select *
    from all_fingerprints
    {{ 'where record_id in (select record_id from touched_records)' if news }}
),
{%- if is_incremental() %}

held as (
    select record_id, fingerprint
    from {{ this }}
    where until is null
        {%- if news %}
        and record_id in (select record_id from touched_records)
        {%- endif %}
    group by record_id, fingerprint
),

touched as (
    select coalesce(fingerprints.record_id, held.record_id) as record_id, fingerprints.fingerprint
    from fingerprints
    full join held on fingerprints.record_id = held.record_id
    where fingerprints.fingerprint is distinct from held.fingerprint
),

build as (
    select max(greatest(since, coalesce(until, 0))) + 1 as number from {{ this }}
),
{%- else %}

touched as (
    select * from fingerprints
),

build as (
    select 1 as number
),
{%- endif %}

scores as (
    select *, score_id as record_id from {{ ref('scores') }} where score_id in (select record_id from touched)
),

invitations as (
    select *, invitation_id as record_id
    from {{ ref('invitations') }}
    where invitation_id in (select record_id from touched)
),

cases as (
    select *, case_id as record_id from {{ ref('cases') }} where case_id in (select record_id from touched)
),

scored as (
    select
        record_id,
        metric,
        method_version,
        case metric when 'nps' then 'nps' when 'csat' then 'share' else 'mean' end as statistic,
        scored_at as observed_at,
        {{ places }},
        case metric
            when 'nps' then case nps_group when 'promoter' then 1.0 when 'detractor' then -1.0 else 0.0 end
            when 'csat' then case when is_top_box then 1.0 else 0.0 end
            else score
        end as x
    from scores
    union all
    select
        record_id,
        'rating_top_box',
        {{ top_box_version('method_version') }},
        'share',
        scored_at,
        {{ places }},
        case when score >= {{ default_top_box('scale_min', 'scale_max') }} then 1.0 else 0.0 end
    from scores
    where metric = 'rating'
),

invited as (
    select
        record_id,
        'completed of delivered' as method_version,
        'share' as statistic,
        sent_at as observed_at,
        {{ places }},
        case when is_completed then 1.0 else 0.0 end as x,
        survey_id
    from invitations
),

of_cases as (
    {%- for metric, (counts, is_hit, reading) in case_rates.items() %}
    select
        record_id,
        '{{ metric }}' as metric,
        '{{ reading }}' as method_version,
        'share' as statistic,
        created_at as observed_at,
        {{ places }},
        case when {{ is_hit }} then 1.0 else 0.0 end as x
    from cases
    where {{ counts }}
    union all
    {%- endfor %}
    -- counted, and divided by the customers of the cell where values are made
    select
        record_id,
        'contact_rate',
        'cases per 100 customers with any touch',
        'rate',
        created_at,
        {{ places }},
        1.0
    from cases
    where customer_id is not null and not is_merged
),

-- an invitation counts in its own metric, and beside each one that its survey asked for that day, as it was read then
observed as (
    select *, 'value' as part from scored
    union all by name
    select *, 'value' as part from of_cases
    union all by name
    select * exclude (survey_id), 'response_rate' as metric, 'value' as part from invited
    union all by name
    select invited.* exclude (survey_id, method_version), questions.metric, questions.method_version, 'response_rate' as part
    from invited
    inner join questions
        on invited.source = questions.source
        and invited.survey_id = questions.survey_id
        and invited.observed_at >= questions.valid_from
        and invited.observed_at < questions.valid_to + interval 1 day
),

told as (
    select
        observed.record_id,
        {{ hash_id(['observed.metric', 'observed.part', 'observed.method_version']) }} as reading_id,
        observed.metric,
        observed.part,
        observed.method_version,
        observed.statistic,
        cast(observed.observed_at as date) as day,
        observed.source,
        observed.touchpoint,
        observed.segment,
        observed.stage,
        observed.channel,
        {{ account_number('observed.account_id') }} as account_id,
        observed.customer_id,
        cast(observed.x as double) as x,
        touched.fingerprint,
        cast(build.number as integer) as since,
        cast(null as integer) as until
    from observed
    inner join touched on observed.record_id = touched.record_id
    cross join build
)

select * from told
{%- if is_incremental() %}
union all by name
select held.* replace (cast(coalesce(held.until, build.number) as integer) as until)
from {{ this }} as held
inner join touched on held.record_id = touched.record_id
cross join build
{%- endif %}
