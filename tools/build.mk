# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# The tools: a file with a main() is a program of its name; the rest of its
# directory is linked with it, and is there for the tests to use.

TOOL_SRCS := $(wildcard tools/*.c tools/*/*.c)
TOOL_MAINS := $(if $(TOOL_SRCS),$(shell grep -l '^int main\>' $(TOOL_SRCS)))
TOOL_PARTS := $(filter-out $(TOOL_MAINS),$(TOOL_SRCS))
TOOLS := $(TOOL_MAINS:%.c=$(B)/plain/%)

define tools_rules
$(call remember,$(B)/$(1)/tools/sources,$(TOOL_PARTS))
$(B)/$(1)/libtools.a: $(TOOL_PARTS:%.c=$(B)/$(1)/%.o) $(B)/$(1)/tools/sources
	$$(call cmd,AR)

$(TOOL_MAINS:%.c=$(B)/$(1)/%): %: %.o $(B)/$(1)/libtools.a $(B)/$(1)/libdmamem.a
	$$(call cmd,LINK)
endef

.PHONY: tools
tools: $(TOOLS)
