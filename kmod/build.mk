# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# The kernel module, built out of tree by the kernel's own make: for the guests'
# kernels with scripts/kernel, for this machine's with `make kmod`.

KMOD_SRCS := Kbuild $(wildcard kmod/*.[ch]) include/uapi/linux/dmamem.h

cmd_KMOD = scripts/kernel fetch $* > /dev/null && \
	scripts/kernel build $* $(@D) > $(@D)/log 2>&1 || \
	{ cat $(@D)/log; exit 1; }
$(B)/kernel/%/dmamem.ko: $(KMOD_SRCS) scripts/kernel
	@mkdir -p $(@D)
	$(call cmd,KMOD)

# What bench-kmod measures it against
cmd_BAREPIN = cp $(filter bench/%,$^) $(@D) && $(MAKE) -s \
	-C "$$(scripts/kernel fetch 6.1)/build" M=$(CURDIR)/$(@D) CC=gcc-12 \
	modules > $(@D)/log 2>&1 || { cat $(@D)/log; exit 1; }
$(B)/barepin/barepin.ko: $(wildcard bench/barepin/*) scripts/kernel
	@mkdir -p $(@D)
	$(call cmd,BAREPIN)

# Another configuration is another kernel
SELF_BUILT := sanitizers races
$(foreach k,$(SELF_BUILT),$(eval $(B)/kernel/$(k)/dmamem.ko: \
	selftests/vm/guest.config selftests/vm/$(k).config))

.PHONY: kmod
kmod:
	$(Q)$(MAKE) -C $(KDIR) M=$(CURDIR) modules
