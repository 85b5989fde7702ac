# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# make docs: the guide as HTML and the manual pages, from the same text.

DOCS := $(B)/docs
DOC_SRCS := $(wildcard Documentation/*.* Documentation/*/*.*)

# A warning is an error, and all of them are shown
SPHINX = KERNEL_PARTS=$(abspath $(KSELFTEST)) DMAMEM_VERSION=$(VERSION) \
	sphinx-build -q -W --keep-going -d $(DOCS)/doctrees Documentation

cmd_HTML = $(SPHINX) -E -b html $(@D) && touch $@
# Declarations read badly when they are hyphenated or spread over the line
cmd_MAN = $(SPHINX) -b man $(@D) && \
	sed -i '/^\.TH /a .nh\n.ad l' $(@D)/*.[1-9] && touch $@

# Kernel-doc comments are part of the text
$(DOCS)/html/index.html $(DOCS)/man/.stamp: $(DOC_SRCS) \
		$(wildcard include/dmamem/*.h include/uapi/linux/*.h) | $(KSELFTEST)
$(DOCS)/html/index.html:
	$(call cmd,HTML)
# Shares the doctrees: not at the same time
$(DOCS)/man/.stamp: $(DOCS)/html/index.html
	$(call cmd,MAN)

# Instead of what the shell would say
ifeq ($(shell command -v sphinx-build),)
$(DOCS)/html/index.html: sphinx-missing
.PHONY: sphinx-missing
sphinx-missing:
	$(error sphinx-build is missing. `scripts/setup docs' installs it, \
		`make install-library install-tools' does without)
endif

.PHONY: docs docs-now
docs-now: $(DOCS)/html/index.html $(DOCS)/man/.stamp

docs:
	$(Q)scripts/setup $@
	$(Q)$(MAKE) docs-now
