-- One row per link between two references, by rule.
select links.node_a, links.node_b, links.rule
from {{ ref('int_identity_edge_versions') }} as links
-- asked for what does not exist by two columns, DuckDB takes fifty times as long
left join {{ ref('int_torn_edges') }} as torn on links.node_a = torn.node_a and links.node_b = torn.node_b
where links.until is null
    and links.rule not in ('set aside', 'declared different')
    and torn.node_a is null
