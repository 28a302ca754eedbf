"""The connector of Stripe, which plays the role billing: customers, what they may buy again, and subscriptions."""
