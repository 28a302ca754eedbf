"""The real runner, connectors and stand-ins together: killed at every request, raced by many processes, left alone."""
