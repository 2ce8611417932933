{#-
    Themes of texts, by the patterns of the seed theme_map.

    Engines compile a pattern that is a constant once, and one that comes from a row for each text
    anew, a hundred times slower. So the rules are read from the seed when a model is compiled, and
    written into its SQL.
-#}

{#- What is wrong with a rule of theme_map and what to do; null where nothing is. Such a rule is set aside. -#}
{% macro theme_problem() -%}
    case
        when theme is null then 'theme is empty: say what the pattern is a sign of'
        when {{ finds('theme', '[,|]') }} then 'a theme has no comma and no | in its name: comments list theirs by commas'
        when pattern is null then 'pattern is empty: it would be found everywhere'
        when kind is not null and kind not in ('praise', 'complaint', 'any') then 'kind is praise, complaint, any or empty'
        when language is not null and not ({{ finds('language', '^[a-z]{2,3}$') }})
            then 'language is its code of two or three letters, en, or empty for all'
        when not {{ compiles('pattern') }}
            then 'pattern is no regular expression of RE2: close what it opens; look-around and back references are not known'
        when {{ compiles('pattern') }} and {{ finds_nothing('pattern') }} then 'pattern is found in an empty text, so in every one: make it longer'
    end
{%- endmacro %}

{% macro finds_nothing(pattern) -%}
    {{ return(adapter.dispatch('finds_nothing')(pattern)) }}
{%- endmacro %}

{% macro default__finds_nothing(pattern) -%} regexp_like('', {{ pattern }}) {%- endmacro %}

{% macro duckdb__finds_nothing(pattern) -%} coalesce(try(regexp_matches('', {{ pattern }})), false) {%- endmacro %}

{#-
    Rules that can be followed, as [{theme, rule, pattern}]; a rule is told as theme|language|kind.
    None where the seed is not there yet, as when the project is only read.
-#}
{% macro theme_rules() -%}
    {%- set seed = ref('theme_map') -%}
    {%- set rules = [] -%}
    {%- if execute and load_relation(seed) is not none -%}
        {%- set query -%}
        select theme, theme || '|' || coalesce(lower(language), '') || '|' || coalesce(kind, 'any') as rule, pattern
        from {{ seed }}
        where {{ theme_problem() }} is null
        order by theme, rule, pattern
        {%- endset -%}
        {%- for row in run_query(query).rows -%}
            {%- do rules.append({'theme': row[0], 'rule': row[1], 'pattern': row[2]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(rules) }}
{%- endmacro %}

{#-
    The rules that a text matches, each as theme|language|kind, separated by commas; null for none.
    Most themes are not in most texts: one look for all patterns of a theme spares the rest.
-#}
{% macro rules_found(text, rules) -%}
    {%- set themes = rules | map(attribute='theme') | unique | list -%}
    {%- if not themes -%}
    cast(null as {{ dbt.type_string() }})
    {%- else -%}
    nullif(concat_ws(', '
        {%- for theme in themes %}
        {%- set mine = rules | selectattr('theme', 'equalto', theme) | list %}
        , case when {{ finds(text, '(?:' ~ mine | map(attribute='pattern') | join(')|(?:') ~ ')') }} then nullif(concat_ws(', '
            {%- for one in mine %}
            , case when {{ finds(text, one.pattern) }} then {{ dbt.string_literal(dbt.escape_single_quotes(one.rule)) }} end
            {%- endfor %}), '') end
        {%- endfor %}), '')
    {%- endif -%}
{%- endmacro %}

{#- Whether a rule speaks of a text's language: it does where either is unknown. -#}
{% macro speaks_of(rule, language) -%}
    (split_part({{ rule }}, '|', 2) = '' or coalesce(lower(split_part({{ language }}, '-', 1)) = split_part({{ rule }}, '|', 2), true))
{%- endmacro %}

{#- Whose words they are: a customer; of somebody anonymous each touch is one. -#}
{% macro writer(relation='') -%}
    coalesce({{ relation }}customer_id, -1 - {{ relation }}voice_id)
{%- endmacro %}

{% macro month_of(column) -%}
    cast(date_trunc('month', {{ column }}) as date)
{%- endmacro %}

{#- How a share and its change are made, as text. -#}
{% macro theme_method() -%}
    'writers of {{ var("theme_months_recent") }} months against {{ var("theme_months_before") }} before and the same a year before, Newcombe, Benjamini-Hochberg 5 %'
{%- endmacro %}

{#- Customers who must use a word before it is told. -#}
{% macro theme_word_customers() -%} {{ [var('theme_word_customers'), 5] | max }} {%- endmacro %}

{#- The themes of the rules that a text was found to match (`rules_found`) and that speak of its language, in order; null
    for none. Taken out of each text by itself: as rows to be grouped again they cost three times as much. -#}
{% macro themes_of(rules, language) -%}
    {{ return(adapter.dispatch('themes_of')(rules, language)) }}
{%- endmacro %}

{% macro default__themes_of(rules, language) -%}
    nullif(array_join(array_sort(array_distinct(transform(
        filter(split({{ rules }}, ', '), rule -> {{ speaks_of('rule', language) }}), rule -> split_part(rule, '|', 1)
    ))), ', '), '')
{%- endmacro %}

{% macro duckdb__themes_of(rules, language) -%}
    nullif(array_to_string(list_sort(list_distinct(list_transform(
        list_filter(string_split({{ rules }}, ', '), lambda rule : {{ speaks_of('rule', language) }}),
        lambda rule : split_part(rule, '|', 1)
    ))), ', '), '')
{%- endmacro %}
