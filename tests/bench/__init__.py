"""`make bench`: what a webhook and an order cost, each beside a floor that was measured in the same run."""
