# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# The tests: every file of unit/ and guest/ is a program, linked with lib/.

UNIT_SRCS := $(wildcard selftests/unit/*.c)
GUEST_SRCS := $(wildcard selftests/guest/*.c)
FIXTURE_SRCS := $(wildcard selftests/lib/*.c)

# kselftest's headers and runner, from Debian's linux-source
KSELFTEST := $(B)/kselftest

define selftests_rules
$(B)/$(1)/selftests/%.o: ALL_CPPFLAGS += -isystem $(KSELFTEST)
$(UNIT_SRCS:%.c=$(B)/$(1)/%.o) $(GUEST_SRCS:%.c=$(B)/$(1)/%.o) \
	$(FIXTURE_SRCS:%.c=$(B)/$(1)/%.o): | $(KSELFTEST)

$(call remember,$(B)/$(1)/selftests/sources,$(FIXTURE_SRCS))
$(B)/$(1)/libselftest.a: $(FIXTURE_SRCS:%.c=$(B)/$(1)/%.o) $(B)/$(1)/selftests/sources
	$$(call cmd,AR)

$(UNIT_SRCS:%.c=$(B)/$(1)/%) $(GUEST_SRCS:%.c=$(B)/$(1)/%): %: %.o \
		$(B)/$(1)/libselftest.a $(B)/$(1)/libtools.a $(B)/$(1)/libdmamem.a
	$$(call cmd,LINK)

.PHONY: unit-$(1)
unit-$(1): $(UNIT_SRCS:%.c=$(B)/$(1)/%)
endef

cmd_FETCH = scripts/kselftest $@
$(KSELFTEST): scripts/kselftest
	$(call cmd,FETCH)

.PHONY: tests guest-tests
guest-tests: $(GUEST_SRCS:%.c=$(B)/plain/%)
tests: unit-plain unit-asan unit-tsan guest-tests
