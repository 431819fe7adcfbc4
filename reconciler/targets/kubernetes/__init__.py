"""Kubernetes as a target: server-side apply, ownership of fields, inventory, prune, health."""
