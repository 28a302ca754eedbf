"""Who works in a portal: owners of contacts and companies by their id. Read once, and again for one not met before."""

from cashpath.records.customer import normal_email
from cashpath.systems.http import Api, Refused
from cashpath.systems.hubspot.objects import API_VERSION

OWNERS = f"/crm/owners/{API_VERSION}"  # HubSpot-public-api-spec-collection, "Crm Owners", rollout 2026-03


class Colleagues:
    """The portal's owners. Needs the scope crm.objects.owners.read."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, str] = {}

    def email(self, id: str) -> str:
        """The email address of an owner, of one who has left too. '' where the portal does not tell it: a queue has
        none, and without the scope nobody's is told, which `check` says. Never the id, which no other system knows."""
        if id not in self._known:
            self._known[id] = self._asked(id)
        return self._known[id]

    def _asked(self, id: str) -> str:
        for archived in ("false", "true"):  # "only results that have been archived", or only those that have not
            try:
                told = self._api.read("GET", f"{OWNERS}/{id}", params={"archived": archived}).json()
            except Refused:
                continue
            return normal_email(str(told.get("email") or ""))
        return ""
