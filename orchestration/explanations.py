"""What the codes of this package's errors mean; `connectors.explanations` has the others."""

from __future__ import annotations

EXPLANATIONS: dict[str, str] = {
    "CODE-UNKNOWN": "`earful explain` without a code lists every code there is.",
    "CONFIG-MISSING": (
        "The settings file that --config or EARFUL_CONFIG names is not there. Without either, "
        "`earful.toml` in the working folder is read, if there is one."
    ),
    "CONFIG-VALUE": (
        "A setting has a value that it cannot have. Settings come from flags, then EARFUL_* "
        "variables, then the file, then defaults; `earful config show` says which one won."
    ),
    "DATA-WRITE": (
        "The data folder refused a write: no permission, a full disk, or a file where a folder "
        "is expected. Nothing was half-written."
    ),
    "DEMO-END": (
        "The demo's company lives a fixed stretch of time, and its vendors know nothing of what "
        "comes after it."
    ),
    "DEMO-SCALE": (
        "A data folder holds one company. Landing another one into the same tables would mix "
        "people who never met, so each scale gets a folder of its own."
    ),
    "DEMO-SPAN": "`earful demo --advance 30d` lets thirty days pass at the demo's vendors.",
    "DBT-PARSE": (
        "dbt could not read the project: a model, a seed or a yml is wrong. The message is dbt's "
        "own. `dbt parse` in dbt_project/ shows it again."
    ),
    "DBT-RUN": (
        "dbt could not build the people that the probabilistic pass compares. Its log in the data "
        "folder names the model and DuckDB's reason."
    ),
    "DBT-TESTS": (
        "A test of a seed or a model found rows that cannot be right. What was published stays. A "
        "rule that somebody wrote is named with what to do; rows of customers are only counted: "
        "dbt's log in the data folder names the file with the query that returns them."
    ),
    "ERASE-NOBODY": (
        "Nobody is erased by a name that leads to no customer. Records that landed since the last "
        "build are no customer's yet: run first. An address that many share is set aside as "
        "nobody's (`identity_conflicts`): name the person by customer_id, or by an id of theirs."
    ),
    "ERASE-SEVERAL": (
        "Records with this address are of several customers. Only a person can say who asked to "
        "be erased: `identity_links` tells what each of them consists of."
    ),
    "ERASE-UNBUILT": (
        "Who somebody is, and by which names, is told by the models, which are not all there. An "
        "erasure drops them once nobody in raw is left who has to go: the next `earful run` "
        "builds and publishes without them, and every older version goes."
    ),
    "ERASE-WHO": (
        "People are named by `customer_id`, as every published table has it, by an e-mail address, "
        "a phone number in E.164, or as `SOURCE:PERSON_REF`, the source's own id of theirs."
    ),
    "ENVIRONMENT-OLD": (
        "Some of what a checkout needs is made when it is installed: the packages, and the command "
        "that runs dbt. After a pull that changed them, it has to be installed again."
    ),
    "GATE-ERRORED": (
        "An expectation raised an error instead of judging the data. That is no verdict, so "
        "nothing passed and nothing was rejected. Usually a column is missing or has another "
        "type; the run's log has the traceback."
    ),
    "MATCHING-LEARN": (
        "The probabilistic pass learns its weights from pairs of people: those that a rule of "
        "`sure` or `train_on` finds. It found none, or more than `sure_share` admits. "
        "docs/identity.md says how rules are chosen; without the setting `matching` nothing is "
        "learnt, and people are linked by their references alone."
    ),
    "MATCHING-MISSING": (
        "The setting `matching` (EARFUL_MATCHING) names the YAML of the probabilistic pass. "
        "Correct the path, or leave the setting out: the pass is off by default."
    ),
    "MATCHING-SPLINK": (
        "The probabilistic pass needs Splink, which is installed by pip install -e '.[matching]' "
        "only: an instance without the pass does not carry it."
    ),
    "MODELS-MEMORY": (
        "DuckDB writes to disk what does not fit its memory, but some of each query has to fit. It "
        "gets four fifths of the machine's, or what EARFUL_MODEL_MEMORY says; models that are "
        "built at once share it. A disk without room for the rest ends it the same way. What was "
        "published stays, and the next run begins where this one failed."
    ),
    "PUBLISH-NO-EARLIER": (
        "A rollback goes to the version before the current one, and there is none: it was never "
        "published or has been dropped. EARFUL_KEEP_VERSIONS says how many are kept."
    ),
    "RAW-NOT-GATED": (
        "Raw holds loads that the raw gate has not passed, so no model is built on them. Either "
        "the gate refused them (too many rows off contract: replay with a mended mapping, or "
        "raise EARFUL_MAX_REJECTED), or it has not run yet."
    ),
    "RAW-TYPE": (
        "A family contract changed the type of a column that the warehouse already holds. Only a "
        "person can say what the old values mean in the new type. The landing folder is the "
        "system of record: move the warehouse file away, and the next run rebuilds it."
    ),
    "REPORT-CONFIG": (
        "The YAML of the report (the setting `report`, EARFUL_REPORT) says something that cannot "
        "be meant; the message names the key. What it leaves out is as shipped: "
        "orchestration/report/report.yaml. docs/report.md shows every key and the figures."
    ),
    "REPORT-LOCKED": (
        "One process at a time builds the report. Let the other one finish, or wait longer with "
        "EARFUL_LOCK_WAIT. The lock is the operating system's and dies with its process."
    ),
    "REPORT-MISSING": (
        "`earful report serve` shows the report that was built last, and none was yet: "
        "`earful run` builds it with every published version, `earful report` by itself."
    ),
    "REPORT-NOTHING": (
        "The report is made of the published file alone, and nothing was published yet: "
        "`earful run` publishes, unless a gate refuses."
    ),
    "REPORT-PORT": (
        "Another program listens on the port, or it is not ours to take. `--port 0` takes any "
        "that is free and says which."
    ),
    "REPORT-QUERY": (
        "A figure asks for a column that the published file does not have, as after an upgrade: "
        "publish anew with `earful run`, or go on with the report that is there."
    ),
    "SECRET-UNSET": (
        "A source names an environment variable that holds a secret, and it is not set. Secrets "
        "are looked up when a run starts, never earlier, and never stored. `earful doctor` lists "
        "the variables of all sources."
    ),
    "SEED-MISSING": (
        "Every instance has all the seeds, be it with their first line alone. One that came with "
        "an upgrade is not yet in the folder that EARFUL_SEEDS names."
    ),
    "SOURCE-UNKNOWN": (
        "Sources are the folders with a defs.yaml under EARFUL_SOURCES (default: "
        "orchestration/defs/sources). A stream is one key under `streams` in it."
    ),
    "SQL": (
        "DuckDB refused the query. The tables are those of the published file: "
        '`earful sql "show tables"`; their columns: `earful sql "describe metrics"`.'
    ),
    "STREAM-UNKNOWN": (
        "Packages lie in the landing folder under source and stream, both named in a defs.yaml. "
        "`earful status` lists every stream that ever landed something."
    ),
    "WAREHOUSE-LOCKED": (
        "DuckDB lets one process write a file. Another program (a shell, an IDE, a notebook) has "
        "this one open. Close it there. For reading, open the published file: it is never locked."
    ),
    "WAREHOUSE-MISSING": (
        "The file is made by the first run: `earful run`, or `make demo` for a made-up company."
    ),
    "WAREHOUSE-NOT-DUCKDB": (
        "There is a file in the warehouse's place that is not a DuckDB database. Move it away; "
        "everything comes back from the landing folder with the next run."
    ),
    "WAREHOUSE-OPEN": (
        "DuckDB could not open the file: permissions, a full disk, a newer format or damage. "
        "`earful doctor` looks at all of these."
    ),
    "WINDOW": (
        "A window is read again from `--since` (inclusive) to `--until` (exclusive), written as "
        "ISO 8601 dates or times; without an offset they are UTC. `earful replay` takes when "
        "packages landed, or load ids as `--plan` lists them."
    ),
    "WRITER-LOCKED": (
        "One process at a time writes the warehouse: the loader, dbt and publishing take turns. "
        "The message names the process that is at it. The lock is the operating system's and "
        "dies with its process, so there is never a lock file to delete."
    ),
    "YAML": (
        "The file is not valid YAML. Most often a text holds a colon or a question mark and "
        "needs quotes, or a line is indented with a tab."
    ),
    "YAML-SCHEMA": (
        "A source's YAML has a key or a value that its schema does not know. The message names "
        "file, line and key; docs/add-a-source.md explains every key."
    ),
}
