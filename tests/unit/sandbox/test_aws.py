"""The emulator of one sandbox is never another one's."""

from pathlib import Path

import pytest
from werkzeug.wrappers import Request, Response

from cashpath_sandbox.aws import AwsError, LocalAws
from cashpath_sandbox.standin import Standin, answer_json, serve


class Earlier(Standin):
    """An emulator that an earlier sandbox left behind."""

    def answer(self, request: Request) -> Response:
        return answer_json({"path": request.path})


def test_an_emulator_that_an_earlier_sandbox_left_behind_is_not_used_but_named(tmp_path: Path) -> None:
    server = serve(Earlier())
    with pytest.raises(AwsError, match=f"answers already on port {server.port}"):
        LocalAws(port=server.port, state=tmp_path).start()
    server.shutdown()
