#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# docs/bcc.md says of each item which case shows it: a table that rots is
# worse than none.

case_setup() { :; }

# The rows that have a case, as "STATE<TAB>FILE: NAME".
rows() {
	sed -n -E 's/^\| .* \| (works|works differently: .+|cannot: .+) \| ([a-z_/]+\.bats: .*) \|$/\1\t\2/p' \
		"$top/docs/bcc.md"
}

@test "every row of docs/bcc.md has a state and a case" {
	lines=$(grep -c '^| ' "$top/docs/bcc.md")
	# Each section has a head; BCC's Python has a table of its own.
	heads=$(grep -c '^| item ' "$top/docs/bcc.md")
	[ "$(rows | wc -l)" -eq $((lines - heads - 5)) ] || fail "a row is malformed"
	[ "$(rows | wc -l)" -gt 70 ]
}

@test "every case that docs/bcc.md names is there" {
	local state file name missing=0
	while IFS=$'\t' read -r state name; do
		file=$top/tests/cases/${name%%: *}
		name=${name#*: }
		grep -qF "@test \"$name\" {" "$file" || {
			echo "no such case: ${file##*/}: $name ($state)"
			missing=1
		}
	done < <(rows)
	[ "$missing" = 0 ]
}

@test "every case of the BCC dialect is named in docs/bcc.md" {
	local file name missing=0
	for file in "$top"/tests/cases/dialects/bcc_*.bats; do
		while read -r name; do
			grep -qF "dialects/${file##*/}: $name |" "$top/docs/bcc.md" || {
				echo "not in the table: $name"
				missing=1
			}
		done < <(sed -n -E 's/^@test "(.*)" \{$/\1/p' "$file")
	done
	[ "$missing" = 0 ]
}
