-- One row per record, or further address of a person, that could name a customer: its references, normalised.
select * exclude (since, until)
from {{ ref('int_mention_versions') }}
where until is null
