-- One row per link between two references, by rule.
select node_a, node_b, rule
from {{ ref('int_identity_edge_versions') }} as links
where until is null
    and rule not in ('set aside', 'declared different')
    and not exists (
        select 1 from {{ ref('int_torn_edges') }} as torn
        where links.node_a = torn.node_a and links.node_b = torn.node_b
    )
