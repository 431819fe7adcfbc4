"""Signed, verifiable evidence: statements, signatures, a transparency log and offline bundles.

This package stands alone. It knows nothing of tenants or targets: every record carries a
one-line summary written by whoever made it, and that is what is shown to an auditor.
"""
