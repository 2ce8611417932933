{#- An address as it links people: lower case, trimmed, with something on both sides of one @. -#}
{% macro normal_email(column) -%}
    case
        when regexp_matches(trim({{ column }}), '^[^@\s]+@[^@\s]+$') then lower(trim({{ column }}))
    end
{%- endmacro %}

{#-
    The address of the mailbox that a normal address reaches, by what its provider says of spellings.
    `provider` is the row of email_providers that join_provider joined under this alias.
-#}
{% macro mailbox(email, provider) -%}
    {%- set local = "split_part(" ~ email ~ ", '@', 1)" -%}
    {%- set untagged -%}
        case
            when {{ provider }}.tag_separator is null then {{ local }}
            else split_part({{ local }}, {{ provider }}.tag_separator, 1)
        end
    {%- endset -%}
    case
        -- an address of nothing but a tag is nobody's: it stays as it is written
        when {{ provider }}.domain is null or {{ untagged }} = '' then {{ email }}
        else
            case when {{ provider }}.ignores_dots then replace({{ untagged }}, '.', '') else {{ untagged }} end
            || '@' || coalesce({{ provider }}.same_as, {{ provider }}.domain)
    end
{%- endmacro %}

{#- Joins what the provider of a normal address says of its spellings. -#}
{% macro join_provider(email, provider) -%}
    left join {{ ref('email_providers') }} as {{ provider }}
        on split_part({{ email }}, '@', 2) = {{ provider }}.domain
{%- endmacro %}

{#-
    A number as it links people: digits, with a leading + if it was international (+ or 00); null if it is nobody's.
    Landing reads numbers with a library (phone_e164); this is for those that it could not tell, such as national ones
    of a source whose country nobody named, and for those of people who write overrides.
-#}
{% macro normal_phone(column) -%}
    {%- set number -%}
        case
            -- nothing but digits, as landing writes them, and as most are: one look spares the rest
            when regexp_matches({{ column }}, '^\+?[1-9][0-9]{6,}$') then {{ column }}
            else regexp_replace(
                regexp_replace(regexp_replace(trim({{ column }}), '^00', '+'), '[^0-9+]', '', 'g'),
                '(.)\+', '\1', 'g'
            )
        end
    {%- endset -%}
    case when not {{ is_nobodys_number(number) }} then {{ number }} end
{%- endmacro %}

{#-
    Whether a number is a placeholder or an extension: fewer than seven digits, or one digit repeated (zeros in front
    aside), its country code not counted. No country code begins another one, so they can be told by looking; those
    of the last list have shorter numbers (connectors/phones.py).
-#}
{% macro is_nobodys_number(number) -%}
    {%- set short_codes = '1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]' -%}
    {%- set long_codes = '2[1-689][0-9]|3[578][0-9]|42[0-9]|5[09][0-9]|6[7-9][0-9]|8[035789][0-9]|9[679][0-9]' -%}
    {%- set code = '([+](' ~ short_codes ~ '|' ~ long_codes ~ '))?' -%}
    {%- set few = '247|29[089]|376|50[08]|597|672|67[678]|68[1235678]|690' -%}
    (
        regexp_matches({{ number }}, '^{{ code }}0*(1*|2*|3*|4*|5*|6*|7*|8*|9*)$|^\+?[0-9]{0,6}$')
        or regexp_matches({{ number }}, '^{{ code }}[0-9]{0,6}$')
        and not regexp_matches({{ number }}, '^\+({{ few }})')
    )
{%- endmacro %}

{#- A reference as written, or null if nothing was written. -#}
{% macro normal_ref(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}

{#-
    Value of a row of identity_blocklist as references are held: whole, or of an e-mail address the name (info@) or the
    domain (@example.com); null where it can be no reference's. `provider`: see mailbox.
-#}
{% macro blocked_value(kind, value, provider) -%}
    case {{ normal_kind(kind) }}
        when 'email' then
            case
                when regexp_matches(trim({{ value }}), '^[^@\s]+@$') then lower(trim({{ value }}))
                when regexp_matches(trim({{ value }}), '^@[^@\s]+$')
                    then '@' || coalesce({{ provider }}.same_as, lower(substr(trim({{ value }}), 2)))
                else {{ mailbox(normal_email(value), provider) }}
            end
        when 'phone' then {{ normal_phone(value) }}
        when 'person' then lower({{ normal_ref(value) }})
        when 'external' then lower({{ normal_ref(value) }})
    end
{%- endmacro %}

{#- A kind of reference as a seed names it. -#}
{% macro normal_kind(column) -%}
    lower(trim({{ column }}))
{%- endmacro %}

{#-
    The reference that one side of an override names, as int_mentions would number it; its provider
    is joined as provider_a or provider_b.
-#}
{% macro override_node(side) -%}
    case kind_{{ side }}
        when 'person' then {{ hash_id(["'person'", 'source_' ~ side, normal_ref('value_' ~ side)]) }}
        when 'external' then {{ hash_id(["'external'", 'source_' ~ side, normal_ref('value_' ~ side)]) }}
        when 'email' then {{ hash_id(["'email'", mailbox(normal_email('value_' ~ side), 'provider_' ~ side)]) }}
        when 'phone' then {{ hash_id(["'phone'", normal_phone('value_' ~ side)]) }}
    end
{%- endmacro %}

{#- A native reference as it may be published: some vendors use the e-mail address or number as one. -#}
{% macro published_ref(column) -%}
    case when not regexp_matches({{ column }}, '@|^ *(\+|00)[0-9]') then {{ column }} end
{%- endmacro %}
