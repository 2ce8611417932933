"""What each error code means: the catalogue behind `earful explain`."""

from __future__ import annotations

EXPLANATIONS: dict[str, str] = {
    "NAME": (
        "Names of sources and streams become folders, tables and asset keys, so they are made of "
        "small letters, digits and underscores, and begin with a letter."
    ),
    "LANDING-DAMAGED": (
        "A file of a load package is not what was landed: its checksum differs or it is gone. "
        "Packages change for an erasure alone, which tells the manifest, so this is damage from "
        "outside. Restore the package from a backup; or delete its folder and read the source "
        "again; or replay it, if its raw pages are whole."
    ),
    "LANDING-LOCKED": (
        "Each stream is landed by one process at a time. Another run holds it now; nothing is "
        "wrong. If no run is alive, the lock is free: it is the operating system's and dies with "
        "its process."
    ),
    "LANDING-MANIFEST": (
        "A load package without a readable `manifest.json` cannot be trusted. Packages appear by "
        "one atomic rename, so this is damage from outside: restore the folder, or delete the "
        "package and let it be read again."
    ),
    "LANDING-WRITE": (
        "The landing folder refused a write: no permission, a full disk, a quota, or a file where "
        "a folder is expected. What was being written has been swept away; the next run starts "
        "from the last committed package."
    ),
    "REPLAY-NO-PAGES": (
        "Replay maps the raw pages or files again that a package kept. This one kept none, either "
        "because its source says `keep_raw: false`, because it is about employees, or because it "
        "was the copy of an export with a person who was erased since. Read the window again from "
        "the source."
    ),
    "ERASED-FILE": (
        "`erased.json` in the landing folder holds a keyed hash of every name of the people who "
        "were erased. Nothing is loaded while it cannot be read: they would come back unseen."
    ),
    "ERASED-KEY": (
        "Erased people are recognised by hashes, and another key makes other ones. The setting "
        "`erasure_key` names the variable with the key; it has to be kept as long as the data."
    ),
    "CURSOR-STATE": (
        "Each package carries the stream's position, stamped with the kind and version of the "
        "cursor that wrote it. A position of another kind is not guessed at. Read the history "
        "again with `--since`: nothing is doubled."
    ),
    "VENDOR-URL": (
        "`url` is the tenant's address alone. Credentials are only sent over https, or to this "
        "machine; certificates are always checked, and no setting switches that off."
    ),
    "VENDOR-ELSEWHERE": (
        "A redirect or a link to the next page leads to another host. Credentials are never sent "
        "there. Some vendors have a host per region: write the one that they name."
    ),
    "VENDOR-REDIRECTS": (
        "The vendor answered with one redirect after the other. Most often the address in `url` "
        "is a page for people and not the API's."
    ),
    "VENDOR-CREDENTIALS": (
        "The vendor answered 401. The variable may hold an old, revoked or wrongly copied secret, "
        "or `url` may be another region's. What had landed before stays, and the next run goes on "
        "from there."
    ),
    "VENDOR-SCOPE": (
        "The vendor answered 403: it knows who asks, and does not let them read this. The "
        "connector's module names the scopes or roles that it needs. A stream that a plan does "
        "not have is left out with `skip: [stream]`."
    ),
    "VENDOR-NOT-FOUND": (
        "The vendor answered 404 or 410 for something that the configuration names: a survey, an "
        "app, or an API that this tenant does not have."
    ),
    "VENDOR-REFUSED": (
        "The vendor refused the request with another status. The body is not shown, because it "
        "may hold somebody's words; `curl` with the same path shows it to you."
    ),
    "VENDOR-DOWN": (
        "The vendor answered with server errors, several times, with growing pauses between. Its "
        "status page may know more. The next run goes on where this one stopped."
    ),
    "VENDOR-UNREACHABLE": (
        "No connection, a timeout, or a connection that broke off in the middle of an answer, "
        "several times. Is the network there, and is `url` right?"
    ),
    "VENDOR-QUOTA": (
        "The vendor counts requests, by minute or by day, and the quota is used up: by us, or by "
        "others who share it. Nothing is lost: the position is kept, and a later run goes on."
    ),
    "VENDOR-NOT-JSON": (
        "The answer is a page for people: of a login, a proxy, or a maintenance. It was asked for "
        "several times."
    ),
    "VENDOR-TRUNCATED": "The answer was cut off, several times; nothing of such a page is used.",
    "VENDOR-ENVELOPE": (
        "The part of an answer that leads from page to page is not as documented, so reading on "
        "would be guessing. Records that are odd do not cause this: they are set aside alone."
    ),
    "VENDOR-NO-PROGRESS": (
        "The vendor's next page is the page that was just read. Reading on would never end, and "
        "skipping ahead would lose records, so the stream stops with what it has."
    ),
    "SWEEP-REFUSED": (
        "A sweep lists everything that the vendor has, to find what was erased there. This list "
        "lacks so much of what landed that a fault of the vendor's is likelier than as many "
        "deletions, so none was marked. What the stream had read before has landed, and each run "
        "tries again. If the records really went, let `sweep_limit: 1` stand in the source's YAML "
        "for one run; `sweep: never` ends sweeping."
    ),
    "VENDOR-EXPORT": (
        "The vendor makes a file of the responses, and said each time that it failed. A smaller "
        "stretch of time (`--since`, `--until`) may go through."
    ),
    "VENDOR-KEY": (
        "App Store Connect wants requests signed with the private key that it gave you once, as a "
        "file ending in .p8. The variable has to hold the whole text, from `-----BEGIN PRIVATE "
        "KEY-----` on; line breaks may be written as \\n."
    ),
    "MAP-COLUMN": (
        "The mapping names a table or a column that the family's contract does not have. The "
        "tables and columns of every family are listed in docs/tables.md; what no column fits "
        "stays in `attributes` by itself."
    ),
    "MAP-TYPE": (
        "A mapped column has another type than the contract. Nothing is cast at the door, because "
        "a cast there could only hide a mistake of the mapping."
    ),
    "MAP-REQUIRED": (
        "Without this column a row of that table has no meaning. Map it, give it a constant, or "
        "leave the table out."
    ),
    "MAP-VALUE": (
        "A constant is checked when the mapping is compiled: it has to be of the column's type, "
        "and one of the values that the contract lists, if it lists any."
    ),
    "MAP-SCALE": (
        "`scale` moves numbers of an export's own scale to the bounds that the contract sets: a "
        "`sentiment` from 0 to 100 lands as -1 to 1. Scores keep their scale, and tables have "
        "scale_min and scale_max beside them."
    ),
    "MAP-PATTERN": (
        "A pattern selects columns by their header, and has to match a whole header (Python's "
        "`re.fullmatch`). This one selects none in this file: has the export changed?"
    ),
    "MAP-QUESTION": (
        "Answers are told apart by question and item. Two columns of this mapping have the same "
        "of both, so one answer would overwrite the other: give each an item or an id of its own."
    ),
    "MAP-THREAD": (
        "`_root` and `_is_root` are made by following replies to the first message. The stream "
        "has to say which columns hold a message's id and its parent's: "
        "`thread: {id: …, parent: …}`."
    ),
    "MAP-RESPONDENT": (
        "Employees answer under protection: from the first frame on a respondent is a keyed hash "
        "(HMAC-SHA-256). Write `respondent_hash: {hash: <column>}` and name the secret."
    ),
    "SECRET-KEY": (
        "Respondents are hashed with a key that only you have; without it, anybody with a list of "
        "employees could find out who said what. Put the *name* of an environment variable into "
        "the source (`secrets: {respondent_key: EARFUL_RESPONDENT_KEY}`), set the variable to at "
        "least 16 random bytes, and keep it: a new key makes everybody a new respondent."
    ),
    "FILES-FOLDER": (
        "The folder of a file source is missing. A relative `folder` is meant relative to the "
        "folder that EARFUL_EXPORTS names."
    ),
    "FILES-NONE": (
        "No file matches, and none ever landed. Once something has landed, an empty folder is no "
        "error: files may be moved away after they were read."
    ),
    "FILE-EMPTY": (
        "A file of no bytes, or without a header, is a failed export and not a day without "
        "answers. A header without rows is fine and lands nothing."
    ),
    "FILE-FORMAT": "The ending of the file is unknown. Say `format:` in the stream.",
    "FILE-ENCODING": (
        "The bytes are no text in the encoding that was expected. Exports from Excel in Western "
        "Europe are mostly `windows-1252`; 'Unicode text' is `utf-16`. `encoding: auto` guesses "
        "from the first 256 kB and can be wrong: prefer to say it."
    ),
    "FILE-HEADER": (
        "With `header_rows: 3` the third row is Qualtrics' JSON of import ids. If the export was "
        "made without it, say `header_rows: 2` or `1`."
    ),
    "FILE-COLUMN": (
        "The mapping names a column that this file does not have. Headers are trimmed, blank ones "
        "are called `column_5` by their place, and repeated ones `name`, `name_2`. Has the export "
        "changed? Then give the new shape a stream of its own, or map it with `coalesce`."
    ),
    "FILE-DAMAGED": (
        "The parser gave up: an unclosed quotation mark, text behind a closing one, a broken line "
        "of JSON, or a workbook or Parquet file that is none. Nothing of the file has landed."
    ),
    "FILE-DUPLICATE": (
        "Two rows of one file have the same key and different content, so one of them would "
        "silently win. Identical rows are counted as repetitions and are no problem. Say "
        "`on_duplicate: last` if the export repeats a record when it changes, or `reject` to set "
        "all of them aside."
    ),
    "FILE-DISAGREE": (
        "`one_per_key: same` says that the rows which make up one record agree in what is mapped. "
        "Two do not. Say `first` or `last`, or leave the column out that differs."
    ),
    "FILE-NOTHING": (
        "Every row of the file was set aside for a bad value, which is a mapping or an export "
        "that has changed, and no success. The sentence names the commonest reason."
    ),
    "FILE-CHANGED": (
        "The file grew or changed while it was read. Nothing of it has landed; the next run reads "
        "it again. `settle_seconds` leaves files alone that were written to a moment ago."
    ),
    "LOOKUP-FAN-OUT": (
        "A lookup joins by a key that has several rows over there, so that each row here would "
        "become several, and every sum would be wrong. Say how the rows become one: "
        "`aggregate: {amount: sum}`."
    ),
    "LOOKUP-NAME": (
        "A column to take has the name of one that is here already. Rename it: "
        "`take: {new_name: name_there}`."
    ),
    "LOOKUP-AGGREGATE": (
        "Some of the columns to take have an `aggregate` and some have none. Each needs one."
    ),
    "LOOKUP-VALUE": (
        "A sum over a column that is not all numbers would leave rows out without a word."
    ),
    "THREAD-LOOP": (
        "Following replies upwards never ends, because messages answer each other in a circle."
    ),
    "SANDBOX-PORT": (
        "The sandbox's vendors listen on 127.0.0.1. The port named for them is taken, or one that "
        "only an administrator may use. Port 0 takes any free one."
    ),
    "SANDBOX-HOME": (
        "The sandbox's vendors answer from the tables that the sandbox company writes into "
        "`systems/` of its home. There is no such folder: let the company be made first, or name "
        "the home that holds it."
    ),
    "SANDBOX-CLOCK": (
        "`now.json` in the sandbox's home holds the vendors' clock, so that a later run goes on "
        "where this one stopped. It cannot be read, or holds no time. Delete it to start anew; "
        "then a connector may have read more than the vendors now know of, so delete what it "
        "landed too."
    ),
    "SANDBOX-START": (
        "The sandbox's vendors run as a process or a thread of their own, which did not come up. "
        "What it said on standard error tells why; a machine under heavy load may simply need "
        "another try."
    ),
    "SANDBOX-DATES": (
        "A sandbox company lives whole months, from the start of a day until the same day of a "
        "later month: `start` 2023-11-01 and 36 months. The end must come after the start, and "
        "neither may leave the calendar."
    ),
    "SANDBOX-SCALE": (
        "The scale says how many customers the sandbox company has: 1 is 20,000, 0.05 a demo's "
        "1,000, 100 two million, which never take 1 GB of memory but tens of gigabytes of disk if "
        "exported. Nothing, less than nothing and no number at all make no company."
    ),
    "SANDBOX-SEED": (
        "The seed of a sandbox company is a whole number from 0; each makes another company."
    ),
    "SANDBOX-FOLDER": (
        "A sandbox company is written into a new or empty folder, so that nothing of yours is "
        "overwritten. A folder that holds this very company (same configuration) is taken as it is."
    ),
    "SANDBOX-NONE": (
        "The folder has no `company.json` that this version can read: no company, one that was cut "
        "off while it was copied, or one of another generator. A company is complete once that "
        "file is there, since it is written last and the folder renamed after it."
    ),
    "SANDBOX-LOCKED": (
        "Two processes would write the same sandbox company. The second one may try again when the "
        "first has done."
    ),
    "SANDBOX-DISK": (
        "Writing the sandbox company failed: no space, no permission, or a path that is no folder. "
        "Nothing half-written is ever taken for a company; the next attempt sweeps it away."
    ),
}
