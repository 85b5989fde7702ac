# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# make install and make uninstall. One list for each part says what goes where,
# and both go by it.

prefix = /usr/local
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
libdir = $(exec_prefix)/lib
pkgconfigdir = $(libdir)/pkgconfig
includedir = $(prefix)/include
datarootdir = $(prefix)/share
datadir = $(datarootdir)
mandir = $(datarootdir)/man
bashcompletiondir = $(datadir)/bash-completion/completions
# systemd reads these below /usr and below /usr/local
udevdir = $(prefix)/lib/udev
sysusersdir = $(prefix)/lib/sysusers.d
modulesloaddir = $(prefix)/lib/modules-load.d
# DKMS looks nowhere else
dkmsdir = /usr/src/dmamem-$(VERSION)
# Of the kernel in KDIR
KRELEASE = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
	$(KDIR)/include/generated/utsrelease.h)
moduledir = /lib/modules/$(KRELEASE)/updates

# An entry is MODE:SOURCE:TARGET, see scripts/install-files.
# $(call files,MODE,FOLDER,FILE...)
files = $(foreach f,$(3),$(1):$(f):$(2)/$(notdir $(f)))

INSTALL_library = \
	own::$(includedir)/dmamem \
	$(call files,644,$(includedir)/dmamem,$(LIB_HEADERS)) \
	$(call files,644,$(includedir)/linux,include/uapi/linux/dmamem.h) \
	$(call files,644,$(libdir),$(B)/libdmamem.a) \
	644:$(LIB_SO):$(libdir)/libdmamem.so.$(VERSION) \
	link:libdmamem.so.$(VERSION):$(libdir)/$(notdir $(LIB_SO)) \
	link:$(notdir $(LIB_SO)):$(libdir)/libdmamem.so \
	$(call files,644,$(pkgconfigdir),$(B)/dmamem.pc)

# Its modules lie beside the script, which Python finds through the link
REPORT := tools/dmamem/report
reportdir = $(datadir)/dmamem/report

INSTALL_tools = \
	$(call files,755,$(bindir),$(B)/dmamem) \
	own::$(reportdir) own::$(datadir)/dmamem \
	$(call files,755,$(reportdir),$(REPORT)/dmamem-report) \
	$(call files,644,$(reportdir),$(wildcard $(REPORT)/*.py)) \
	link:$(shell realpath -m --relative-to=$(bindir) $(reportdir))/dmamem-report:$(bindir)/dmamem-report \
	644:tools/dmamem/dmamem.bash:$(bashcompletiondir)/dmamem

# Known when Sphinx has made them
INSTALL_man = $(foreach s,1 3 4 7, \
	$(call files,644,$(mandir)/man$(s),$(shell ls $(DOCS)/man/*.$(s) 2>/dev/null)))

# What goes with the module, however it is built
INSTALL_system = \
	$(call files,644,$(udevdir)/rules.d,kmod/60-dmamem.rules) \
	644:kmod/sysusers.conf:$(sysusersdir)/dmamem.conf \
	644:kmod/modules-load.conf:$(modulesloaddir)/dmamem.conf

INSTALL_dkms = \
	$(foreach d,/include/uapi/linux /include/uapi /include /kmod, \
		own::$(dkmsdir)$(d)) own::$(dkmsdir) \
	$(foreach f,$(KMOD_SRCS),644:$(f):$(dkmsdir)/$(f)) \
	$(call files,644,$(dkmsdir),$(B)/dkms.conf)

# Not by modules_install, which on Debian wants to sign with a key that is not
# there, and leaves depmod out
INSTALL_kmod = $(call files,644,$(moduledir),dmamem.ko)
after_kmod = $(if $(DESTDIR),,depmod $(KRELEASE))

# What a part needs to be built before
PARTS := library tools man system dkms kmod
library-built: library
tools-built: $(B)/dmamem
man-built: docs-now
system-built:
dkms-built: $(B)/dkms.conf
kmod-built: kmod

cmd_DKMS = sed 's|@VERSION@|$(VERSION)|' $< > $@
$(B)/dkms.conf: dkms.conf.in Makefile
	$(call cmd,DKMS)

tools: $(B)/dmamem

# The command as it is installed: with the shared library
$(B)/dmamem: LDLIBS = -L$(B) -ldmamem $(TOOL_LIBS)
$(B)/dmamem: $(B)/plain/tools/dmamem/dmamem.o $(B)/plain/libtools.a \
		| $(B)/libdmamem.so
	$(call cmd,LINK)

.PHONY: install uninstall $(foreach p,$(PARTS),install-$(p) uninstall-$(p) $(p)-built)
install: install-library install-tools install-man
uninstall: uninstall-library uninstall-tools uninstall-man
install-dkms install-kmod: install-system
uninstall-dkms uninstall-kmod: uninstall-system

$(PARTS:%=install-%): install-%: %-built
	$(Q)scripts/install-files install "$(DESTDIR)" $(INSTALL_$*)
	$(Q)$(after_$*)
$(PARTS:%=uninstall-%): uninstall-%: %-listed
	$(Q)scripts/install-files uninstall "$(DESTDIR)" $(INSTALL_$*)
	$(Q)$(after_$*)
# The names of manual pages come from Sphinx
man-listed: man-built
%-listed: ;

# Debian packages, and how they do
deb-now:
	$(Q)scripts/deb $(B)/deb
	$(Q)ls $(B)/deb/*.deb
check-packages-now:
	$(Q)scripts/deb-test
