# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Library, tools and tests for arm64, cross-built: those of the library run
# under qemu-user, some of the guest's in a guest (selftests/guest/arm64.conf).

ARM64 := $(B)/arm64
ARM64_SYSROOT := $(ARM64)/sysroot
ARM64_GUEST_TESTS := context nvme_fail nvme_io pin pretend uapi_calls
# Not the command's. Not what asks the kernel about address space and core dumps,
# of which qemu-user knows little; and it keeps a record of each page ever mapped,
# gigabytes for a million layouts.
ARM64_UNIT_SRCS := $(filter-out selftests/unit/tool_% \
	$(addprefix selftests/unit/,map_limits.c nvme_prp_random.c \
		nvme_sgl_random.c),$(UNIT_SRCS))
ARM64_PROGS := $(ARM64_UNIT_SRCS:%.c=$(ARM64)/%) \
	$(ARM64_GUEST_TESTS:%=$(ARM64)/selftests/guest/%)

# The command is linked with shared libraries, tests with none
$(ARM64)/tools/%.o: ALL_CPPFLAGS += -isystem $(ARM64_SYSROOT)/include
$(TOOL_SRCS:%.c=$(ARM64)/%.o): | $(ARM64_SYSROOT)
$(ARM64)/tools/dmamem/dmamem: FLAVOUR_FLAGS :=
$(ARM64)/tools/dmamem/dmamem: LDLIBS += $(TOOL_LIBS) \
	$(addprefix $(ARM64_SYSROOT)/lib/aarch64-linux-gnu, \
		/libcrypto.so.3 /liblzma.so.5 /libzstd.so.1)
$(ARM64)/tools/dmamem/dmamem: LDFLAGS += -Wl,--as-needed \
	-L$(ARM64_SYSROOT)/lib/aarch64-linux-gnu

cmd_SYSROOT = scripts/sysroot arm64 $@
$(ARM64_SYSROOT):
	$(call cmd,SYSROOT)

.PHONY: arm64
arm64: $(ARM64_PROGS) $(TOOL_MAINS:%.c=$(ARM64)/%) \
	$(B)/kernel/6.1-arm64/dmamem.ko
