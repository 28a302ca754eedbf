"""Where everything of a running sandbox is found, and how to poke it. Text for people."""

from cashpath_sandbox.shell import export_line
from cashpath_sandbox.world import World


def addresses(world: World) -> str:
    """Addresses to open, and `curl` lines to try."""
    tokens = world.tokens
    faults = f"{world.hubspot}/_sandbox/faults -H 'Content-Type: application/json' -d"
    down = '[{"kind": "status", "status": 503, "times": null}]'
    return f"""
[bold]Open[/bold]
  the shop's orders       {world.shopify}/_sandbox/orders (customers and products as well)
  the CRM's stock         {world.hubspot}/_sandbox/stock
  billing's events        {world.stripe}/_sandbox/emitted
  the ERP (JSON-RPC)      {world.tryton}   user {tokens["tryton_user"]}, password {tokens["tryton_password"]}
  Cashpath's API          {world.deployed.api_url}
  AWS on this machine     {world.aws.endpoint}

[bold]Poke[/bold]
  place an order          .venv/bin/cashpath-sandbox order FILE.json
  orders in the CRM       curl -H 'Authorization: Bearer {tokens["hubspot"]}' {world.hubspot}/crm/objects/2026-03/orders
  subscriptions           curl -H 'Authorization: Bearer {tokens["stripe"]}' {world.stripe}/v1/subscriptions
  a forged webhook        curl -i -X POST '{world.webhooks["shop"]["url"]}' -d '{{}}'  # answers 401
  take the CRM down       curl {faults} '{down}'
  bring it back           curl {faults} '[]'
  be an operator          {export_line(world)}
                          cashpath status; cashpath exceptions list; cashpath drift
  who owns which field    cashpath ownership
  stop everything         make down
"""
