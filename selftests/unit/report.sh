#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# dmamem-report: what has no number is never a zero, zeros that say nothing are
# marked, a page needs nothing from elsewhere, and a bad input is a sentence and
# no markup.

top=$(cd "$(dirname "$0")/../.." && pwd)
report=$top/tools/dmamem/report/dmamem-report
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
number=0
failed=0

if ! /usr/bin/python3 -c 'import matplotlib' 2> /dev/null; then
	echo "1..0 # SKIP no matplotlib here"
	exit 4
fi

# check NAME COMMAND: one test, its output shown when it fails
check() {
	name=$1
	shift
	number=$((number + 1))
	if output=$("$@" 2>&1); then
		echo "ok $number $name"
	else
		echo "$output" | sed 's/^/# /'
		echo "not ok $number $name"
		failed=1
	fi
}

# cell MODE MEMORY MEMBERS
cell() {
	echo "{\"mode\": \"$1\", \"memory\": \"$2\", \"disturbance\": \"mbind\", $3}"
}

still() {
	cell "$1" "$2" '"moved": 0, "of": 2048, "kernel": "EIO"'
}

moved() {
	cell "$1" "$2" '"moved": 2048, "of": 2048, "kernel": ""'
}

# The cells that are given, in a run
write_run() {
	cat <<-END
	{
		"format": 1, "command": ["dmamem compare"], "hostile": true,
		"machine": {
			"date": "", "dmamem": "0", "processor": "<fast>",
			"processors": 1, "virtual": true, "emulated": true,
			"memory": 1048576, "swap": 0, "nodes": 2, "thp": "",
			"kernel": "", "kernel_version": "", "architecture": "",
			"distribution": "", "command_line": "", "iommu": "",
			"identity": false, "module": ""
		},
		"stability": {
			"pages": 2048,
			"disturbances": [{"name": "nothing"}, {"name": "mbind"},
				{"name": "swap"}],
			"cells": [$(IFS=,; echo "$*")]
		}
	}
	END
}

# Cells of the other disturbances: nothing moves, and swap is not there
others() {
	cell "$1" "$2" '"moved": 0, "of": 2048, "kernel": ""' |
		sed 's/"mbind"/"nothing"/'
	echo ,
	cell "$1" "$2" '"moved": null, "why": "no <swap>"' |
		sed 's/"mbind"/"swap"/'
}

write_example() {
	write_run "$(others unregistered THP)" "$(moved unregistered THP)" \
		"$(others unregistered memfd)" "$(still unregistered memfd)" \
		"$(others VFIO THP)" "$(still VFIO THP)" \
		"$(others VFIO memfd)" "$(still VFIO memfd)" \
		"$(others mlock THP)" \
		"$(cell mlock THP '"moved": null, "why": "a <reason>"')" \
		"$(others mlock memfd)" "$(moved mlock memfd)" > "$root/json"
}

# has FILE TEXT: a line of it
has() {
	grep -qxF "$2" "$1" || {
		echo "no line: $2"
		cat "$1"
		return 1
	}
}

markdown() {
	"$report" --markdown "$root/md" "$root/json" &&
	has "$root/md" '| memory | mode | mbind | swap |' &&
	has "$root/md" '| THP | unregistered | **2048** | - |' &&
	has "$root/md" '| THP | VFIO | 0 | - |' &&
	has "$root/md" '| memfd | unregistered, VFIO | (0) | - |' &&
	has "$root/md" '| memfd | mlock | **2048** | - |' &&
	! grep -q 'THP | mlock' "$root/md"
}

page() {
	"$report" --html "$root/html" "$root/json" &&
	grep -q 'class="na" title="a &lt;reason&gt;">n/a 2<' "$root/html" &&
	grep -q '<li>a &lt;reason&gt;</li>' "$root/html" &&
	grep -q '&lt;fast&gt;' "$root/html" &&
	grep -q 'emulated by software' "$root/html"
}

# No picture, style or script from elsewhere
page_needs_nothing() {
	! grep -oE '(src|href)="[^#][^"]*"|@import|url\([^#]' "$root/html"
}

several_runs() {
	"$report" --html "$root/two" --plots "$root/plots" "$root/json" \
		"$root/json" &&
	grep -q '<h2>Run 2: ' "$root/two" &&
	[ -s "$root/plots/stability.svg" ] && [ -s "$root/plots/stability-2.svg" ]
}

