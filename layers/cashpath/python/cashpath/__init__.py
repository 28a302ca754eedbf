"""Cashpath keeps storefront, CRM, subscription billing and ERP in agreement."""
