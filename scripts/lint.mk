# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# make lint: what a check found in a file is a file below build/lint, made anew
# when what it looked at has changed. Clean is empty.

L := $(B)/lint
KERNEL_SCRIPTS := $(KSELFTEST)/scripts

# $(call in,SUFFIXES,FOLDERS)
in = $(wildcard $(foreach s,$(1),$(addsuffix /*.$(s),$(2))))
USER_DIRS := libdmamem tools tools/* $(EXAMPLES:%=examples/%) \
	selftests/lib selftests/unit \
	selftests/guest selftests/fuzz selftests/vm bench
LINT_API := $(call in,h,include/uapi/linux include/dmamem)
LINT_KMOD := $(call in,c h,kmod)
LINT_OTHER_KMOD := $(call in,c,bench/barepin selftests/vm/pretend)
LINT_USER_C := $(call in,c,$(USER_DIRS))
LINT_USER_H := $(call in,h,$(USER_DIRS) include/dmamem)
LINT_HEADERS := $(sort $(LINT_API) $(LINT_USER_H))

# $(call interpreted,NAME): scripts whose first line names the interpreter
interpreted = $(shell awk 'FNR == 1 && /^.!.*$(1)/ { print FILENAME }' \
	/dev/null $(wildcard .ci/run bench/* scripts/* selftests/vm/* \
	tools/dmamem/report/*) 2>/dev/null)
LINT_SH := $(sort $(call in,sh,scripts selftests/unit) \
	$(wildcard tools/dmamem/*.bash) $(call interpreted,sh$$))
LINT_PY := $(sort $(call in,py,Documentation scripts selftests/vm \
	tools/dmamem/report) \
	$(call interpreted,python3))

LINT_FINDINGS := $(addprefix $(L)/, \
	$(addsuffix .checkpatch,$(sort $(LINT_HEADERS) $(LINT_KMOD) \
		$(LINT_OTHER_KMOD) $(LINT_USER_C))) \
	$(addsuffix .kernel-doc,$(LINT_API) $(LINT_KMOD) $(call in,c h,libdmamem)) \
	$(addsuffix .c11,$(LINT_API)) $(addsuffix .c++,$(LINT_API)) \
	$(addsuffix .gcc,$(LINT_USER_C)) $(addsuffix .tidy,$(LINT_USER_C)) \
	$(addsuffix .shellcheck,$(LINT_SH)) $(addsuffix .python,$(LINT_PY)) \
	$(if $(LINT_KMOD),kmod.sparse) text)

# The target becomes what the command found
findings = $(Q)scripts/lint-findings $@

# What checkpatch asks of user space as if it were the kernel. There we have
#   <stdint.h> and PRIu64, no u64
#   volatile, no readl() and writel()
#   barriers that depend on the machine, no mb()
#   no ARRAY_SIZE() and no __printf() in the system's headers
#   ENOSYS from a kernel that does not have a system call
CHECKPATCH_USER := PREFER_KERNEL_TYPES,CAMELCASE,VOLATILE,ARCH_DEFINES,ARRAY_SIZE,PREFER_DEFINED_ATTRIBUTE_MACRO,ENOSYS
# In tests
#   macros name the line that failed: arguments stand for themselves
#   FIXTURE_DATA(name) *self is no multiplication, PAGES * PAGE no pointer
#   __real_malloc() and the like of ld --wrap have no header
#   an argv is an array of char * that is not constant
CHECKPATCH_TEST := $(CHECKPATCH_USER),MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE,SPACING,POINTER_LOCATION,AVOID_EXTERNS,STATIC_CONST_CHAR_ARRAY
CHECKPATCH_IGNORE := $(CHECKPATCH_USER)
$(L)/selftests/%: CHECKPATCH_IGNORE := $(CHECKPATCH_TEST)
$(L)/include/uapi/% $(L)/kmod/%: CHECKPATCH_IGNORE :=
# TRACE_EVENT() looks like no other C
$(L)/kmod/trace.h.checkpatch: CHECKPATCH_IGNORE := PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE
$(L)/%.checkpatch: % scripts/lint.mk | $(KSELFTEST) $(L)/tree
	$(findings) env -C $(L)/tree \
		perl $(CURDIR)/$(KERNEL_SCRIPTS)/checkpatch.pl --no-tree --strict \
		--terse --no-summary --show-types \
		$(addprefix --ignore ,$(CHECKPATCH_IGNORE)) -f $<

# checkpatch leaves a file where it runs
$(L)/tree:
	$(Q)mkdir -p $@ && ln -s $(CURDIR)/* $@

# sparse, and the warnings of W=1: made from scratch to see all of them
$(L)/kmod.sparse: $(LINT_KMOD) $(LINT_API) Kbuild scripts/lint.mk
	$(Q)rm -rf $(L)/kmod-6.1
	$(findings) env MAKEFLAGS='W=1 C=2' scripts/kernel build 6.1 $(L)/kmod-6.1

$(L)/%.kernel-doc: % scripts/lint.mk | $(KSELFTEST)
	$(findings) perl $(KERNEL_SCRIPTS)/kernel-doc -v -none -Werror $<

# Each public header compiles by itself, as its users may compile it
LINT_ALONE = -Wall -Wextra -Wpedantic -Iinclude -Iinclude/uapi -fsyntax-only
$(L)/%.c11: % $(LINT_API) scripts/lint.mk
	$(findings) $(CC) -std=c11 $(LINT_ALONE) -x c $<
$(L)/%.c++: % $(LINT_API) scripts/lint.mk
	$(findings) $(CXX) -std=c++11 $(LINT_ALONE) -x c++ $<

# The harness defines its functions without declaring them
LINT_PROTOTYPES := -Wmissing-prototypes -Wstrict-prototypes
$(L)/selftests/%: LINT_PROTOTYPES :=
LINT_CPPFLAGS = $(ALL_CPPFLAGS) -isystem $(KSELFTEST)
$(L)/%.gcc: % scripts/lint.mk Makefile | $(KSELFTEST)
	$(findings) $(CC) $(LINT_CPPFLAGS) $(ALL_CFLAGS) -Wall -Wextra \
		$(LINT_PROTOTYPES) -MMD -MP -MF $(@:.gcc=.d) \
		-MT '$@ $(@:.gcc=.tidy)' -c -o /dev/null $<
TIDY_RULES := .clang-tidy selftests/.clang-tidy
$(L)/%.tidy: % scripts/lint.mk Makefile $(TIDY_RULES) | $(KSELFTEST)
	$(findings) clang-tidy --quiet $< -- $(LINT_CPPFLAGS) -std=gnu11

$(L)/%.shellcheck: % scripts/lint.mk
	$(findings) shellcheck -x -P SCRIPTDIR -e SC2016 -f gcc $<
$(L)/%.python: % scripts/lint.mk
	$(findings) sh -c 'pyflakes3 $<; pycodestyle --max-line-length=80 $<'

$(L)/text: FORCE
	$(findings) scripts/lint-text

.PHONY: lint lint-findings
lint-findings: $(LINT_FINDINGS)

lint:
	$(Q)scripts/setup $@
	$(Q)+$(MAKE) $(if $(findstring j,$(MAKEFLAGS)),,-j$$(nproc)) lint-findings
	$(Q)! sort -u $(LINT_FINDINGS) | grep .
