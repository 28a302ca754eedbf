"""Bulk: up to a hundred notices of one flow in one message, so that a backlog uses vendors' batch endpoints."""
