"""Who works in a portal: owners of contacts and companies by their id. Read once, and again for one not met before."""

from cashpath.systems.http import Api, Refused

OWNERS = "/crm/owners/v3/owners/"  # "Owners API": no dated version is published of it


class Colleagues:
    """The portal's owners. Needs the scope crm.objects.owners.read."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, str] = {}

    def email(self, id: str) -> str:
        """The email address of an owner; their id where the portal does not tell it (they left, or the scope lacks)."""
        if id not in self._known:
            self._known[id] = self._asked(id)
        return self._known[id]

    def _asked(self, id: str) -> str:
        try:
            told = self._api.read("GET", f"{OWNERS}{id}").json()
        except Refused:
            return id
        return str(told.get("email") or id)
