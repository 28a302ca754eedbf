"""The flows: one module each, with `read` (calls the port, decides nothing) and `plan` (pure)."""
