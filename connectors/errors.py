"""Errors, named by what the caller should do about them.

Every message is one sentence: where, what, and the remedy. None may hold a record's values,
a response body or a secret; `code` is what `earful explain` knows.
"""

from __future__ import annotations

from typing import ClassVar


class EarfulError(Exception):
    """Base of everything that Earful raises on purpose.

    Args:
        code: Key into `connectors.explanations.EXPLANATIONS`.
        where: The culprit: `file:line`, `source.stream.column` or a path.
        what: What is wrong with it.
        remedy: What to do.
    """

    exit_code: ClassVar[int] = 1
    retriable: ClassVar[bool] = False

    def __init__(self, code: str, where: str, what: str, remedy: str) -> None:
        """Build the sentence that users see."""
        self.code = code
        self.where = where
        self.what = what
        self.remedy = remedy
        super().__init__(f"{where}: {what}. {remedy} [{code}]")


class FixConfiguration(EarfulError):
    """The user's settings or YAML must change before a retry can help."""

    exit_code = 2


class FixInput(EarfulError):
    """The data read must change (or its mapping) before a retry can help."""


class FixEnvironment(EarfulError):
    """Disk, permissions or a damaged file stand in the way."""


class TryAgain(EarfulError):
    """The other side failed in passing: retry with back-off."""

    retriable = True


class AskVendor(EarfulError):
    """The other side breaks its own contract; nothing here can mend it."""


class Missing(EarfulError):
    """What was asked for is not there, or not any more: pass it by, or name another."""


class ResumeLater(EarfulError):
    """The other side has had enough of us for now; a later run goes on where this one stopped."""

    exit_code = 75


class GateRefused(EarfulError):
    """A gate looked at the data and refused it; the previous version stays published."""

    exit_code = 3


class Locked(EarfulError):
    """Somebody else is at work here; the same call may go through later."""

    exit_code = 75
