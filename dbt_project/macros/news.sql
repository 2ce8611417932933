{#- The voices of one kind that the feed of int_placed_voices tells of and that are still there. -#}
{% macro few_voices(news, voice) -%}
    select * from (
        {{ few_rows(ref('int_placed_voices'), ['record_id in (select record_id from ' ~ news ~ ')']) }}
    ) as few
    where voice = '{{ voice }}'
{%- endmacro %}
