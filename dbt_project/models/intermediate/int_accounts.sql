-- One row per customer account of a source.
select
    {{ hash_id(["'account'", 'source', 'account_ref']) }} as account_id,
    source,
    account_ref,
    {{ hash_id(["'account'", 'source', 'parent_account_ref']) }} as parent_account_id,
    segment,
    country,
    created_at
from {{ ref('stg_accounts') }}
where not is_deleted
