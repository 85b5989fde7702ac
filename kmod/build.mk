# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# The kernel module, built out of tree by the kernel's own make: for the guests'
# kernels with scripts/kernel, for this machine's with `make kmod`.

KMOD_SRCS := Kbuild $(wildcard kmod/*.[ch]) include/uapi/linux/dmamem.h

# $(SOURCES): of another module than dmamem
cmd_KMOD = scripts/kernel fetch $* > /dev/null && \
	scripts/kernel build $* $(@D) $(SOURCES) > $(@D)/log 2>&1 || \
	{ cat $(@D)/log; exit 1; }
$(B)/kernel/%/dmamem.ko: $(KMOD_SRCS) scripts/kernel
	@mkdir -p $(@D)
	$(call cmd,KMOD)

# What bench-kmod measures it against
$(B)/kernel/%/barepin/barepin.ko: $(wildcard bench/barepin/*) scripts/kernel
	@mkdir -p $(@D)
	$(call cmd,KMOD)
%/barepin.ko: SOURCES = $(filter bench/%,$^)

# What misleads it in tests
$(B)/kernel/%/pretend/pretend.ko: $(wildcard selftests/vm/pretend/*) scripts/kernel
	@mkdir -p $(@D)
	$(call cmd,KMOD)
%/pretend.ko: SOURCES = $(filter selftests/%,$^)

# Another configuration is another kernel
SELF_BUILT := sanitizers races
$(foreach k,$(SELF_BUILT),$(eval $(B)/kernel/$(k)/dmamem.ko: \
	selftests/vm/guest.config selftests/vm/$(k).config))

.PHONY: kmod
kmod:
	$(Q)$(MAKE) -C $(KDIR) M=$(CURDIR) modules
