"""The gate over HTTP: admission webhooks, pre-receive hooks and portals ask it for decisions."""
