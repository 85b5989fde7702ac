# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# The tools: a file with a main() is a program of its name; the rest of its
# directory is linked with it, and is there for the tests to use.

TOOL_SRCS := $(wildcard tools/*.c tools/*/*.c)
TOOL_MAINS := $(if $(TOOL_SRCS),$(shell grep -l '^int main\>' $(TOOL_SRCS)))
TOOL_PARTS := $(filter-out $(TOOL_MAINS),$(TOOL_SRCS))
TOOLS := $(TOOL_MAINS:%.c=$(B)/plain/%)

# What the dmamem command is linked with, and nothing else is
PKG_CONFIG = pkg-config
TOOL_PACKAGES := json-c libkmod
TOOL_MISSING := $(foreach p,$(TOOL_PACKAGES), \
	$(if $(shell $(PKG_CONFIG) --exists $(p) 2>/dev/null || echo no),$(p)))
TOOL_LIBS := $(shell $(PKG_CONFIG) --libs $(TOOL_PACKAGES) 2>/dev/null)
$(B)/plain/tools/dmamem/dmamem: LDLIBS += $(TOOL_LIBS)

# The first thing to be built, so that what is missing is all that is said
ifneq ($(strip $(TOOL_MISSING)),)
$(TOOL_SRCS:%.c=$(B)/plain/%.o): tools-missing
.PHONY: tools-missing
tools-missing:
	$(error $(PKG_CONFIG) does not find $(strip $(TOOL_MISSING)): \
		the tools need Debian's pkg-config, libjson-c-dev and libkmod-dev. \
		`scripts/setup build' installs them, `make library' does without)
endif

define tools_rules
$(call remember,$(B)/$(1)/tools/sources,$(TOOL_PARTS))
$(B)/$(1)/libtools.a: $(TOOL_PARTS:%.c=$(B)/$(1)/%.o) $(B)/$(1)/tools/sources
	$$(call cmd,AR)

$(TOOL_MAINS:%.c=$(B)/$(1)/%): %: %.o $(B)/$(1)/libtools.a $(B)/$(1)/libdmamem.a
	$$(call cmd,LINK)
endef

.PHONY: tools
tools: $(TOOLS)
