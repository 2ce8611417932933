{#-
    Makes the temporary table `touched_cases` in an increment: keys (source, case_id) of cases of which something was
    heard since this model was built.

    parts  the family tables that the model tells cases from; its rows hold when each was last heard
           of, in <part>_seen_at
-#}
{% macro read_touched_cases(parts) -%}
    {%- set touched %}
        {%- for part in parts %}
        select source, case_id
        from {{ ref('stg_' ~ part) }}
        where _seen_at > (select coalesce(max({{ part }}_seen_at), timestamp '0001-01-01') from {{ this }})
        {{ 'union' if not loop.last }}
        {%- endfor %}
    {%- endset %}
    {%- if is_incremental() %}{% do temporary('touched_cases', touched) %}{% endif %}
{%- endmacro %}

{#- The records of a part that an increment has to look at, tombstones included: what is heard is heard. -#}
{% macro heard_of_cases(part) -%}
    select stg.*
    from {{ ref('stg_' ~ part) }} as stg
    {%- if is_incremental() %}
    inner join touched_cases as touched on stg.source = touched.source and stg.case_id = touched.case_id
    {%- endif %}
{%- endmacro %}

{#- States in which the customer waits for us, and the one in which we wait for the customer. -#}
{% macro requester_waits(status='status') -%} {{ status }} in ('new', 'open', 'on_hold') {%- endmacro %}

{% macro agent_waits(status='status') -%} {{ status }} = 'pending' {%- endmacro %}

{% macro is_open(status='status') -%} {{ status }} in ('new', 'open', 'pending', 'on_hold') {%- endmacro %}

{#- Whether a time that nobody checks on its way in can have been told when its record was last heard of (_seen_at): clocks
    differ, but not by more than a day. -#}
{% macro is_past(at) -%} {{ at }} <= _seen_at + interval 1 day {%- endmacro %}

{#- States that a case can be in. -#}
{% macro is_state(status='status') -%} ({{ is_open(status) }} or {{ status }} in ('solved', 'closed')) {%- endmacro %}

{#-
    Until when anything was heard of each source: so long at least have waited those who wait, and whether somebody came
    back is not known beyond. Two times that nobody checks on their way in are left out.
-#}
{% macro heard_of_sources() -%}
    select source, max(occurred_at) as last_at
    from {{ ref('int_events') }}
    where kind not in ('survey_opened', 'review_answered')
    group by source
{%- endmacro %}

{#- Minutes from one moment to another; null where either is unknown, or where the clock runs backwards. -#}
{% macro minutes_between(begin, end) -%}
    case when {{ end }} >= {{ begin }} then date_diff('second', {{ begin }}, {{ end }}) / 60.0 end
{%- endmacro %}

{#- The value that a share of all do not exceed, interpolated. -#}
{% macro quantile(column, share) -%}
    {{ return(adapter.dispatch('quantile')(column, share)) }}
{%- endmacro %}

{% macro default__quantile(column, share) -%} percentile({{ column }}, {{ share }}) {%- endmacro %}

{% macro duckdb__quantile(column, share) -%} quantile_cont({{ column }}, {{ share }}) {%- endmacro %}
