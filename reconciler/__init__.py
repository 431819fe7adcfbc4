"""Makes targets hold what they are asked to hold, and says truthfully what it did.

It is handed a desired set of resources per placement and knows targets, inventories and
health. It has never heard of a tenant or a price.
"""
