"""Carries promises out: claims, leases, order, retries, unclear outcomes. It knows no destination."""
