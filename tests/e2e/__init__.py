"""Drives the deployed stack over HTTP with real inputs, and looks into each system by plain HTTP."""
