"""The ideas that the stacks are made of, one a module."""
