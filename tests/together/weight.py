"""What a process keeps in memory: the bytes of all that can be reached from what it holds and from our modules.

Not `tracemalloc`: it tells where memory was taken, and CPython hands the freed dicts of one module to the next.
"""

import gc
import sys
from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

OURS = "cashpath."
AROUND = ("cashpath_sandbox", "tests")  # stand-ins, tables and clocks, which hold what they are sent


def weight(process: object) -> int:
    """The bytes that a process holds, without the world around it."""
    seen = dict[int, object]()
    left = [process, *_modules()]
    while left:
        each = left.pop()
        if id(each) not in seen and not _is_around(each):
            seen[id(each)] = each
            left += _held(each)
    return sum(sys.getsizeof(each) for each in seen.values())


def _modules() -> Iterator[object]:
    """What our modules keep: a cache, a client opened on first use."""
    for name, module in list(sys.modules.items()):
        if name.startswith(OURS):
            yield from vars(module).values()


def _is_around(each: object) -> bool:
    return isinstance(each, type | ModuleType) or type(each).__module__.startswith(AROUND)


def _held(each: Any) -> list[Any]:
    match each:
        case FunctionType():  # not its globals, by which it knows all modules
            return [each.__closure__, each.__defaults__, each.__kwdefaults__]
        case BuiltinFunctionType():
            return [each.__self__]
        case _:
            return gc.get_referents(each)
