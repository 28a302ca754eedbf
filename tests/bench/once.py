"""A fresh process: imports the handler in the file named first and, where an event is named, answers it. What it
prints last is JSON: how much CPU the import took (ms), and which packages it brought besides the standard library."""

import json
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any


def imported(file: str) -> Any:
    """The handler's module."""
    spec = spec_from_file_location("handler", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Called by `cold` and `imports`."""
    before, began = set(sys.modules), time.process_time()
    handler = imported(sys.argv[1]).handler
    took, brought = (time.process_time() - began) * 1000, set(sys.modules) - before
    if len(sys.argv) > 2:
        answered = handler(json.loads(sys.argv[2]), None)
        assert answered["statusCode"] == 202, answered
    tops = {name.partition(".")[0] for name in brought} - sys.stdlib_module_names - {"handler", "__mp_main__"}
    own = sorted(name for name in brought if name.startswith("cashpath."))
    print(json.dumps({"ms": took, "modules": len(brought), "packages": sorted(tops), "own": own}))  # noqa: T201


if __name__ == "__main__":
    main()
