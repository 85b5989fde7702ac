# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# shellcheck shell=sh
#
# Packages of a Debian suite, without touching the machine's own apt: sourced
# by the scripts that unpack kernels, compilers and kernel sources.

CACHE=${DMAMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dmamem}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# suite_sources SUITE ARCH: the machine's sources of Debian, with another suite
suite_sources() {
	apt-get indextargets 'Created-By: Packages' \
		--format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' |
	sed -n 's/ [a-z]*\(-security\)\? main Debian$/ @\1 main/p' |
	sort -u | sed "s/@/$1/; s/^/deb [arch=$2] /" |
	if [ "$1" = sid ]; then grep -v -e -security; else cat; fi
}

# suite_open SUITE [ARCH]: apt-get and apt-cache from here on mean SUITE's
# packages, for amd64 or ARCH
suite_open() {
	suite_arch=${2:-amd64}
	suite_dir=$CACHE/apt/$1-$suite_arch
	mkdir -p "$suite_dir/lists/partial" "$suite_dir/archives/partial"
	unset APT_CONFIG
	suite_sources "$1" "$suite_arch" > "$suite_dir/sources.list"
	[ -s "$suite_dir/sources.list" ] ||
		die "apt has no source of Debian (is there an apt-get update to do?)"
	export APT_CONFIG="$suite_dir/apt.conf"
	: > "$suite_dir/status"
	cat > "$APT_CONFIG" <<-END
	APT::Architecture "$suite_arch";
	APT::Architectures { "$suite_arch"; };
	APT::Sandbox::User "";
	Acquire::Languages "none";
	Dir::Etc::SourceList "$suite_dir/sources.list";
	Dir::Etc::SourceParts "/dev/null";
	Dir::State "$suite_dir";
	Dir::State::lists "$suite_dir/lists";
	Dir::State::status "$suite_dir/status";
	Dir::Cache "$suite_dir";
	Dir::Cache::archives "$suite_dir/archives";
	END
	apt-get -qq update >&2
}

# suite_unpack FOLDER PACKAGE...: fetch packages and unpack them below FOLDER
suite_unpack() {
	unpack_dir=$1
	shift
	mkdir -p "$unpack_dir/debs"
	(cd "$unpack_dir/debs" && apt-get -qq download "$@" >&2) ||
		die "cannot fetch $*"
	for deb in "$unpack_dir"/debs/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x --keep-directory-symlink --exclude ./usr/share \
				-C "$unpack_dir"
	done
	rm -r "$unpack_dir/debs"
}

# kernel_source: print the tarball of bookworm's kernel source, fetched once
kernel_source() {
	if [ ! -d "$CACHE/source" ]; then
		echo "Fetching the kernel's source of Debian bookworm (once)" >&2
		suite_open bookworm
		suite_unpack "$CACHE/source.$$" linux-source-6.1
		apt-cache policy linux-source-6.1 |
			sed -n 's/ *Candidate: //p' > "$CACHE/source.$$/version"
		mv -T "$CACHE/source.$$" "$CACHE/source"
	fi
	echo "$CACHE/source/usr/src/linux-source-6.1.tar.xz"
}
