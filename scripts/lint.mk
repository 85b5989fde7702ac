# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# make lint: what a check found in a file is a file below build/lint, made anew
# when what it looked at has changed. Clean is empty.

L := $(B)/lint
KERNEL_SCRIPTS := $(KSELFTEST)/scripts

# $(call in,SUFFIXES,FOLDERS)
in = $(wildcard $(foreach s,$(1),$(addsuffix /*.$(s),$(2))))
USER_DIRS := libdmamem tools tools/* selftests/lib selftests/unit \
	selftests/guest selftests/vm bench
LINT_API := $(call in,h,include/uapi/linux include/dmamem)
LINT_KMOD := $(call in,c h,kmod)
LINT_USER_C := $(call in,c,$(USER_DIRS))
LINT_USER_H := $(call in,h,$(USER_DIRS) include/dmamem)
LINT_HEADERS := $(sort $(LINT_API) $(LINT_USER_H))

# $(call interpreted,NAME): scripts whose first line names the interpreter
interpreted = $(shell awk 'FNR == 1 && /^.!.*$(1)/ { print FILENAME }' \
	/dev/null $(wildcard .ci/run scripts/* selftests/vm/*) 2>/dev/null)
LINT_SH := $(sort $(call in,sh,scripts selftests/vm) $(call interpreted,sh$$))
LINT_PY := $(sort $(call in,py,Documentation scripts selftests/vm) \
	$(call interpreted,python3))

LINT_FINDINGS := $(addprefix $(L)/, \
	$(addsuffix .checkpatch,$(sort $(LINT_HEADERS) $(LINT_KMOD) $(LINT_USER_C))) \
	$(addsuffix .kernel-doc,$(LINT_API) $(LINT_KMOD) $(call in,c h,libdmamem)) \
	$(addsuffix .c11,$(LINT_API)) $(addsuffix .c++,$(LINT_API)) \
	$(addsuffix .gcc,$(LINT_USER_C)) $(addsuffix .tidy,$(LINT_USER_C)) \
	$(addsuffix .shellcheck,$(LINT_SH)) $(addsuffix .python,$(LINT_PY)) \
	text)

# The module is built from a copy: its objects would land beside its sources
$(L)/kmod.sparse: $(LINT_KMOD) $(LINT_API) Kbuild scripts/lint.mk
	$(Q)rm -rf $(L)/kmod && mkdir -p $(L)/kmod
	$(Q)cp -r Kbuild kmod include $(L)/kmod
	$(findings) $(MAKE) -C $(KDIR) M=$(CURDIR)/$(L)/kmod W=1 C=2 modules

# The target becomes what the command found
findings = $(Q)scripts/lint-findings $@

# What checkpatch asks of user space as if it were the kernel. There we have
#   <stdint.h>, no u64
#   volatile, no readl() and writel()
#   memory barriers that depend on the machine, no mb()
#   no ARRAY_SIZE() in a header of the system
CHECKPATCH_USER := PREFER_KERNEL_TYPES,VOLATILE,ARCH_DEFINES,ARRAY_SIZE
$(L)/include/uapi/% $(L)/kmod/%: CHECKPATCH_USER :=
$(L)/%.checkpatch: % scripts/lint.mk $(KSELFTEST)
	$(findings) perl $(KERNEL_SCRIPTS)/checkpatch.pl --no-tree --strict \
		--terse --no-summary --show-types \
		$(if $(CHECKPATCH_USER),--ignore $(CHECKPATCH_USER)) -f $<

$(L)/%.kernel-doc: % scripts/lint.mk $(KSELFTEST)
	$(findings) perl $(KERNEL_SCRIPTS)/kernel-doc -none -Werror $<

# Each public header compiles by itself, as its users may compile it
LINT_ALONE = -Wall -Wextra -Wpedantic -Iinclude -Iinclude/uapi -fsyntax-only
$(L)/%.c11: % $(LINT_API) scripts/lint.mk
	$(findings) $(CC) -std=c11 $(LINT_ALONE) -x c $<
$(L)/%.c++: % $(LINT_API) scripts/lint.mk
	$(findings) $(CXX) -std=c++11 $(LINT_ALONE) -x c++ $<

LINT_CPPFLAGS = $(ALL_CPPFLAGS) -isystem $(KSELFTEST)
$(L)/%.gcc: % $(LINT_HEADERS) scripts/lint.mk Makefile $(KSELFTEST)
	$(findings) $(CC) $(LINT_CPPFLAGS) $(ALL_CFLAGS) -Wall -Wextra \
		-Wmissing-prototypes -Wstrict-prototypes -c -o /dev/null $<
$(L)/%.tidy: % $(LINT_HEADERS) scripts/lint.mk Makefile .clang-tidy $(KSELFTEST)
	$(findings) clang-tidy --quiet $< -- $(LINT_CPPFLAGS) -std=gnu11

$(L)/%.shellcheck: % scripts/lint.mk
	$(findings) shellcheck -x -P SCRIPTDIR -e SC2016 -f gcc $<
$(L)/%.python: % scripts/lint.mk
	$(findings) sh -c 'pyflakes3 $<; pycodestyle $<'

$(L)/text: FORCE
	$(findings) scripts/lint-text

.PHONY: lint lint-findings
lint-findings: $(LINT_FINDINGS)

lint:
	$(Q)+$(MAKE) $(if $(findstring j,$(MAKEFLAGS)),,-j$$(nproc)) lint-findings
	$(Q)! sort -u $(LINT_FINDINGS) | grep .
