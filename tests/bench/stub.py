"""SQS and Secrets Manager on 127.0.0.1, which say yes at once: what both sides of a comparison talk to."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "the secret that the shop signs with"


@dataclass
class AwsStub:
    """What was asked since the last `reset`, by service and operation."""

    port: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def environment(self) -> Mapping[str, str]:
        """What boto3 needs to be told of it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-central-1",
        }


def answer(target: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of either service to an operation, `AmazonSQS.SendMessage` or `secretsmanager.GetSecretValue`."""
    match target.rpartition(".")[2]:
        case "SendMessage":
            return {"MessageId": "1", "MD5OfMessageBody": hashlib.md5(body["MessageBody"].encode()).hexdigest()}
        case "GetSecretValue":
            return {"Name": body["SecretId"], "SecretString": json.dumps({"secrets": [SECRET]})}
    raise LookupError(f"the stub does not answer {target}")


@contextmanager
def serving() -> Iterator[AwsStub]:
    """The stub on a free port."""
    stub = AwsStub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            target = self.headers["X-Amz-Target"]
            stub.asked.append(target)
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            text = json.dumps(answer(target, asked)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the bench's output is its measurements."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