from_standard_input() {
	"$report" --markdown "$root/piped" - < "$root/json" &&
	cmp "$root/md" "$root/piped"
}

# Numbers that are text, and all text that is not a key: with markup
write_hostile() {
	sed -e 's/"pages": 2048/"pages": "<i>\&x"/' \
		-e 's/"of": 2048/"of": 7/g' -e 's/"moved": 2048/"moved": "<i>$^$"/' \
		-e 's/THP/<i>|$^$*/g' -e 's/mbind/<i>`/g' \
		-e 's/"command": .*hostile/"command": ["<i>"], "hostile/' \
		-e 's/"\(date\|kernel\|iommu\|command_line\)": ""/"\1": "<i>"/g' \
		"$root/json" > "$root/hostile"
}

markup_is_text() {
	write_hostile &&
	"$report" --html "$root/html" --plots "$root/plots" \
		--markdown "$root/md" "$root/hostile" &&
	! grep '<i>' "$root/html" "$root/md" "$root/plots/stability.svg" &&
	grep -qF 'Memory of &lt;i&gt;&amp;x pages' "$root/html" &&
	grep -qF '&lt;i&gt;|$^$*' "$root/plots/stability.svg" &&
	grep -qF '| \<i\>\|$^$\* | unregistered | **\<i\>$^$ of 7** |' "$root/md"
}

# fails STATUS TEXT ARGUMENT...: ends so, with one line that has the text
fails() {
	status=$1
	text=$2
	shift 2
	"$report" "$@" > "$root/err" 2>&1
	result=$?
	cat "$root/err"
	[ $result -eq "$status" ] && [ "$(grep -c : "$root/err")" -eq 1 ] &&
	grep -q "^dmamem-report: .*$text" "$root/err"
}

what_cannot_be_read() {
	fails 1 "$root/nothing" --markdown /dev/null "$root/nothing"
}

what_cannot_be_written() {
	fails 1 /nowhere/x --html /nowhere/x "$root/json" &&
	fails 1 "$root/json/x" --plots "$root/json/x" "$root/json"
}

# Nothing is written of what cannot be made as a whole
what_is_no_comparison() {
	for text in '' '{}' '[]' '[1]' '{"machine": {}}' '{"machine": 1}'; do
		echo "$text" > "$root/other"
		fails 1 . --html "$root/none" --plots "$root/none.d" \
			"$root/other" || return 1
	done
	sed 's/"mode": "mlock"/"mode": {}/' "$root/json" > "$root/other"
	fails 1 . --html "$root/none" "$root/other" &&
	[ ! -e "$root/none" ] && [ ! -e "$root/none.d" ]
}

without_stability() {
	sed 's/"stability"/"other"/' "$root/json" > "$root/other"
	"$report" --html "$root/html" --plots "$root/plots" "$root/other" &&
	fails 1 'stability' --markdown "$root/none" "$root/other"
}

nothing_was_wanted() {
	sed 's/"stability": /"fragmented": {"held": 1, "free": 0, \
		"wanted": 0, "rows": [{"mode": "VFIO", "registered": 0, \
		"why": ""}]}, &/' "$root/json" > "$root/other"
	"$report" --html "$root/html" --plots "$root/plots" "$root/other" &&
	grep -q 'title="nothing was wanted"' "$root/html" &&
	[ ! -e "$root/plots/fragmented.svg" ]
}

nothing_to_write() {
	"$report" "$root/json" 2> "$root/err"
	[ $? -eq 2 ] && grep -q -- '--html, --plots or --markdown' "$root/err"
}

echo "TAP version 13"
echo "1..12"
write_example
check markdown_tells_no_number_from_zero markdown
check page_tells_no_number_from_zero page
check page_needs_nothing page_needs_nothing
check several_runs several_runs
check from_standard_input from_standard_input
check markup_is_text markup_is_text
check what_cannot_be_read what_cannot_be_read
check what_cannot_be_written what_cannot_be_written
check what_is_no_comparison what_is_no_comparison
check without_stability without_stability
check nothing_was_wanted nothing_was_wanted
check nothing_to_write nothing_to_write
[ $failed -eq 0 ]
