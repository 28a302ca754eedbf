"""The ledger: roots, links, claims, controls and exceptions, on DynamoDB."""
