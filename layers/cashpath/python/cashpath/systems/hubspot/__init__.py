"""HubSpot, a CRM: contacts, companies, products, deals, orders and their line items. Its webhooks name what changed.

A portal is connected through a private app. Its scopes: `crm.objects.` and `crm.schemas.` of contacts, companies,
deals, orders, products and line items, read and write, and `crm.objects.owners.read`. Its webhooks: creation, deletion,
restoring and merge of each, `contact.privacyDeletion`, a contact's association with companies, and changes of the
properties that a flow should hear of at once (of deals `dealstage`, `amount`, `deal_currency_code` and
`num_associated_contacts`); not of a deal's associations, which would tell of each line item. `properties` lists what is
added to the portal before anything is written to it, `spelling` which field is which property.
"""
