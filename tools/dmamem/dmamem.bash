# bash completion for dmamem                               -*- shell-script -*-
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# shellcheck shell=bash
#
# Commands and options are those that --help shows; what an option takes is here.

# Names in the list that --help has for $2 on: "  name  what it does"
_dmamem_names() {
	"$1" "${@:2}" --help 2>/dev/null |
		sed -n '/^\(Commands\|Verbs\):/,/^$/s/^  \([a-z]\+\) .*/\1/p'
}

_dmamem_options() {
	"$1" "${@:2}" --help 2>/dev/null |
		sed -n 's/^ \{2,6\}\(-., \)\?\(--[a-z-]\+=\?\).*/\2/p'
}

# "dma_bits:what it is for (uint)"
_dmamem_parameters() {
	modinfo -F parm dmamem 2>/dev/null | sed 's/:.*/=/'
}

_dmamem_functions() {
	ls /sys/bus/pci/devices 2>/dev/null
}

# What option $2 of command $1 takes, in COMPREPLY; fails if nothing is known
_dmamem_value() {
	local words

	case $1:$2 in
	bind:--driver | bind:-d) words="dmamem vfio-pci uio_pci_generic" ;;
	*:--device | *:-d) words=$(_dmamem_functions) ;;
	*:--kind | *:-k)
		words="4k scattered thp hugetlb-2m hugetlb-1g memfd shared file"
		;;
	*:--mode | *:-m) words="auto pa va dma" ;;
	*:--provider | *:-p) words="auto kmod vfio hugepage" ;;
	*:--only)
		words="setup stability cost memory lookup nvme fragmented"
		;;
	nvme:--op | nvme:-o) words="read write mix" ;;
	nvme:--order) words="random sequential" ;;
	nvme:--pointers) words="prp sgl both" ;;
	*:--file | *:--svg | *:--html | load:-f | compare:--json)
		_filedir
		return 0
		;;
	*) return 1 ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

# Arguments of command $2 of program $1 that are no options
_dmamem_argument() {
	local words

	case $2 in
	doctor | bind | unbind) words=$(_dmamem_functions) ;;
	help) words=$(_dmamem_names "$1") ;;
	load)
		words=$(_dmamem_parameters)
		compopt -o nospace
		;;
	nvme)
		if ((cword == 2)); then
			words=$(_dmamem_names "$1" nvme)
		elif ((cword == 3)); then
			words=$(_dmamem_functions)
		else
			_filedir
			return
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

# Options of command $2, or of its verb, of program $1
_dmamem_option() {
	local of=("${words[1]}")

	[ "$2" = nvme ] && ((cword > 2)) && of+=("${words[2]}")
	mapfile -t COMPREPLY < <(compgen -W \
		"$(_dmamem_options "$1" "${of[@]}")" -- "$cur")
	[[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace
}

_dmamem() {
	# shellcheck disable=SC2034 # split is set by _init_completion
	local cur prev words cword split command

	_init_completion -s -n : || return
	command=${words[1]}
	if ((cword == 1)); then
		mapfile -t COMPREPLY < <(compgen -W \
			"$(_dmamem_names "$1") --help --version" -- "$cur")
	elif [[ $prev == -* ]] && _dmamem_value "$command" "$prev"; then
		:
	elif [[ $cur == -* ]]; then
		_dmamem_option "$1" "$command"
	else
		_dmamem_argument "$1" "$command"
	fi
	__ltrim_colon_completions "$cur"
} &&
	complete -F _dmamem dmamem
