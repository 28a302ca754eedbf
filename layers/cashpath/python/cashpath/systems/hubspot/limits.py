"""How long HubSpot is left alone after one request too many: its answer names the limit, not the time."""

import json
from datetime import timedelta

import httpx

from cashpath.systems.http import Api

# "API usage guidelines": limits by second (search: five for an account), by ten seconds (an app), and by day. When a
# day's limit is reset depends on the portal's time zone, so a portal that reached it is asked again every so often.
PAUSES = {
    "SECONDLY": timedelta(seconds=1),
    "TEN_SECONDLY_ROLLING": timedelta(seconds=10),
    "DAILY": timedelta(minutes=15),
}


class LimitedApi(Api):
    """HubSpot's API: `Retry-After` where it is sent, else what the limit's name means."""

    def retry_after(self, response: httpx.Response) -> timedelta | None:
        """How long to wait after this answer; None where nothing says so."""
        asked = super().retry_after(response)
        if asked is not None or response.status_code != httpx.codes.TOO_MANY_REQUESTS:
            return asked
        return PAUSES.get(_policy(response))


def _policy(response: httpx.Response) -> str:
    try:
        body = json.loads(response.content)
    except ValueError:
        return ""
    return str(body.get("policyName", "")) if isinstance(body, dict) else ""
