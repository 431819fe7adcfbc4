"""Decides: envelopes in, verdicts out, under named sets of Rego policies."""
