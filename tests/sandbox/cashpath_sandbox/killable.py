"""An httpx transport that counts what a connector sends, and kills, cuts or answers in the vendor's place on demand.

It stands between a connector and a stand-in or a local server. Requests are counted from 0 after each `reset`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import httpx

Effect = Literal["kill_before", "kill_after", "cut_before", "cut_after"]


class Killed(BaseException):
    """The process ends here. No code of ours may catch it, so it is no Exception."""


@dataclass(frozen=True)
class Sent:
    """One request that the connector made, answered or not."""

    method: str
    path: str
    body: bytes


@dataclass(frozen=True)
class Answer:
    """An answer given in the vendor's place, without asking it."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


@dataclass
class KillableTransport(httpx.BaseTransport):
    """Wraps `inner`. `sent` lists every request since the last `reset`, oldest first."""

    inner: httpx.BaseTransport
    sent: list[Sent] = field(default_factory=list)
    _effects: dict[int, Effect] = field(default_factory=dict)
    _answers: list[Answer] = field(default_factory=list)
    _always: Answer | None = None

    def reset(self) -> None:
        """Forget what was sent and behave well again."""
        self.sent, self._effects, self._answers, self._always = [], {}, [], None

    def misbehave(self, at: int, effect: Effect) -> None:
        """At request `at`: `kill_…` raises Killed, `cut_…` drops the connection; `…_before` the vendor got the
        request, `…_after` the vendor processed it and its answer was lost."""
        self._effects[at] = effect

    def answer(self, *answers: Answer) -> None:
        """Answer the next requests like this, one answer each."""
        self._answers.extend(answers)

    def answer_always(self, answer: Answer) -> None:
        """Answer every request like this until `reset`."""
        self._always = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        effect = self._effects.get(len(self.sent))
        self.sent.append(Sent(request.method, request.url.raw_path.decode("ascii"), body))
        _end_at(effect, "before", request)
        answer = self._answers.pop(0) if self._answers else self._always
        if answer is not None:
            return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body, request=request)
        response = self.inner.handle_request(request)
        response.read()
        _end_at(effect, "after", request)
        return response

    def close(self) -> None:
        self.inner.close()


def _end_at(effect: Effect | None, moment: Literal["before", "after"], request: httpx.Request) -> None:
    if effect == f"kill_{moment}":
        raise Killed(f"{moment} {request.method} {request.url.path}")
    if effect == "cut_before" and moment == "before":
        raise httpx.ConnectError("the connection was refused", request=request)
    if effect == "cut_after" and moment == "after":
        raise httpx.ReadError("the connection was cut without an answer", request=request)
