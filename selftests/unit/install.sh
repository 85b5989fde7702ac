#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# What is installed is what a program needs: found with pkg-config, usable from
# C and C++, shared and static, and no name is exported that is not ours. It
# goes where the usual variables say, and uninstalling takes it away again.

unset MAKEFLAGS MAKELEVEL
top=$(cd "$(dirname "$0")/../.." && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
number=0

result() {
	number=$((number + 1))
	echo "$1 $number $2"
}

# check NAME COMMAND: one test, its output shown when it fails
check() {
	name=$1
	shift
	if output=$("$@" 2>&1); then
		result ok "$name"
	else
		echo "$output" | sed 's/^/# /'
		result "not ok" "$name"
	fi
}

# check_with PROGRAM NAME COMMAND: the same, where there is such a program
check_with() {
	if command -v "$1" > /dev/null; then
		shift
		check "$@"
	else
		result ok "$2 # SKIP no $1 here"
	fi
}

build() {
	make -s -C "$top" B="$root/build" "$@"
}

# ---- a program that knows only what is installed below $root

pc() {
	PKG_CONFIG_LIBDIR=$root/lib/pkgconfig pkg-config "$@" dmamem
}

# Every header that is installed
write_program() {
	for header in "$root"/include/dmamem/*.h "$root"/include/linux/*.h; do
		echo "#include <${header#"$root"/include/}>"
	done
	cat <<-END

	int main(void)
	{
		struct dmamem_map *map;

		if (dmamem_map_create(DMAMEM_MAP_LINEAR, 0, &map))
			return 1;
		dmamem_map_free(map);
		return 0;
	}
	END
}

# compile COMPILER...: every warning is an error
compile() {
	write_program > "$root/user.c"
	# shellcheck disable=SC2046,SC2086 # flags
	"$@" "$root/user.c" -o "$root/user" -Wall -Wextra -Wpedantic -Werror \
		$(pc --cflags) $link && "$root/user"
}

shared() {
	link="$(pc --libs) -Wl,-rpath,$root/lib"
	compile "$@" && readelf -d "$root/user" | grep -q 'libdmamem\.so\.0'
}

static() {
	link="$(pc --static --libs) -static"
	compile "$@"
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

# Moved elsewhere as a whole, it is still found
can_be_moved() {
	mkdir "$root/moved" && cp -a "$root/lib" "$root/moved" &&
	PKG_CONFIG_LIBDIR=$root/moved/lib/pkgconfig pkg-config \
		--define-prefix --libs-only-L dmamem |
		grep -x -e "-L$root/moved/lib *"
}

# Those of examples/ that need nothing else
examples_build() {
	for example in pin queue keys handover; do
		cp -r "$top/examples/$example" "$root/$example" &&
		PKG_CONFIG_LIBDIR=$root/lib/pkgconfig make -C "$root/$example" \
			CFLAGS='-std=gnu11 -Wall -Wextra -Wpedantic -Werror' \
			CXXFLAGS='-std=c++17 -Wall -Wextra -Wpedantic -Werror' ||
			return 1
	done
}

# ---- where everything goes

# left FOLDER: fail and name what is below it, but for folders that others use
left() {
	! find "$1" ! -type d -o -name '*dmamem*' | grep .
}

# Every folder has a name of its own, so that none is mistaken for another
obeys_variables() {
	set -- DESTDIR="$root/vars" prefix=/none bindir=/bin-x libdir=/lib-x \
		includedir=/inc-x mandir=/man-x bashcompletiondir=/bash-x \
		udevdir=/udev-x sysusersdir=/users-x modulesloaddir=/load-x \
		pkgconfigdir=/pc-x dkmsdir=/dkms-x datadir=/data-x
	build install install-dkms "$@" &&
	(cd "$root/vars" && find . ! -type d | cut -d / -f 2 | sort -u) \
		> "$root/folders" &&
	printf '%s\n' bash-x bin-x data-x dkms-x inc-x lib-x load-x man-x \
		pc-x udev-x users-x | diff - "$root/folders" &&
	build uninstall uninstall-dkms "$@" && left "$root/vars"
}

# What somebody else put there is not ours
uninstall_leaves_nothing() {
	set -- DESTDIR="$root/dest" prefix=/usr
	build install install-dkms "$@" &&
	: > "$root/dest/usr/include/dmamem/other.h" &&
	build uninstall uninstall-dkms "$@" &&
	rm "$root/dest/usr/include/dmamem/other.h" &&
	rmdir "$root/dest/usr/include/dmamem" && left "$root/dest"
}

# Twice over, as when a new version replaces an old one
can_be_repeated() {
	set -- DESTDIR="$root/again" prefix=/usr
	build install-library "$@" && build install-library "$@" &&
	build uninstall-library "$@" && build uninstall-library "$@" &&
	left "$root/again"
}

echo "TAP version 13"
echo "1..12"
check installs build install-library prefix="$root"
check shared_from_c shared gcc -std=c11
check shared_from_cplusplus shared g++ -std=c++17 -x c++
check static_from_c static gcc -std=c11
check static_from_cplusplus static g++ -std=c++11 -x c++
check examples_build examples_build
check only_ours_is_exported only_ours
check stack_is_not_executable stack_not_executable
check can_be_moved can_be_moved
check can_be_repeated can_be_repeated
check_with sphinx-build obeys_variables obeys_variables
check_with sphinx-build uninstall_leaves_nothing uninstall_leaves_nothing
