"""The systems Cashpath connects: one port, and a package for each vendor. Nothing outside names a vendor."""
