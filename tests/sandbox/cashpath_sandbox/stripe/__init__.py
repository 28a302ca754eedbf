"""The stand-in of Stripe: localstripe behind a proxy that adds what it lacks. `running.start` runs the two."""
