# METADATA
# title: Addresses
# description: >-
#   Which host an address names. An address with a user name, a query or anything else in place of a
#   plain host is undefined: readers of addresses differ about those, and rules deny then.
package controlplane.lib.urls

import data.controlplane.lib.text

host(url) := split(authority(url), ":")[0] if regex.match("^[a-z0-9.-]+(:[0-9]{1,5})?$", authority(url))

authority(url) := text.in_small_letters(split(url, "/")[2])
