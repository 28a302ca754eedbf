"""Queues and secrets: besides the ledger, the only place that knows AWS."""
