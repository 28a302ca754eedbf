"""A real Tryton for the sandbox: a database that is set up once and copied for each run, and its server."""
