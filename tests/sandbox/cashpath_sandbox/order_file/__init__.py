"""A merchant's own file, read before anything is placed: an order, or sentences that say what to give instead."""
