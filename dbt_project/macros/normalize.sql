{#- An address as it links people: lower case, trimmed, with something on both sides of one @. -#}
{% macro normal_email(column) -%}
    case
        when regexp_matches(trim({{ column }}), '^[^@\s]+@[^@\s]+$') then lower(trim({{ column }}))
    end
{%- endmacro %}

{#-
    A number as it links people: digits, with a leading + if it was international (+ or 00).
    Fewer than 7 digits or one digit repeated is a placeholder, and null. A national number stays
    national: which country it belongs to is not in the row.
-#}
{% macro normal_phone(column) -%}
    case
        when length(regexp_replace({{ column }}, '[^0-9]', '', 'g')) < 7 then null
        when length(replace(
            regexp_replace({{ column }}, '[^0-9]', '', 'g'),
            substr(regexp_replace({{ column }}, '[^0-9]', '', 'g'), 1, 1), ''
        )) = 0 then null
        else regexp_replace(
            regexp_replace(regexp_replace(trim({{ column }}), '^00', '+'), '[^0-9+]', '', 'g'),
            '(.)\+', '\1', 'g'
        )
    end
{%- endmacro %}

{#- A reference as written, or null if nothing was written. -#}
{% macro normal_ref(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}

{#- The reference that one side of an override names, as int_mentions would number it. -#}
{% macro override_node(side) -%}
    case kind_{{ side }}
        when 'person' then {{ hash_id(["'person'", 'source_' ~ side, normal_ref('value_' ~ side)]) }}
        when 'external' then {{ hash_id(["'external'", 'source_' ~ side, normal_ref('value_' ~ side)]) }}
        when 'email' then {{ hash_id(["'email'", normal_email('value_' ~ side)]) }}
        when 'phone' then {{ hash_id(["'phone'", normal_phone('value_' ~ side)]) }}
    end
{%- endmacro %}

{#- A native reference as it may be published: some vendors use the e-mail address or number as one. -#}
{% macro published_ref(column) -%}
    case when not regexp_matches({{ column }}, '@|^ *(\+|00)[0-9]') then {{ column }} end
{%- endmacro %}
