"""A stand-in Shopify shop: orders in the shape of Shopify's own webhooks, served over Admin GraphQL."""
