{#- Order of two descriptions of one customer; ties by record so that every run picks the same. -#}
{% macro newest_person() -%}
    struct_pack(at := coalesce(people.updated_at, people.created_at, timestamp '0001-01-01'), record := people.record_id)
{%- endmacro %}
