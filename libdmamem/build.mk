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

$(call remember,$(B)/dmamem.pc.vars,$(VERSION) $(PREFIX) $(LIBDIR) $(INCLUDEDIR))
cmd_SED = sed -e 's|@VERSION@|$(VERSION)|' -e 's|@PREFIX@|$(PREFIX)|' \
	-e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' $< > $@
$(B)/dmamem.pc: dmamem.pc.in $(B)/dmamem.pc.vars
	$(call cmd,SED)

.PHONY: library install-library
library: $(if $(LIB_SRCS),$(B)/libdmamem.a $(B)/dmamem.pc)
ifneq ($(and $(LIB_SRCS),$(wildcard $(LIB_MAP))),)
library: $(B)/libdmamem.so
endif

install-library: library
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)/dmamem \
		$(DESTDIR)$(INCLUDEDIR)/linux
	install -m 644 $(B)/libdmamem.a $(DESTDIR)$(LIBDIR)
	install -m 755 $(LIB_SO) $(DESTDIR)$(LIBDIR)
	ln -sf $(notdir $(LIB_SO)) $(DESTDIR)$(LIBDIR)/libdmamem.so
	install -m 644 $(B)/dmamem.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 644 $(LIB_HEADERS) $(DESTDIR)$(INCLUDEDIR)/dmamem
	install -m 644 include/uapi/linux/dmamem.h $(DESTDIR)$(INCLUDEDIR)/linux
