{#- Rows of the seed that can set no reference aside, each with what to do. The others count all the same. -#}
{% test blocklist_is_sound(model) %}
{{ config(severity='warn') }}
with numbered as (
    select *, {{ seed_row() }} as blocklist_row from {{ model }}
)

select
    -- by its number: what is listed may be somebody's address
    'identity_blocklist row ' || blocklist_row as culprit,
    case
        when coalesce({{ normal_kind('kind') }} not in ('{{ reference_kinds() | join("', '") }}'), true)
            then 'its kind is none: write {{ reference_kinds() | join(", ") }}'
        when {{ normal_kind('kind') }} = 'email'
            then 'its value is no address: write one, or info@ for a name at any domain, or @example.com for a domain'
        when {{ normal_kind('kind') }} = 'phone'
            then 'its value is no number: write one of at least seven digits that are not all the same'
        else 'its value is empty: write the id that links nobody'
    end as remedy
from numbered
{{ join_provider('lower(trim(numbered.value))', 'provider') }}
where {{ blocked_value('kind', 'value', 'provider') }} is null
{% endtest %}
