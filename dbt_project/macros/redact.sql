{#-
    A text without e-mail addresses, account, card and phone numbers.

    Order matters: an IBAN or a card number is also a row of digits that reads as a phone number.
    Dates as ISO 8601 are no phone numbers: their dashes are set aside while phones are masked.
    The first test spares texts without any digit or @, most of them, the five expressions.
-#}
{% macro redact(column) -%}
    {{ return(adapter.dispatch('redact')(column)) }}
{%- endmacro %}

{% macro default__redact(column) -%}
    case
        when not regexp_matches({{ column }}, '[0-9@]') then {{ column }}
        else {{ _masked(column, redaction_rules()) }}
    end
{%- endmacro %}

{% macro redaction_rules() -%}
    {{ return([
        ('[\\w.%+''-]+@[\\w-]+(?:\\.[\\w-]+)+', '[email]'),
        ('\\b[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,4})?\\b', '[iban]'),
        ('\\b[0-9](?:[ -]?[0-9]){12,18}\\b', '[card]'),
        ('\\b([0-9]{4})-([0-9]{2})-([0-9]{2})\\b', '\\1\ue000\\2\ue000\\3'),
        ('(?:\\+|\\b)[0-9(](?:[ ()./-]{0,2}[0-9]){6,}\\b', '[phone]'),
        ('\ue000', '-'),
    ]) }}
{%- endmacro %}

{% macro _masked(column, rules) -%}
    {%- for _ in rules %}regexp_replace({% endfor -%}
    {{ column }}
    {%- for pattern, mask in rules %}, '{{ pattern | replace("'", "''") }}', '{{ mask }}', 'g'){% endfor -%}
{%- endmacro %}
