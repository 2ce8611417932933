"""What users write in YAML to map export files onto a family's tables.

These models are the schema that `dg check yaml` and editors show, so every field explains
itself. Whether a mapping fits its family's contract is decided in `plan.py`.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)


def _text(value: object) -> object:
    """YAML reads 0 and 6 as numbers; the cells of an export are text."""
    if isinstance(value, bool):
        raise ValueError(  # noqa: TRY004 (pydantic turns only ValueError into its report)
            "YAML reads yes, no, on, off, true and false as true or false: put it in quotes"
        )
    return str(value) if isinstance(value, (int, float)) else value


def _texts(value: object) -> object:
    """One value stands for a list of one."""
    return [_text(v) for v in value] if isinstance(value, list) else [_text(value)]


def _keys(value: object) -> object:
    return {_text(k): _text(v) for k, v in value.items()} if isinstance(value, dict) else value


def _conditions(value: object) -> object:
    return {k: _texts(v) for k, v in value.items()} if isinstance(value, dict) else value


Scalar = str | int | float
"""What YAML makes of a cell's text; the schema that editors check has to admit it."""
Texts = Annotated[list[str], BeforeValidator(_texts, json_schema_input_type=Scalar | list[Scalar])]
ValueMap = Annotated[
    dict[str, str | None],
    BeforeValidator(_keys, json_schema_input_type=dict[str, Scalar | None]),
]
Conditions = Annotated[
    dict[str, Texts],
    BeforeValidator(_conditions, json_schema_input_type=dict[str, Scalar | list[Scalar]]),
]


