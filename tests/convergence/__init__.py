"""The convergence test: the protocol of docs/architecture.md on real code, under the faults of its model."""
