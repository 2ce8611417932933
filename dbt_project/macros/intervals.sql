{#- 95 % intervals, closed formulas in portable SQL. Every argument is a column or expression. -#}

{% macro z() -%} 1.959964 {%- endmacro %}

{#-
    NPS by the adjusted Wald interval: three more answers, 3/4 a promoter, 3/4 a detractor, so that
    a small or unanimous sample does not claim certainty. side is -1 or 1; clipped to +-100.
    population: how many could have answered; null for very many. The finite population correction
    shrinks the adjustment and the width alike: when everybody answered, the value is what it is.
    The interval always holds its own value, which the adjustment alone can push out at n = 1.
-#}
{% macro nps_bound(side, n, promoters, detractors, population='null') -%}
    {%- set score -%} ({{ promoters }} - {{ detractors }}) / (1.0 * {{ n }}) {%- endset -%}
    {%- set adjusted -%} ({{ promoters }} - {{ detractors }}) / ({{ n }} + 3.0) {%- endset -%}
    greatest(-100, least(100, 100 * {{ 'least' if side < 0 else 'greatest' }}(
        {{ score }},
        {{ score }} + {{ finite_population(n, population) }} * (
            {{ adjusted }} - {{ score }}
            + {{ side }} * {{ z() }} * sqrt((
                ({{ promoters }} + {{ detractors }} + 1.5) / ({{ n }} + 3.0) - pow({{ adjusted }}, 2)
            ) / ({{ n }} + 3.0))
        )
    )))
{%- endmacro %}

{#- Everybody asked and everybody answered: no sampling error is left. -#}
{% macro finite_population(n, population) -%}
    coalesce(sqrt(greatest(0.0, {{ population }} - {{ n }}) / nullif({{ population }} - 1.0, 0)), 1.0)
{%- endmacro %}

{#- Share of n by Wilson, as a fraction. side is -1 or 1. -#}
{% macro wilson_bound(side, n, hits) -%}
    (
        ({{ hits }} + pow({{ z() }}, 2) / 2)
        + {{ side }} * {{ z() }} * sqrt(
            {{ hits }} * ({{ n }} - {{ hits }}) / (1.0 * {{ n }}) + pow({{ z() }}, 2) / 4
        )
    ) / ({{ n }} + pow({{ z() }}, 2))
{%- endmacro %}

{#-
    Half width of a mean's t interval. quantile comes from the table student_t; past its end
    (200 degrees of freedom) the first Cornish-Fisher terms are exact to five digits.
-#}
{% macro t_half_width(n, deviation, quantile) -%}
    coalesce({{ quantile }}, {{ t_beyond_table(n) }}) * {{ deviation }} / sqrt({{ n }})
{%- endmacro %}

{% macro t_beyond_table(n) -%}
    ({{ z() }} + (pow({{ z() }}, 3) + {{ z() }}) / (4.0 * ({{ n }} - 1)))
{%- endmacro %}

{#- Sample deviation from sums, null for one value; rounding must not turn 0 into the root of less. -#}
{% macro deviation(n, total, squares) -%}
    sqrt(greatest(0.0, {{ squares }} - pow({{ total }}, 2) / {{ n }}) / nullif({{ n }} - 1, 0))
{%- endmacro %}
