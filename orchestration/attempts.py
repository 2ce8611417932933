"""How a step fails: at once where only a person can help, with a retry where time can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dagster as dg

from connectors.errors import EarfulError


@contextmanager
def attempting() -> Iterator[None]:
    """Let Dagster retry only what is worth retrying.

    The cause is not chained: a library's message may hold somebody's words.

    Raises:
        Failure: With the sentence, its code, and whether to retry.
    """
    try:
        yield
    except EarfulError as error:
        raise dg.Failure(
            str(error),
            metadata={"code": error.code, "exit_code": error.exit_code},
            allow_retries=error.retriable,
        ) from None


def failure(errors: Mapping[str, EarfulError]) -> dg.Failure:
    """The failure of a step in which streams (`source.stream`) failed, each with its sentence.

    It is worth a retry where any of them is: streams that landed have nothing to read again.
    """
    return dg.Failure(
        "\n".join(str(error) for error in errors.values()),
        metadata={"streams": {name: str(error) for name, error in errors.items()}},
        allow_retries=any(error.retriable for error in errors.values()),
    )
