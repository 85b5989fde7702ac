#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# The library's binary interface is the committed one, and it would be noticed
# if it were not: a field moved, a function gone, a function new.

unset MAKEFLAGS MAKELEVEL
top=$(cd "$(dirname "$0")/../.." && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
number=0

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
	fi
}

# another NAME: a copy of the tree, to be changed
another() {
	mkdir "$root/$1" && cd "$root/$1" &&
	tar -C "$top" --exclude=./build --exclude=./.git -c . | tar -x
}

build() {
	make -s library CFLAGS='-O0 -g' WERROR=
}

unchanged() {
	another unchanged && build && scripts/abi check build/libdmamem.so.0
}

# noticed TEXT: the check fails, and says so
noticed() {
	build || return 1
	if scripts/abi check build/libdmamem.so.0 > found 2>&1; then
		return 1
	fi
	cat found
	grep -q "$1" found
}

# Its size stays the same
field_moved() {
	another field &&
	sed -i '/^	uint64_t window_first;/{h;d}; /^	uint64_t window_last;/G' \
		include/dmamem/dmamem.h &&
	noticed "window_first.*offset changed"
}

symbol_dropped() {
	another dropped &&
	sed -i '/	dmamem_reserve;/d' libdmamem/dmamem.map &&
	noticed "\[D\].*dmamem_reserve"
}

symbol_added() {
	another added &&
	sed -i 's/^local:/	dmamem_extra;\n&/' libdmamem/dmamem.map &&
	echo 'void dmamem_extra(void) {}' >> libdmamem/explain.c &&
	noticed "\[A\].*dmamem_extra"
}

version_changed() {
	another version &&
	sed -i 's/^DMAMEM_0.1/DMAMEM_0.2/' libdmamem/dmamem.map &&
	noticed "dmamem_open@@DMAMEM_0.1"
}

constant_changed() {
	another constant &&
	sed -i 's/	DMAMEM_IOVA_VA,/	DMAMEM_IOVA_VA = 9,/' \
		include/dmamem/dmamem.h &&
	noticed "DMAMEM_IOVA_VA.*from value '2' to '9'"
}

echo "TAP version 13"
for program in abidiff dpkg-gensymbols; do
	command -v $program > /dev/null || {
		echo "1..0 # SKIP no $program here"
		exit 0
	}
done
[ "$(uname -m)" = x86_64 ] || {
	echo "1..0 # SKIP what is committed is for x86-64"
	exit 0
}
echo "1..6"
check is_the_committed_one unchanged
check moved_field_is_noticed field_moved
check dropped_symbol_is_noticed symbol_dropped
check added_symbol_is_noticed symbol_added
check changed_version_is_noticed version_changed
check changed_constant_is_noticed constant_changed
