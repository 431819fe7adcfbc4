# METADATA
# title: Money over time
# description: Amounts of one currency are compared over the month, in which what lasts shorter comes again.
package controlplane.lib.periods

# How often a period fits into the longest month, and how many months it lasts.
times := {"day": 31, "hour": 744, "month": 1, "quarter": 1, "week": 5, "year": 1}

months := {"quarter": 3, "year": 12}

# Whether so much a period is more than `monthly` a month, both in micros.
over(micros, period, monthly) if micros * times[period] > monthly * object.get(months, period, 1)
