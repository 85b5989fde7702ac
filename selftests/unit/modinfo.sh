#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# modinfo says what the module is, and what each of its parameters does.

top=$(cd "$(dirname "$0")/../.." && pwd)
module=$top/build/kernel/6.1/dmamem.ko
number=0
failed=0

PATH=$PATH:/sbin
command -v modinfo > /dev/null || { echo "1..0 # SKIP no modinfo here"; exit 4; }
[ -e "$module" ] || { echo "1..0 # SKIP $module is not built"; exit 4; }

# expect FIELD PATTERN: some value of the field is like that
expect() {
	number=$((number + 1))
	value=$(modinfo -F "$1" "$module")
	if echo "$value" | grep -qx "$2"; then
		echo "ok $number $1"
	else
		echo "# $1: $value"
		echo "not ok $number $1"
		failed=1
	fi
}

version=$(sed -n 's/^VERSION := //p' "$top/Makefile")

echo "TAP version 13"
expect license 'GPL'
expect author '..*'
expect description '..*'
expect version "$version"
expect srcversion '[0-9A-F]*'
# It needs no other module, and no device is bound to it unasked
expect depends ''
expect alias ''
# All that there are, and all with a text
parameters=$(sed -n 's/^module_param[a-z_]*(\([a-z_]*\),.*/\1/p' "$top"/kmod/*.c)
for parameter in $parameters; do
	expect parm "$parameter:[A-Z].*"
done
echo "1..$number"
exit "$failed"
