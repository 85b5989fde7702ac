#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# What tools/dmamem/dmamem.bash completes is what the command takes.

unset MAKEFLAGS MAKELEVEL
top=$(cd "$(dirname "$0")/../.." && pwd)
tool=$top/build/plain/tools/dmamem/dmamem
library=/usr/share/bash-completion/bash_completion
number=0
failed=0

skip() {
	echo "1..0 # SKIP $1"
	exit 4
}

# check NAME EXPECTED GIVEN: are these lists of words the same, and is there one?
check() {
	number=$((number + 1))
	if [ -n "$2" ] && [ "$2" = "$3" ]; then
		echo "ok $number $1"
	else
		echo "# help says:  $2"
		echo "# completion: $3"
		echo "not ok $number $1"
		failed=1
	fi
}

sorted() {
	tr ' ' '\n' | grep . | sort -u | tr '\n' ' '
}

# complete_words WORD...: what is offered for the last of them
complete_words() {
	COMP_WORDS=("$tool" "$@")
	COMP_CWORD=$#
	COMP_LINE=${COMP_WORDS[*]}
	COMP_POINT=${#COMP_LINE}
	COMPREPLY=()
	_dmamem "$tool" "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
	echo "${COMPREPLY[*]}" | sorted
}

# The long options in --help: at the beginning of a line, "=" before a value
options_in_help() {
	"$tool" "$@" --help | grep -o '^ *\(-[^-], \)\?--[a-z-]*=\?' |
		grep -o -e '--.*' | tr '\n' ' ' | sorted
}

# The words that --help of COMMAND has for OPTION, of those that are offered
values_in_help() {
	local option=$1 word
	shift
	for word in $(complete_words "$@" "$option" ""); do
		"$tool" "$@" --help | tr '\n' ' ' | grep -o -e "$option.*" |
			grep -qw -e "$word" && echo "$word "
	done | sorted
}

commands() {
	"$tool" --help | awk '/^Commands:/ { on = 1; next } !NF { on = 0 }
		on { print $1 }'
}

[ -e $library ] || skip "bash-completion is not installed"
make -s -C "$top" tools > /dev/null || exit 1
# shellcheck disable=SC1090 # Debian's
. $library
# The line editor is not there to be asked
compopt() { :; }
. "$top/tools/dmamem/dmamem.bash"

check commands "$(echo "$(commands) --help --version" | sorted)" \
	"$(complete_words "")"
for command in $(commands); do
	[ "$command" = help ] || [ "$command" = nvme ] ||
		check "options of $command" "$(options_in_help "$command")" \
			"$(complete_words "$command" --)"
done
for verb in $(complete_words nvme ""); do
	check "options of nvme $verb" "$(options_in_help nvme "$verb")" \
		"$(complete_words nvme "$verb" --)"
done
while read -r option arguments; do
	# shellcheck disable=SC2086 # words
	check "values of $option of $arguments" \
		"$(values_in_help "$option" $arguments)" \
		"$(complete_words $arguments "$option" "")"
done << END
--driver bind
--kind pin
--mode pin
--provider pin
--only compare
--op nvme bench
--order nvme bench
--pointers nvme bench
END
functions=$(find /sys/bus/pci/devices -type l -printf '%f ' 2> /dev/null | sorted)
[ -z "$functions" ] ||
	check "functions of bind" "$functions" "$(complete_words bind "")"
check "commands of help" "$(commands | sorted)" "$(complete_words help "")"
check "part of a word" "unbind unload " "$(complete_words un)"
echo "1..$number"
exit $failed
