"""HubSpot, a CRM: contacts, companies, deals, orders and their line items. Its webhooks name what changed."""
