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
