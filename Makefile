# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# dmamem: library, tools, kernel module and their tests. `make help` says more.
#
# Sources are found by wildcard: adding a C file needs no change here.

VERSION := 0.1.0
SOVERSION := 0

B := build
CC = gcc
AR = ar
KDIR = /lib/modules/$(shell uname -r)/build

CFLAGS = -O2 -g
WARNINGS := -Wall -Wextra $(if $(WERROR),-Werror)
ALL_CFLAGS = -std=gnu11 -fPIC $(WARNINGS) $(CFLAGS)
ALL_CPPFLAGS = -D_GNU_SOURCE -iquote . -Iinclude -Iinclude/uapi \
	-DDMAMEM_VERSION='"$(VERSION)"' $(CPPFLAGS)

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: FORCE
.DEFAULT_GOAL := all

# $(call cmd,NAME): run $(cmd_NAME), say only NAME and the target
Q := $(if $(filter 1,$(V)),,@)
cmd = $(if $(Q),@printf '  %-7s %s\n' $(1) $@;) $(cmd_$(1))

# $(call remember,FILE,TEXT): rewrite FILE when TEXT is not what it says, so
# that what depends on FILE is rebuilt when TEXT changes. (make 4.3 does not
# always take the newline off what it reads: strip does.)
remember = $(shell mkdir -p $(dir $(1)))$(if \
	$(subst |$(strip $(file <$(1)))|,,|= $(strip $(2))|), \
	$(file >$(1),= $(strip $(2))))

cmd_CC = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(FLAVOUR_FLAGS) -MMD -MP -c -o $@ $<
cmd_AR = rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)
cmd_LINK = $(CC) $(ALL_CFLAGS) $(FLAVOUR_FLAGS) $(LDFLAGS) -o $@ \
	$(filter %.o,$^) $(filter %.a,$^) $(LDLIBS) -pthread
cmd_CP = cp $< $@
cmd_LN = ln -sf $(<F) $@

# One tree of objects and programs per flavour: plain, with sanitizers, as a
# 32-bit caller of the module, and for another processor
FLAVOURS := plain asan tsan m32 arm64
FLAVOUR_plain :=
FLAVOUR_asan := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
FLAVOUR_tsan := -fsanitize=thread -Wno-tsan -fno-omit-frame-pointer
# (gcc-multilib would give a link to these, and cannot be beside a cross compiler)
FLAVOUR_m32 := -m32 -idirafter /usr/include/x86_64-linux-gnu
FLAVOUR_arm64 := -static
CROSS_arm64 := aarch64-linux-gnu-

include scripts/install.mk
include libdmamem/build.mk
include tools/build.mk
include selftests/build.mk
include selftests/arm64.mk
include selftests/fuzz/build.mk
include kmod/build.mk
include scripts/lint.mk
include Documentation/build.mk

define flavour_rules
$(call remember,$(B)/$(1)/flags,$(CROSS_$(1))$(CC) $(ALL_CFLAGS) $(ALL_CPPFLAGS) $(LDFLAGS) $(FLAVOUR_$(1)))
$(B)/$(1)/%: FLAVOUR_FLAGS := $(FLAVOUR_$(1))
$(if $(CROSS_$(1)),$(B)/$(1)/%: CC := $(CROSS_$(1))gcc
$(B)/$(1)/%: AR := $(CROSS_$(1))ar)

$(B)/$(1)/%.o: %.c $(B)/$(1)/flags
	@mkdir -p $$(@D)
	$$(call cmd,CC)

$(call library_rules,$(1))
$(call tools_rules,$(1))
$(call selftests_rules,$(1))
endef
$(foreach f,$(FLAVOURS),$(eval $(call flavour_rules,$(f))))

.PHONY: all clean help
all: library tools

clean:
	$(if $(filter-out clean,$(MAKECMDGOALS)),$(error clean wants to be alone))
	$(Q)rm -rf $(B)

-include $(shell find $(B) -type f -name '*.d' 2>/dev/null)

# What needs packages sees to them first, then starts over
COMMANDS := demo check check-kernels check-packages check-races \
	check-sanitizers compare fuzz bench bench-kmod abi-check abi-update deb
.PHONY: $(COMMANDS) $(COMMANDS:%=%-now)
$(COMMANDS):
	$(Q)scripts/setup $@
	$(Q)$(MAKE) $(if $(findstring j,$(MAKEFLAGS)),,-j$$(nproc)) $@-now

define HELP
Commands:
  make demo      an NVMe controller reads and writes ordinary memory, in a guest
  make check     all tests: native, with sanitizers, in guests
  make check-kernels     the guest tests on Debian's 6.1, 6.12 and sid's kernel,
                         and on arm64
  make check-sanitizers  the guest tests on a kernel with KASAN, lockdep and more
  make check-races       those about concurrency on a kernel with KCSAN
  make compare   hugepages, mlock, dmamem and VFIO side by side, in guests:
                 build/compare/report.html
  make fuzz      libFuzzer over the map and more, FUZZ_SECONDS=60 for each
  make bench             what the library costs, in instructions; FORMAT=json
  make bench-kmod        what pinning costs, in instructions per page
  make lint      all style checks and static analysis
  make docs      the guide and the manual pages
  make deb               Debian packages, in build/deb/
  make check-packages    those packages in a clean Debian, and in a guest
  make abi-check         is the library's binary interface the committed one?
  make abi-update        commit another

Parts:
  all            library and tools (default)
  library        build/libdmamem.a, build/libdmamem.so, build/dmamem.pc
  tools          the programs of tools/, in build/plain/tools/
  kmod           dmamem.ko for the kernel in KDIR (default: the running one)
  tests          all test programs: plain, with ASan and UBSan, with TSan
  build/kernel/K/dmamem.ko  the module for a guest's kernel K: 6.1, 6.12,
                 sid, sanitizers or races
  install, uninstall     library, headers, tools and manual pages; each also by
                 itself: install-library, install-tools, install-man
  install-kmod   the module of KDIR's kernel, and what loads it at boot
  install-dkms   its source for DKMS instead, and the same
  clean          remove build/

Variables:
  V=1            show the commands, and what tests print
  WERROR=1       warnings are errors
  DESTDIR=, prefix=, bindir=, libdir=, includedir=, datadir=, mandir= and the
                 others of scripts/install.mk  where to install

selftests/vm/run --help tells how to run anything in a guest.
endef
export HELP

help:
	@echo "$$HELP"
