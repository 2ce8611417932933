{#- The count of all customers, if it is not that of those with a touch: a count that is kept went another way than what
    it is of. To mend it: dbt build --full-refresh --select metric_customer_periods+ -#}
{% test metric_customers_add_up(model) %}
with touched as (
    select count(distinct customer_id) as customers from {{ ref('journey_events') }} where is_touch
)

select counted.customers as counted, touched.customers
from {{ model }} as counted
cross join touched
where counted.period_grain = 'all' and counted.segment = 'all' and counted.account_id = 'all'
    and counted.customers <> touched.customers
{% endtest %}
