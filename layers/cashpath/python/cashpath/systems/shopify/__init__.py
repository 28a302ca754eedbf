"""Shopify as a storefront: webhooks in, and orders, customers, companies and products read through Admin GraphQL."""
