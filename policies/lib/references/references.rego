# METADATA
# title: What a subject refers to
# description: Resolved references, by name. What does not resolve is undefined, and rules deny then.
package controlplane.lib.references

# The cluster or engine of that name.
target(name) := input.references.Cluster[name]

target(name) := input.references.ComputeEngine[name] if not input.references.Cluster[name]

environment(name) := input.references.Environment[name]

# An environment that does not resolve counts as production: the strictest.
production(name) if not harmless(name)

harmless(name) if environment(name).spec.tier in {"development", "staging"}
