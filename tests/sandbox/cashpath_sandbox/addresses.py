"""Where everything of a running sandbox is found, and how to poke it. Text for people."""

from cashpath_sandbox.world import World


def addresses(world: World) -> str:
    """Addresses to open, and `curl` lines to try."""
    tokens = world.tokens
    return f"""
[bold]Open[/bold]
  the shop's orders       {world.shopify}/_sandbox/orders
  the CRM's stock         {world.hubspot}/_sandbox/stock
  billing's events        {world.stripe}/_sandbox/emitted
  the ERP (JSON-RPC)      {world.tryton}   user {tokens["tryton_user"]}, password {tokens["tryton_password"]}
  Cashpath's API          {world.deployed.api_url}
  AWS on this machine     {world.aws.endpoint}   (AWS_ENDPOINT_URL for the aws and cashpath commands)

[bold]Poke[/bold]
  place an order          cashpath-sandbox order FILE.json
  see it in the CRM       curl -H 'Authorization: Bearer {tokens["hubspot"]}' {world.hubspot}/crm/objects/2026-03/orders
  see it in billing       curl -u {tokens["stripe"]}: {world.stripe}/v1/subscriptions
  a forged webhook        curl -i -X POST {world.webhooks["shop"]["url"]} -d '{{}}'      (answers 401)
  take the CRM down       curl -X POST {world.hubspot}/_sandbox/faults -H 'Content-Type: application/json' \\
                            -d '[{{"kind": "status", "status": 503, "times": null}}]'
  bring it back           the same with -d '[]'
  what is stuck           AWS_ENDPOINT_URL={world.aws.endpoint} cashpath exceptions list
  stop everything         make down
"""
