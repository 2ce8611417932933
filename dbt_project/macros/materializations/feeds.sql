{#-
    Change feeds: which rows each build of an incremental table changed, so that whoever is made of them looks at
    nothing else. (Delta Lake keeps such of its tables; here each is a table of the schema `feeds`.)

    A model that keeps one names in `config(feed=[...])` the columns by which its readers find what hangs on a row. A
    build that changes rows adds their values, of before and after, under the next number. A full build begins the
    feed anew, under the time as its number: none comes twice, so a reader that does not find its own knows that it
    has to look at everything.

    A model that reads feeds asks `read_feeds` what they tell; up to where it has read them is noted when it has been
    made. It says in `config(reads_feeds='<number>')` by which number of its rows it is seen whether it still holds
    what it held then. A feed is written before its table, and the note after the reader's: whatever is cut short
    between the two is told again, and nothing is missed.
-#}

{#- Before a run: room for feeds. Here, since two threads that make one thing at a time are in each other's way. -#}
{% macro make_room_for_feeds() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'retry') -%}
        {%- do run_query('create schema if not exists ' ~ feed('x').without_identifier()) -%}
        {#- number    up to which the reader knows the feed
            beside    fingerprint of what else it is made of
            held      fingerprint of what it held then
            is_told   whether it was made by what they told, and did not look at everything #}
        {%- do run_query('create table if not exists ' ~ feed('marks')
            ~ ' (reader varchar, feed varchar, number bigint, beside varchar, held varchar, is_told boolean)') -%}
    {%- endif -%}
{%- endmacro %}

{#- The table of a model's feed, in the database of the models that nobody is shown. -#}
{% macro feed(name) -%}
    {{ return(api.Relation.create(database=target.database, schema='feeds', identifier=name)) }}
{%- endmacro %}

{#- Names of the feeds that there are. -#}
{% macro feeds_there() -%}
    {{ return(run_query(
        "select table_name from information_schema.tables where table_schema = 'feeds' and table_catalog = '"
        ~ target.database ~ "'"
    ).columns[0].values() | list) }}
{%- endmacro %}

{#- Ends the feed of a model, before it is made anew: who reads it meanwhile looks at everything. -#}
{% macro end_feed() -%}
    {%- do run_query('drop table if exists ' ~ feed(model.name)) -%}
{%- endmacro %}

{#- Begins the feed of a model that has none. -#}
{% macro begin_feed(made) -%}
    {%- set number = (run_started_at.timestamp() * 1000000) | int -%}
    {%- do run_query(
        'create table if not exists ' ~ feed(model.name) ~ ' as
        select cast(' ~ number ~ ' as bigint) as number
        union all by name
        select ' ~ config.get('feed') | join(', ') ~ ' from ' ~ made ~ ' where false'
    ) -%}
{%- endmacro %}

{#- Adds to the feed of a model whatever of it `told` replaces, takes away or brings; a feed of other columns ends. -#}
{% macro continue_feed(made, told) -%}
    {%- set its, names = feed(model.name), config.get('feed') -%}
    {%- set columns, key = names | join(', '), config.get('unique_key') -%}
    {%- set key = key if key is string else key | join(', ') -%}
    {%- if model.name not in feeds_there() -%}
        {{ return('') }}
    {%- elif column_names(its) | list != ['number'] + names -%}
        {%- do end_feed() -%}
    {%- else -%}
        {%- do run_query(
            'insert into ' ~ its ~ ' (number, ' ~ columns ~ ')
            select (select max(number) + 1 from ' ~ its ~ '), ' ~ columns ~ '
            from (
                select ' ~ columns ~ ' from ' ~ told ~ '
                union
                select ' ~ columns ~ ' from ' ~ made ~ ' where (' ~ key ~ ') in (select ' ~ key ~ ' from ' ~ told ~ ')
            ) as changed'
        ) -%}
    {%- endif -%}
{%- endmacro %}

{#-
    What was added to the feeds of some tables since the model was last made: by the name of each a select of it.
    None where they do not tell all that may have changed: where the model is made anew, one of them is not there or
    was begun anew, what the model is made of beside them changed, or where it does not hold any more what it held.

    tables  relations with feeds
    beside  relations that have none, or selects of them: of few rows, compared as a whole
    also    SQL of a text, of what else it depends on
-#}
{% macro read_feeds(tables, beside=[], also="''") -%}
    {%- if not execute or model.resource_type == 'unit_test' or flags.WHICH not in ('build', 'run', 'retry') -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set names, there, newest, numbers = tables | map(attribute='identifier') | list, feeds_there(), [], [] -%}
    {%- for name in names if name in there -%}
        {%- do newest.append("select '" ~ name ~ "' as feed, max(number) as number from " ~ feed(name)) -%}
        {%- do numbers.append("select '" ~ name ~ "', number from " ~ feed(name)) -%}
    {%- endfor -%}
    {%- if newest | length < names | length -%}
        {#- nothing to go on from next time either -#}
        {%- do temporary(
            'feeds_read', "select '' as reader, '' as feed, 0 as number, '' as beside, false as is_told where false"
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- do temporary(
        'feeds_read',
        "select '" ~ model.name ~ "' as reader, *, " ~ _fingerprints(beside, also) ~ ' as beside, false as is_told
        from (' ~ newest | join(' union all ') ~ ') as newest'
    ) -%}
    {%- if not is_incremental() -%} {{ return(none) }} {%- endif -%}
    {%- set known = run_query(
        'select marks.feed, marks.number
        from ' ~ feed('marks') ~ ' as marks
        inner join feeds_read
            on marks.reader = feeds_read.reader
            and marks.feed = feeds_read.feed
            and marks.beside = feeds_read.beside
        where marks.held = (' ~ _held() ~ ')
            and (marks.feed, marks.number) in (' ~ numbers | join(' union all ') ~ ')'
    ) -%}
    {%- set news = {} -%}
    {%- for name, number in known.rows -%}
        {%- do news.update({name: '(select * from ' ~ feed(name) ~ ' where number > ' ~ number ~ ')'}) -%}
    {%- endfor -%}
    {%- if news | length < names | length -%} {{ return(none) }} {%- endif -%}
    {%- do run_query('update feeds_read set is_told = true') -%}
    {{ return(news) }}
{%- endmacro %}

{#- Notes what the model that was made has read. -#}
{% macro note_feeds_read() -%}
    {%- set mine = "reader = '" ~ model.name ~ "'" -%}
    {%- do run_query('delete from ' ~ feed('marks') ~ ' where ' ~ mine) -%}
    {%- do run_query(
        'insert into ' ~ feed('marks') ~ " (reader, feed, number, beside, held, is_told)
        select reader, feed, number, beside, (" ~ _held() ~ '), is_told from feeds_read where ' ~ mine
    ) -%}
{%- endmacro %}

{#- Fingerprint of what the model holds, by the numbers that it says it is read by. Not xor: many rows may have one;
    not whole numbers: their sum has to fit. -#}
{% macro _held() -%}
    select concat_ws('/', count(number), sum(number % 2147483647))
    from (select {{ config.get('reads_feeds') }} as number from {{ this }}) as held
{%- endmacro %}

{% macro _fingerprints(relations, also) -%}
    concat_ws('/', {{ also }}
    {%- for relation in relations -%}
        , (select concat_ws('/', count(*), bit_xor({{ row_hash(column_names(relation)) }})) from {{ relation }})
    {%- endfor -%}
    )
{%- endmacro %}

{#- When a run ends: takes out of the feeds what every reader knows. Rows of the number itself stay: by them a reader
    finds that its number is one of this feed. -#}
{% macro prune_feeds() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'retry') -%}
        {%- set readers = [] -%}
        {%- for node in graph.nodes.values() if node.config.get('reads_feeds') -%} {%- do readers.append(node.name) -%} {%- endfor -%}
        {%- for name in feeds_there() if name != 'marks' -%}
            {%- do run_query(
                'delete from ' ~ feed(name) ~ ' where number < (
                    select min(number) from ' ~ feed('marks') ~ " where feed = '" ~ name ~ "' and reader in ('"
                ~ readers | join("', '") ~ "'))"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
