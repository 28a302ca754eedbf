"""JSON-RPC to one Tryton database: the session, and its errors as our kinds of failure.

A session is opened with `common.db.login` and sent as `Authorization: Session base64(user:id:key)`. Tryton ends idle
sessions; a request that is then refused with 401 opens a new one, with the secret read afresh, once.
Source: trytond 8.2, `trytond/protocols/dispatcher.py`, `trytond/exceptions.py`; Tryton documentation, "Remote
Procedure Calls" (https://docs.tryton.org/latest/server/topics/rpc.html).
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

import httpx

from cashpath.faults import CredentialsRefused, NeedsPerson, NotYet, RateLimited, SystemDown
from cashpath.systems.connection import Connection, Secret
from cashpath.systems.http import TIMEOUT, Api, Refused, trusted
from cashpath.systems.tryton import wire

Context = Mapping[str, Any]
JSON = {"Content-Type": "application/json"}


class Rpc:
    """Calls to one database. `reads` change nothing and are repeated; `writes` are not."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._database = connection.options["database"]
        self._path = f"/{self._database}/rpc/"
        self._secret_is_fresh = False
        url = connection.options["url"].rstrip("/")
        transport = connection.transport or httpx.HTTPTransport(verify=trusted())
        signed_in = replace(connection, secret=self._secret, transport=transport)
        self._api = Api(signed_in, url, role="erp", authorise=self._authorise, headers=JSON)
        self._login = httpx.Client(base_url=url, timeout=TIMEOUT, headers=JSON, transport=transport)

    def reads(self, method: str, *arguments: Any, context: Context) -> Any:
        """The result of a method that changes nothing."""
        return self._result(self._api.read, method, arguments, context)

    def writes(self, method: str, *arguments: Any, context: Context) -> Any:
        """The result of a method that changes something. Raises Unanswered where that may have happened unheard."""
        return self._result(self._api.write, method, arguments, context)

    def _result(self, send: Any, method: str, arguments: tuple[Any, ...], context: Context) -> Any:
        body = wire.dumps({"id": 0, "method": method, "params": [*arguments, dict(context)]})
        try:
            response = send("POST", self._path, content=body)
        except Refused as refused:
            raise self._meaning(refused, method) from refused
        answer = wire.loads(response.text)
        if "error" in answer:
            self._fail(method, answer["error"])
        return answer["result"]

    def _meaning(self, refused: Refused, method: str) -> NeedsPerson:
        remedy = {
            403: f"give the user that Cashpath signs in as access to {method} (Administration, Users, Groups)",
            404: f"check the database {self._database!r} and the address of {self._connection.id} in the settings",
        }.get(refused.status, "look in Tryton's log for the request")
        return NeedsPerson(f"Tryton refuses {method}: {refused}", remedy=remedy, owner="erp", code="erp_refused")

    def _fail(self, method: str, error: Any) -> NoReturn:
        """Turn an error of the answer into a failure: Tryton rolled the call back, nothing of it is done."""
        match error:
            case ["ConcurrencyException", message]:
                raise NotYet(f"somebody else is changing the record in Tryton: {message}")
            case ["UserError", [str() as message, *more]]:
                detail = f" ({more[0]})" if more and isinstance(more[0], str) and more[0] else ""
                cause, remedy = f"Tryton says: {message}{detail}", "correct it in Tryton or at the source, then redrive"
                raise NeedsPerson(cause, remedy=remedy, owner="erp", code="erp_says_no")
            case ["UserWarning", [name, message, *_]]:
                # A warning asks a person 'do you really want to?'. Nobody answered it, so a person has to.
                raise NeedsPerson(
                    f"Tryton asks before {method}: {message}",
                    remedy=f"do it by hand in Tryton, or silence {name!r} for Cashpath's user, then redrive",
                    owner="erp",
                    code="erp_asks",
                )
        cause = f"Tryton failed in {method}: {error[0] if isinstance(error, list) and error else error}"
        raise NeedsPerson(cause, remedy="look in Tryton's log for the traceback", owner="erp", code="erp_failed")

    def _secret(self, *, fresh: bool = False) -> Secret:
        self._secret_is_fresh = fresh
        return self._connection.secret(fresh=fresh)

    def _authorise(self, secret: Secret) -> Mapping[str, str]:
        opened = self._open(secret)
        if opened is None and not self._secret_is_fresh:
            secret = self._secret(fresh=True)
            opened = self._open(secret)
        if opened is None:
            raise CredentialsRefused(
                f"Tryton refuses the user {secret['user']!r}",
                remedy=f"put a valid user and password into the secret of {self._connection.id}, then redrive",
                system=self._connection.id,
                owner="erp",
            )
        user, key = opened
        token = base64.b64encode(f"{secret['user']}:{user}:{key}".encode()).decode("ascii")
        return {"Authorization": f"Session {token}"}

    def _open(self, secret: Secret) -> tuple[int, str] | None:
        """A new session, as user id and key; None where the password is refused. Changes nothing but that."""
        system = self._connection.id
        parameters = [secret["user"], {"password": secret["password"]}, None]
        body = wire.dumps({"id": 0, "method": "common.db.login", "params": parameters})
        try:
            response = self._login.post(self._path, content=body)
        except httpx.TransportError as error:
            # Whatever was asked has not been sent: as if the connection had been refused, so it may be tried again.
            raise httpx.ConnectError(f"{system} cannot be reached to sign in") from error
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            return None
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            pause = self._api.retry_after(response)
            raise RateLimited(f"{system} asks for fewer sign-ins", system=system, retry_after=pause)
        if not response.is_success:
            raise SystemDown(f"{system} answered {response.status_code} to the sign-in", system=system)
        user, key, *_ = response.json()["result"]
        return user, key
