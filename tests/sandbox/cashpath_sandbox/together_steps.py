"""Calls that end in this process, to an in-memory vendor or AWS, counted and spoilt on demand.

The counterpart of `killable` for what is no HTTP: the ledger's table, the queue, the in-memory ERP.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from botocore.exceptions import ConnectionClosedError

from cashpath.faults import SystemDown, Unanswered
from cashpath.records import SystemId
from cashpath_sandbox.killable import Killed

T = TypeVar("T")
Spoilt = Literal["kill_before", "kill_after", "cut_after", "repeated"]


@dataclass
class Steps:
    """A wire (memory.Wire). `sent` names every request since the last `reset`, oldest first."""

    lost: Callable[[str, bool], Exception]
    sent: list[str] = field(default_factory=list)
    _effects: dict[int, Spoilt] = field(default_factory=dict)

    def reset(self) -> None:
        """Forget what was sent and behave well again."""
        self.sent, self._effects = [], {}

    def misbehave(self, at: int, effect: Spoilt) -> None:
        """At request `at`: end the process before or after it, lose its answer, or lose it so that the client sends
        the request again and hears the second answer."""
        self._effects[at] = effect

    def __call__(self, request: str, do: Callable[[], T], *, writes: bool) -> T:
        effect = self._effects.get(len(self.sent))
        self.sent.append(request)
        if effect == "kill_before":
            raise Killed(f"before {request}")
        if effect == "repeated":
            _unheard(do)
        answer = do()
        if effect == "kill_after":
            raise Killed(f"after {request}")
        if effect == "cut_after":
            raise self.lost(request, writes)
        return answer


def _unheard(do: Callable[[], object]) -> None:
    """What is done although nobody hears its answer, a refusal or not."""
    try:
        do()
    except Exception as refused:  # told to nobody
        del refused


@dataclass
class Stepped:
    """A boto3 client each of whose requests is a step."""

    client: Any
    steps: Steps

    @property
    def exceptions(self) -> Any:
        """The client's exception classes."""
        return self.client.exceptions

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        do = getattr(self.client, operation)
        return lambda **asked: self.steps(operation, lambda: do(**asked), writes=True)


def aws() -> Steps:
    """Requests to AWS: the client tells of a lost answer once it has tried for long enough."""
    return Steps(lambda request, writes: ConnectionClosedError(endpoint_url="https://aws.test"))


def vendor(system: SystemId) -> Steps:
    """Requests to an in-memory vendor, told of as its connector would."""

    def lost(request: str, writes: bool) -> Exception:
        if writes:
            return Unanswered(f"{request} of {system} got no answer", system=system)
        return SystemDown(f"{system} does not answer {request}", system=system)

    return Steps(lost)
