"""Cashpath in AWS, as a CDK app of two stacks: what must outlive a release, and what a release replaces."""
