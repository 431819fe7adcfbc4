# METADATA
# title: Who agreed to a change
# description: >-
#   Approvals that count, as the host gives them: each by one person, in one role, for some classes
#   of change or for all. People are counted, not approvals.
package controlplane.lib.approvals

# Who wrote the change. A commit's author is a claim; a Git server's word is attested.
authors contains author.person if some author in input.facts.authors

# Somebody wrote a part of it whom the trust root does not know.
strangers contains called(author) if {
	some author in input.facts.authors
	author.person == ""
}

# An account of a Git server comes without an address.
called(author) := author.email if author.email != ""

called(author) := author.name if author.email == ""

written if some _ in input.facts.authors

all_known if {
	written
	count(strangers) == 0
}

# Whether an approval is about all that `need` is about; one without classes is about everything.
covers(approval, _) if approval.classes == []

covers(approval, need) if {
	every class in need.classes {
		class in approval.classes
	}
}

# Whether an approval was given in a role that `need` accepts; one without roles accepts any.
fits(_, need) if need.roles == []

fits(approval, need) if approval.role in need.roles

# Everybody who agreed to what `need` is about.
people(need) := {approval.person |
	some approval in input.facts.approvals
	covers(approval, need)
	fits(approval, need)
}

# Those among them of whom the trust root says who they are, and who wrote nothing of the change.
# An author whom nobody knows could be anybody, each of them among others: then there is nobody else.
others(need) := {person |
	all_known
	some approval in input.facts.approvals
	approval.known
	covers(approval, need)
	fits(approval, need)
	person := approval.person
	not person in authors
}

# An emergency is claimed, and the contracts of the base provide for one.
emergency if {
	input.facts.emergency
	some requirement in input.subject.resource.requirements
	"emergency" in requirement.classes
}

# Whether a trust root names anybody who may approve.
approvers(root) if {
	some key in root.spec.keys
	key.purpose == "approve"
}

approvers(root) if {
	some identity in root.spec.identities
	"approve" in identity.purposes
}
