-- One row per link between two references, by rule.
{{ joining_links(ref('int_identity_edge_versions')) }}
