"""A vendor in memory that answers what a test tells it to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2

from connectors.http import Api

Answer = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]
Connect = Callable[..., tuple[Api, "Far"]]
SECRET = "s3cr3t-of-the-tests"  # noqa: S105 - it opens nothing


@dataclass
class Far:
    """A vendor that answers what it is told to, in order, the last answer for ever."""

    answers: list[Answer]
    asked: list[httpx2.Request] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx2.Response) else answer(request)