class Model(BaseModel):
    """A part of the mapping; a key that is not listed here is a typing mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Reading(Model):
    """How the text of a cell becomes a value."""

    blank: Texts = Field(
        default=[],
        description="Texts that mean 'no value' here, beside the stream's own: 'N/A', '99'.",
    )
    values: ValueMap | None = Field(
        default=None,
        description=(
            "Text of the export -> value to land; an empty value lands as nothing, and an empty "
            "text stands for no value: {agent: agent, '': customer}."
        ),
    )
    otherwise: str = Field(
        default="reject",
        description=(
            "What happens to a text that `values` does not list: `reject` sets the row aside, "
            "`keep` lands the text as it is, `blank` lands nothing; any other text is landed."
        ),
    )
    decimal: Literal[".", ","] = Field(default=".", description="Decimal mark of numbers.")
    thousands: str = Field(default="", description="Mark between thousands, taken out of numbers.")


_ORIGINS = ("column", "coalesce", "template", "constant", "row_hash", "hash")


class Value(Reading):
    """Where the value of one contract column comes from."""

    column: str | None = Field(
        default=None,
        description=(
            "Column of the file, by its header. `_row` is the record's number from 1, `_file` "
            "the file's name, `_root` the first message of the record's `thread`, `_is_root` "
            "whether it is that message."
        ),
    )
    coalesce: list[str] | None = Field(
        default=None, description="Columns in order: the first that is not blank counts."
    )
    template: str | None = Field(
        default=None,
        description="Text with columns in braces, '{Ticket}-{Line}'; blank if one of them is.",
    )
    constant: str | int | float | bool | None = Field(
        default=None, description="The same value for every row."
    )
    row_hash: Literal[True] | list[str] | None = Field(
        default=None,
        description=(
            "An id made of the row's own content (SHA-256 of all columns, or of those listed), "
            "for exports without one. Rows of equal content are one record."
        ),
    )
    hash: Texts | None = Field(
        default=None,
        description=(
            "Columns that name a person, landed only as an HMAC-SHA-256 keyed by the secret "
            "`respondent_key`."
        ),
    )
    format: Texts = Field(
        default=[],
        description=(
            "How times are written, as for strptime: '%d/%m/%Y %H:%M'; several are tried in "
            "order. `epoch_s` and `epoch_ms` are numbers since 1970. Default: ISO 8601."
        ),
    )
    time_zone: str | None = Field(
        default=None, description="Zone of times without one, 'Europe/Berlin'. Default: UTC."
    )
    ambiguous: Literal["reject", "earliest", "latest"] = Field(
        default="reject", description="Which of two times counts when clocks go back."
    )
    nonexistent: Literal["reject", "forward"] = Field(
        default="reject",
        description="A time that clocks skipped: set the row aside, or move it on by the hour.",
    )
    scale: tuple[float, float] | None = Field(
        default=None,
        description=(
            "Worst and best number of the export, where the contract has bounds of its own: "
            "[0, 100] or [5, 1] for a `sentiment`, which lands as -1 to 1."
        ),
    )
    whole_number: bool = Field(
        default=False, description="Ids that a tool wrote as decimals: '1042.0' lands as '1042'."
    )
    split: str | None = Field(
        default=None, description="Mark between the members of a list (`tags`)."
    )

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, zone: str | None) -> str | None:
        try:
            ZoneInfo(zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            near = get_close_matches(str(zone), available_timezones(), n=1)
            meant = f", did you mean {near[0]}" if near else ""
            raise ValueError(f"no such time zone{meant}") from None
        return zone

    @field_validator("scale")
    @classmethod
    def _scale_has_length(cls, scale: tuple[float, float] | None) -> tuple[float, float] | None:
        if scale and scale[0] == scale[1]:
            raise ValueError("a scale's worst and best number are two")
        return scale

    @model_validator(mode="after")
    def _one_origin(self) -> Value:
        given = [name for name in _ORIGINS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"say exactly one of {', '.join(_ORIGINS)}; this says {', '.join(given) or 'none'}"
            )
        return self


ColumnValue = str | Value


class Question(Reading):
    """Columns that hold answers, one column per question or per item of a question."""

    columns: Texts = Field(default=[], description="Columns by header.")
    pattern: str | None = Field(
        default=None,
        description="Regular expression that the whole header matches; its groups are {1}, {2}.",
    )
    answer: Literal["number", "text", "choice"] = Field(
        alias="as",
        description=(
            "`number`: a score, a cell that is none sets the row aside. `choice`: one of the "
            "choices offered; in a multi-select only ticked items have one. `text`: free text."
        ),
    )
    id: str = Field(
        default="{column}",
        description=(
            "Id of the question. Braces take from the header: {column}, {question}, {item}, "
            "{import_id}, {1}."
        ),
    )
    item: str = Field(default="", description="Id of the grid row or choice; as `id`.")
    text: str = Field(default="{question}", description="The question as asked; as `id`.")
    item_text: str = Field(default="", description="The grid row or choice as shown; as `id`.")
    type: str | None = Field(
        default=None, description="Kind of question, as the contract lists them: nps, rating, …"
    )
    scale_min: float | None = Field(default=None, description="Lowest answer possible.")
    scale_max: float | None = Field(default=None, description="Highest answer possible.")
    driver: str | None = Field(default=None, description="What a pulse's question measures.")

    @model_validator(mode="after")
    def _some_columns(self) -> Question:
        if bool(self.columns) == bool(self.pattern):
            raise ValueError("say either columns or pattern")
        return self


class Lookup(Model):
    """Columns of other files of the folder, joined by a key."""

    files: Texts = Field(description="File or files of the folder (globs).")
    key: str | dict[str, str] = Field(
        description="Key column; if the names differ, {column here: column there}."
    )
    take: Texts | dict[str, str] = Field(
        description="Columns to take; to rename, {new name: column there}."
    )
    aggregate: dict[str, Literal["sum", "min", "max", "count", "first", "last"]] = Field(
        default={},
        description="How several rows of one key become one, by the column's name there.",
    )

    @model_validator(mode="before")
    @classmethod
    def _no_on(cls, given: object) -> object:
        if isinstance(given, dict) and True in given:
            raise ValueError("YAML reads `on` as true; the join column is called `key` here")
        return given


class Thread(Model):
    """Messages that answer each other; gives every row the columns `_root` and `_is_root`."""

    id: str = Field(description="Column with the message's id.")
    parent: str = Field(description="Column with the id of the message that it answers.")
    separator: str | None = Field(
        default=None, description="Mark between several parents; the first that is there counts."
    )


class TableMapping(Model):
    """One table of the family, and where its columns come from."""

    columns: dict[str, ColumnValue] = Field(
        default={}, description="Contract column -> column of the file, or how to make it."
    )
    where: Conditions = Field(
        default={}, description="Only rows with one of these values: {column: [values]}."
    )
    unless: Conditions = Field(
        default={}, description="No rows with one of these values: {column: [values]}."
    )
    one_per_key: Literal["same", "first", "last"] | None = Field(
        default=None,
        description=(
            "Several rows of the file make one row here (a response with a row per question). "
            "`same`: they must agree, otherwise the file is refused; `first`, `last`: that counts."
        ),
    )


class StreamConfig(Model):
    """One kind of export file, and the tables that it fills."""

    files: Texts = Field(description="Files of the folder, globs allowed: 'nps_*.csv'.")
    format: Literal["csv", "tsv", "excel", "parquet", "ndjson", "json"] | None = Field(
        default=None, description="Default: by the file's ending."
    )
    delimiter: str | None = Field(default=None, description="Default: comma, or tab for tsv.")
    quote: str | None = Field(default='"', description="Quotation mark; null for none.")
    encoding: str | None = Field(
        default=None,
        description=(
            "utf-8, utf-16, windows-1252, …; `auto` guesses. Default: the byte order mark, "
            "otherwise utf-8."
        ),
    )
    header_rows: Literal[0, 1, 2, 3] = Field(
        default=1,
        description=(
            "2: SurveyMonkey (question, then item; blanks continue the question). 3: Qualtrics "
            "(name, question, ImportId). 0: none, columns are column_1, column_2, …"
        ),
    )
    names_from: Literal[1, 2, 3] = Field(
        default=1, description="Which of three header rows names the columns."
    )
    skip_rows: int = Field(default=0, ge=0, description="Lines above the header.")
    sheet: str | int | None = Field(default=None, description="Excel sheet; default the first.")
    settle_seconds: float = Field(
        default=0, ge=0, description="Leave files alone that changed less than this ago."
    )
    blank: Texts = Field(
        default=[], description="Texts that mean 'no value' in every column: 'NA', 'N/A'."
    )
    longest_text: int = Field(
        default=1_000_000, gt=0, description="A longer text, in bytes, sets its row aside."
    )
    where: Conditions = Field(
        default={},
        description="Rows with other values are set aside, and counted: {column: [values]}.",
    )
    unless: Conditions = Field(
        default={}, description="Rows with these values are set aside, and counted."
    )
    lookups: list[Lookup] = Field(default=[], description="Columns to join from other files.")
    thread: Thread | None = Field(default=None, description="Conversations out of replies.")
    columns: dict[str, ColumnValue] = Field(
        default={}, description="As in `tables`, for every table that has such a column."
    )
    questions: list[Question] = Field(
        default=[], description="Answers that stand side by side, one column per question."
    )
    tables: dict[str, TableMapping | list[TableMapping]] = Field(
        min_length=1, description="The family's tables that a file fills."
    )
    attributes: Literal["all", "none"] | list[str] | None = Field(
        default=None,
        description=(
            "Which columns land as JSON in `attributes` of the first table: `all` that are used "
            "nowhere else (default), `none` (default for workforce), or a list."
        ),
    )
    on_duplicate: Literal["error", "last", "reject"] = Field(
        default="error",
        description=(
            "Rows of one file with one key and different content: refuse the file, let the last "
            "count, or set all of them aside."
        ),
    )


class FileSource(Model):
    """A folder of export files."""

    folder: str = Field(
        description="Folder of the exports; if relative, to the folder of EARFUL_EXPORTS."
    )
    streams: dict[str, StreamConfig] = Field(
        min_length=1, description="Kinds of files, by a name of small letters."
    )
