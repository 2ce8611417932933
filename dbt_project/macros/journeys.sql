{#- Events that touch a customer, in the words of journey_events. -#}
{% macro event_kinds() -%}
    {{ return([
        'survey_invited', 'survey_opened', 'survey_answered', 'case_opened', 'customer_message',
        'agent_message', 'case_solved', 'case_reopened', 'case_rated', 'review_written', 'review_answered',
        'order', 'subscription_started', 'subscription_renewed', 'subscription_cancelled', 'refund', 'usage',
    ]) }}
{%- endmacro %}

{#- A case that is set aside, or a team that is asked, touches no customer. -#}
{% macro is_touch(kind='kind') -%} {{ kind }} in ('{{ event_kinds() | join("', '") }}') {%- endmacro %}

{#- The newest touch that is not dated ahead, as `heard_at`: nothing is over because we stopped listening, nor because
    an old export was loaded today. -#}
{% macro heard_until() -%}
    select max(occurred_at) as heard_at
    from {{ ref('journey_events') }}
    where is_touch and occurred_at <= (select max(_seen_at) from {{ ref('int_mentions') }})
{%- endmacro %}

{#- Who never got an invitation was not asked. -#}
{% macro is_delivered() -%} coalesce(status, 'sent') not in ('bounced', 'failed') {%- endmacro %}

{#- Of what carries one time, a case opens or opens again first, and is solved last: vendors stamp these like the message
    that came with it. -#}
{% macro rank_in_time(kind='kind') -%}
    case {{ kind }} when 'case_opened' then 0 when 'case_reopened' then 1 when 'case_solved' then 3 else 2 end
{%- endmacro %}

{#- Touches by which a customer calls on us: with the first one the ball is ours. -#}
{% macro is_contact(kind='kind') -%} {{ kind }} in ('case_opened', 'customer_message', 'case_reopened') {%- endmacro %}

{#- Touches that give the ball back. -#}
{% macro is_answer(kind='kind') -%} {{ kind }} in ('agent_message', 'case_solved') {%- endmacro %}

{#- How many of a kind may run side by side for one customer: bounds what a machine's million costs. -#}
{% macro most_at_once() -%} 10 {%- endmacro %}

{#- Rows of the integers from one column to another, both included. -#}
{% macro each_from_to(first, last) -%}
    {{ return(adapter.dispatch('each_from_to')(first, last)) }}
{%- endmacro %}

{% macro default__each_from_to(first, last) -%} explode(sequence({{ first }}, {{ last }})) {%- endmacro %}

{% macro duckdb__each_from_to(first, last) -%} unnest(range({{ first }}, {{ last }} + 1)) {%- endmacro %}

{#- The last value before a row that is not null, in a named window that ends before it. -#}
{% macro last_known(value, window) -%}
    {{ return(adapter.dispatch('last_known')(value, window)) }}
{%- endmacro %}

{% macro default__last_known(value, window) -%} last_value({{ value }}) ignore nulls over {{ window }} {%- endmacro %}

{% macro duckdb__last_known(value, window) -%} last_value({{ value }} ignore nulls) over {{ window }} {%- endmacro %}

{#- The texts of the first n rows of a group where a condition holds, joined. Memory is bounded by n. -#}
{% macro first_texts(text, order_by, n, condition, separator=' > ') -%}
    {{ return(adapter.dispatch('first_texts')(text, order_by, n, condition, separator)) }}
{%- endmacro %}

{% macro default__first_texts(text, order_by, n, condition, separator) -%}
    array_join(transform(slice(array_sort(collect_list(
        case when {{ condition }} then struct({{ order_by }} as place, {{ text }} as text) end
    )), 1, {{ n }}), item -> item.text), '{{ separator }}')
{%- endmacro %}

{% macro duckdb__first_texts(text, order_by, n, condition, separator) -%}
    array_to_string(min_by({{ text }}, {{ order_by }}, {{ n }}) filter ({{ condition }}), '{{ separator }}')
{%- endmacro %}

{#- Values of a group in order, and the one at a place (from 1). A number a row, as window functions give it, takes
    three times as long. -#}
{% macro in_order(column) -%}
    {{ return(adapter.dispatch('in_order')(column)) }}
{%- endmacro %}

{% macro default__in_order(column) -%} array_sort(collect_list({{ column }})) {%- endmacro %}

{% macro duckdb__in_order(column) -%} list_sort(list({{ column }})) {%- endmacro %}

{% macro at_place(values, place) -%}
    {{ return(adapter.dispatch('at_place')(values, place)) }}
{%- endmacro %}

{% macro default__at_place(values, place) -%} element_at({{ values }}, cast({{ place }} as int)) {%- endmacro %}

{% macro duckdb__at_place(values, place) -%} list_extract({{ values }}, cast({{ place }} as bigint)) {%- endmacro %}

{#-
    Touches that lie on journeys, of customers and, if a definition is per account, of accounts: one dated before
    `journey_first_day`, or too long after the newest load, is none. A touch of nobody known is on no journey.
    Reads the CTEs `definitions` and `clock`, and journey_events by name: as a CTE it would be written out.

    columns  of journey_events, beside `per` and `party_id`
    among    a table with the `party_id`s to be read, all of them without
-#}
{% macro journey_touches(columns, among=none) -%}
    {%- for per in ['customer', 'account'] %}
    select '{{ per }}' as per, {{ per }}_id as party_id, {{ columns | join(', ') }}
    from {{ ref('journey_events') }}
    where is_touch
        and occurred_at >= timestamp '{{ var("journey_first_day") }}'
        and coalesce(
            occurred_at <= (select heard_at from clock) + interval {{ var('journey_ahead_days') }} day, true
        )
        and {{ per }}_id {{ 'in (select party_id from ' ~ among ~ ')' if among else 'is not null' }}
        {%- if per == 'account' %}
        and exists (select 1 from definitions where per = 'account')
        {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Events by which money is paid or paid back. -#}
{% macro is_paid(kind='kind') -%} {{ kind }} in ('{{ var("paid_kinds") | join("', '") }}') {%- endmacro %}

{#- What the customers and accounts of a table with `party_id`s paid and were paid back. -#}
{% macro journey_payments(among) -%}
    {%- for party in ['customer_id', 'account_id'] %}
    select {{ party }} as party_id, occurred_at, amount, currency
    from {{ ref('journey_events') }}
    where amount is not null and {{ party }} in (select party_id from {{ among }})
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
