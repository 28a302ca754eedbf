"""Tryton, the ERP: parties, products and sales over JSON-RPC. It sends no webhooks and is polled by write date."""
