-- One row per observation that a metric is made of: an answer, an invitation or a case, as it reads now.
{{ config(materialized='view') }}
select * exclude (since, until)
from {{ ref('metric_observations') }}
where until is null
