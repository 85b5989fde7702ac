# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# The library: libdmamem/*.c into a static and a shared library.

LIB_SRCS := $(wildcard libdmamem/*.c)
LIB_HEADERS := $(wildcard include/dmamem/*.h)
LIB_MAP := libdmamem/dmamem.map
LIB_SO := $(B)/libdmamem.so.$(SOVERSION)

define library_rules
$(call remember,$(B)/$(1)/libdmamem/sources,$(LIB_SRCS))
$(B)/$(1)/libdmamem.a: $(LIB_SRCS:%.c=$(B)/$(1)/%.o) $(B)/$(1)/libdmamem/sources
	$$(call cmd,AR)
endef

$(B)/libdmamem.a: $(B)/plain/libdmamem.a
	$(call cmd,CP)

cmd_LD = $(CC) -shared $(ALL_CFLAGS) $(LDFLAGS) -o $@ -Wl,-soname,$(@F) \
	-Wl,-z,defs -Wl,--version-script=$(LIB_MAP) $(filter %.o,$^) -pthread
$(LIB_SO): $(LIB_SRCS:%.c=$(B)/plain/%.o) $(B)/plain/libdmamem/sources $(LIB_MAP)
	$(call cmd,LD)

$(B)/libdmamem.so: $(LIB_SO)
	$(call cmd,LN)

# Below the prefix, so that pkg-config can move it
pc_dir = $(patsubst $(prefix)/%,$${prefix}/%,$(1))
PC_SED = -e 's|@VERSION@|$(VERSION)|' -e 's|@prefix@|$(prefix)|' \
	-e 's|@libdir@|$(call pc_dir,$(libdir))|' \
	-e 's|@includedir@|$(call pc_dir,$(includedir))|'
$(call remember,$(B)/dmamem.pc.vars,$(PC_SED))
cmd_SED = sed $(PC_SED) $< > $@
$(B)/dmamem.pc: dmamem.pc.in $(B)/dmamem.pc.vars
	$(call cmd,SED)

.PHONY: library
library: $(if $(LIB_SRCS),$(B)/libdmamem.a $(B)/dmamem.pc)
ifneq ($(and $(LIB_SRCS),$(wildcard $(LIB_MAP))),)
library: $(B)/libdmamem.so
endif

# What programs were linked with is what they find: see scripts/abi
abi-check-now abi-update-now: abi-%-now: $(LIB_SO)
	$(Q)scripts/abi $* $<
