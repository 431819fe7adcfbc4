package controlplane.tenancy.lifecycle_dates_test

import data.controlplane.tenancy.lifecycle_dates

tenant(stage) := {
	"subject": {"name": "acme", "resource": {"spec": {"lifecycle": {
		"stage": stage,
		"trialEnds": {"text": "a day", "epochSeconds": 100},
		"purgeAfter": {"text": "another day", "epochSeconds": 200},
	}}}},
	"time": {"epochSeconds": 50},
}

# Only the date of the stage it is in ends the answer.
test_a_trial if lifecycle_dates.valid_until == {100} with input as tenant("trial")

test_leaving if lifecycle_dates.valid_until == {200} with input as tenant("leaving")

test_active if lifecycle_dates.valid_until == set() with input as tenant("active")
