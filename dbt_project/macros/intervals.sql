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

{#-
    Everybody asked and everybody answered: no sampling error is left. Where more answered than are said to be
    there, the headcount is out of date and says nothing.
-#}
{% macro finite_population(n, population) -%}
    coalesce(sqrt(
        case when {{ population }} >= {{ n }} then {{ population }} - {{ n }} end / nullif({{ population }} - 1.0, 0)
    ), 1.0)
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
    Student's t for 95 %. quantile comes from the table student_t; past its end (200 degrees of
    freedom) the first Cornish-Fisher terms are exact to five digits.
-#}
{% macro t_quantile(quantile, df) -%}
    coalesce({{ quantile }}, {{ z() }} + (pow({{ z() }}, 3) + {{ z() }}) / (4.0 * {{ df }}))
{%- endmacro %}

{#- Half width of a mean's t interval; null where all answers are alike, which does not tell how far others would lie. -#}
{% macro t_half_width(n, deviation, quantile) -%}
    {{ t_quantile(quantile, '(' ~ n ~ ' - 1)') }} * nullif({{ deviation }}, 0) / sqrt({{ n }})
{%- endmacro %}

{#- A mean's interval ends where its scale does. side is -1 or 1; scale_end null: the scale has no such end, or nobody knows it. -#}
{% macro mean_bound(side, mean, half_width, scale_end) -%}
    case when {{ half_width }} is not null then {{ 'greatest' if side < 0 else 'least' }}(
        {{ mean }} + {{ side }} * {{ half_width }}, {{ scale_end }}
    ) end
{%- endmacro %}

{#- What that is called. -#}
{% macro mean_method(scale_end) -%}
    't' || case when {{ scale_end }} is not null then ', clipped to the scale' else '' end
{%- endmacro %}

{#-
    A count's exact Poisson limit (Garwood 1936). limit comes from the table poisson_limits; past its
    end (200 events) Wilson and Hilferty's chi-squared is right to 1 in 100,000.
-#}
{% macro poisson_bound(side, events, limit) -%}
    {%- set shape -%} {{ '(1.0 * ' ~ events ~ ')' if side < 0 else '(' ~ events ~ ' + 1.0)' }} {%- endset -%}
    coalesce({{ limit }}, {{ shape }} * pow(
        1 - 1 / (9 * {{ shape }}) + {{ side }} * {{ z() }} / (3 * sqrt({{ shape }})), 3
    ))
{%- endmacro %}

{#-
    Difference of two independent estimates from their own intervals (MOVER: Newcombe 1998; Zou and
    Donner 2008): it keeps what is lopsided in them. side is -1 or 1; each argument names a relation
    with value, interval_low and interval_high.
-#}
{% macro difference_bound(side, later, earlier) -%}
    {%- set near, far = ('interval_low', 'interval_high') if side < 0 else ('interval_high', 'interval_low') -%}
    {{ later }}.value - {{ earlier }}.value + {{ side }} * sqrt(
        pow({{ later }}.value - {{ later }}.{{ near }}, 2) + pow({{ earlier }}.value - {{ earlier }}.{{ far }}, 2)
    )
{%- endmacro %}

{#-
    How likely a difference at least this large is by chance, from its 95 % interval: the half that
    lies towards zero tells its standard error. Null where that half has no width. The complementary
    error function is Abramowitz and Stegun 7.1.26, right to 1.5e-7.
-#}
{% macro chance_of(difference, low, high) -%}
    {%- set half -%}
    nullif(case when {{ difference }} > 0 then {{ difference }} - {{ low }} else {{ high }} - {{ difference }} end, 0)
    {%- endset -%}
    {%- set x -%} (abs({{ difference }}) / {{ half }} * {{ z() }} / sqrt(2.0)) {%- endset -%}
    {%- set t -%} (1.0 / (1.0 + 0.3275911 * {{ x }})) {%- endset -%}
    {{ t }} * (0.254829592 + {{ t }} * (-0.284496736 + {{ t }} * (1.421413741 + {{ t }} * (
        -1.453152027 + {{ t }} * 1.061405429)))) * exp(-pow({{ x }}, 2))
{%- endmacro %}

{#- Sample deviation from sums; null for one value, and for values that are alike but for rounding. -#}
{% macro deviation(n, total, squares) -%}
    {%- set spread -%} {{ squares }} - pow({{ total }}, 2) / {{ n }} {%- endset -%}
    case when {{ spread }} > 1e-9 * {{ squares }} then sqrt(({{ spread }}) / nullif({{ n }} - 1, 0)) end
{%- endmacro %}

{#-
    How many times the variance of independent answers a mean has whose customers answer more than
    once (design effect: Kish 1965). Cluster-robust variance, as of statsmodels' cov_type='cluster',
    over s^2 / n:  C / (C - 1) * (n - 1) / n * sum over customers of (S_c - n_c * mean)^2 / sum of (x - mean)^2,
    written in the sums that add up. Where all answers are alike, or are one customer's, they do not
    tell how alike a customer's are: then each customer counts as one answer (Kish's sum of n_c^2 / n).
    cell: a relation with those sums.
-#}
{% macro design_effect(cell) -%}
    {%- set c = cell ~ '.' -%}
    {%- set mean -%} ({{ c }}total / {{ c }}n) {%- endset -%}
    case
        when {{ c }}customers = {{ c }}n then 1.0
        when {{ c }}customers = 1 or {{ spread(cell) }} <= 1e-9 * {{ c }}squares then {{ c }}customer_counts / {{ c }}n
        else
            {{ c }}customers / ({{ c }}customers - 1) * ({{ c }}n - 1) / {{ c }}n
            * greatest(0.0, {{ c }}customer_squares - 2 * {{ mean }} * {{ c }}customer_products
                + pow({{ mean }}, 2) * {{ c }}customer_counts)
            / {{ spread(cell) }}
    end
{%- endmacro %}

{#- Sum of (x - mean)^2 from sums. -#}
{% macro spread(cell) -%}
    greatest(0.0, {{ cell }}.squares - pow({{ cell }}.total, 2) / {{ cell }}.n)
{%- endmacro %}

{#- What weighted values are weighted by, as text. -#}
{% macro weights_method() -%}
    invited / completed by source, {{ var('weight_by') | reject('equalto', 'source') | join(', ') }}; Kish
{%- endmacro %}
