"""The evaluators of Rego, each behind the port `controlplane.policy.engine`."""
