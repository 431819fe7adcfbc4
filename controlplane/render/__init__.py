"""What a tenant becomes on a target: deterministic, offline, values as data."""
