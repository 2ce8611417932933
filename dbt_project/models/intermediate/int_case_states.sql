-- One row per stretch of a case in one state; the last one has no end.
{#- A case whose changes nobody tells has one stretch with an unknown state, unless it is still new. -#}
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='record_id') }}
{%- set parts = ['cases', 'case_changes'] %}
{%- set columns = [
    'record_id', 'source', 'case_id', 'nth', 'status', 'team_ref', 'from_at', 'until_at',
    'cases_seen_at', 'case_changes_seen_at',
] %}
{%- do read_touched_cases(parts) %}
with heard_cases as (
    {{ heard_of_cases('cases') }}
),

heard_case_changes as (
    {{ heard_of_cases('case_changes') }}
),

cases as (
    select * from heard_cases where not is_deleted
),

changes_seen as (
    select source, case_id, max(_seen_at) as case_changes_seen_at
    from heard_case_changes
    group by source, case_id
),

-- within a moment the team is first, so that a state begins in the team that the case was given to then;
-- ids that are numbers are in the order of numbers
changes as (
    select
        changes.source,
        changes.case_id,
        changes.field,
        changes.old_value,
        changes.new_value,
        changes.changed_at,
        row_number() over (
            partition by changes.source, changes.case_id
            order by
                changes.changed_at,
                case changes.field when 'team_ref' then 0 else 1 end,
                length(changes.change_id),
                changes.change_id
        ) as place
    from heard_case_changes as changes
    where not changes.is_deleted and changes.field in ('status', 'team_ref')
),

-- an empty text stands for no team, which a null could not be told from
moved as (
    select
        *,
        {{ last_known("case when field = 'team_ref' then coalesce(new_value, '') end", 'until_here') }} as team_ref
    from changes
    window until_here as (
        partition by source, case_id order by place rows between unbounded preceding and current row
    )
),

teams as (
    select
        changes.source,
        changes.case_id,
        min_by(coalesce(changes.old_value, ''), changes.place) as first_team_ref,
        max_by(coalesce(changes.new_value, ''), changes.place) filter (changes.changed_at <= cases.created_at)
        as opening_team_ref
    from changes
    inner join cases using (source, case_id)
    where changes.field = 'team_ref'
    group by changes.source, changes.case_id
),

states as (
    select source, case_id, place, new_value as status, old_value, team_ref, changed_at
    from moved
    where field = 'status'
),

firsts as (
    select
        source,
        case_id,
        min(place) as place,
        min_by(old_value, place) as old_value,
        min(changed_at) as changed_at
    from states
    group by source, case_id
),

told as (
    select source, case_id, place, status, team_ref, changed_at as from_at
    from states
    union all
    -- before the first change; none where that is the opening itself
    select
        cases.source,
        cases.case_id,
        0,
        case
            when firsts.place is not null then firsts.old_value
            when cases.status = 'new' then 'new'
        end,
        teams.opening_team_ref,
        cases.created_at
    from cases
    left join firsts using (source, case_id)
    left join teams using (source, case_id)
    where firsts.changed_at is null or firsts.changed_at > cases.created_at
),

placed as (
    select
        cases.record_id,
        cases.source,
        cases.case_id,
        row_number() over in_case as nth,
        told.status,
        nullif(coalesce(told.team_ref, teams.first_team_ref, cases.team_ref), '') as team_ref,
        -- no stretch is shorter than nothing, whatever the clocks say: int_case_clocks reports those
        greatest(told.from_at, cases.created_at) as from_at,
        greatest(lead(told.from_at) over in_case, cases.created_at) as until_at,
        cases._seen_at as cases_seen_at,
        changes_seen.case_changes_seen_at
    from told
    inner join cases using (source, case_id)
    left join teams using (source, case_id)
    left join changes_seen using (source, case_id)
    window in_case as (partition by told.source, told.case_id order by told.place)
),

-- greatest() skips nulls: the last stretch has no end
stretches as (
    select
        * replace (
            case when nth < max(nth) over (partition by record_id) then until_at end as until_at
        )
    from placed
)

select {{ columns | join(', ') }}, {{ row_hash(columns) }} as row_hash
from stretches
{%- if is_incremental() %}
union all
select {{ only_deletes('record_id', columns) }}
from heard_cases
where is_deleted
{%- endif %}
