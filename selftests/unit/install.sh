#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# What is installed is what a program needs: found with pkg-config, usable from
# C and C++, shared and static, and no name is exported that is not ours.

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

pc() {
	PKG_CONFIG_LIBDIR=$root/lib/pkgconfig pkg-config "$@" dmamem
}

# build COMPILER...: a program that knows only what is installed
build() {
	# shellcheck disable=SC2046,SC2086 # flags
	"$@" "$root/user.c" -o "$root/user" -Wall -Wextra -Werror \
		$(pc --cflags) $link && "$root/user"
}

shared() {
	link="$(pc --libs) -Wl,-rpath,$root/lib"
	build "$@" && readelf -d "$root/user" | grep -q 'libdmamem\.so\.0'
}

static() {
	link="$root/lib/libdmamem.a -pthread"
	build "$@"
}

only_ours() {
	nm -D --defined-only "$root/lib/libdmamem.so.0" |
		awk '$3 !~ /^(dmamem_[a-z_]*@@)?DMAMEM_[0-9.]*(@@.*)?$/ {
			print; bad = 1
		} END { exit bad }'
}

stack_not_executable() {
	readelf -lW "$root/lib/libdmamem.so.0" | grep -q 'GNU_STACK.* RW '
}

cat > "$root/user.c" <<'END'
#include <dmamem/dmamem.h>
#include <dmamem/map.h>
#include <dmamem/memory.h>
#include <dmamem/nvme.h>

int main(void)
{
	struct dmamem_map *map;

	if (dmamem_map_create(DMAMEM_MAP_LINEAR, DMAMEM_NO_ADDRESS, &map))
		return 1;
	dmamem_map_free(map);
	return 0;
}
END

echo "TAP version 13"
echo "1..6"
check installs make -s -C "$top" install-library PREFIX="$root" B="$root/build"
check shared_from_c shared gcc -std=c11
check shared_from_cplusplus shared g++ -std=c++11 -x c++
check static_from_c static gcc -std=c11
check only_ours_is_exported only_ours
check stack_is_not_executable stack_not_executable
