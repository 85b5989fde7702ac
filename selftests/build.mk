# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# The tests: every file of unit/ and guest/ is a program, linked with lib/; so
# is every benchmark.

UNIT_SRCS := $(wildcard selftests/unit/*.c)
GUEST_SRCS := $(wildcard selftests/guest/*.c)
BENCH_SRCS := $(wildcard bench/*.c)
PROG_SRCS := $(UNIT_SRCS) $(GUEST_SRCS) $(BENCH_SRCS)
FIXTURE_SRCS := $(wildcard selftests/lib/*.c)

# Tests of the ioctl contract itself know no library: they run as 32-bit
# programs too
M32_SRCS := $(wildcard selftests/unit/uapi_*.c selftests/guest/uapi_*.c)
M32_PROGS := $(M32_SRCS:%.c=$(B)/m32/%)

UNIT_PROGS := $(foreach f,plain asan tsan,$(UNIT_SRCS:%.c=$(B)/$(f)/%))
GUEST_PROGS := $(GUEST_SRCS:%.c=$(B)/plain/%)
M32_GUEST_PROGS := $(filter $(B)/m32/selftests/guest/%,$(M32_PROGS))
TEST_SCRIPTS := $(wildcard selftests/unit/*.sh)
TEST_PROGS := $(UNIT_PROGS) $(M32_PROGS) $(GUEST_PROGS)

# kselftest's headers and runner, from Debian's linux-source
KSELFTEST := $(B)/kselftest

# selftests/lib/leaks.c
$(B)/asan/selftests/unit/%: LDFLAGS += -Wl,--wrap=_exit

# selftests/lib/inject.c
INJECT := -Wl,-u,__wrap_mmap \
	$(foreach f,malloc calloc realloc mmap mprotect,-Wl,--wrap=$(f))
$(B)/plain/selftests/guest/nomem: LDFLAGS += $(INJECT)

define selftests_rules
$(B)/$(1)/selftests/%.o: ALL_CPPFLAGS += -isystem $(KSELFTEST)
$(PROG_SRCS:%.c=$(B)/$(1)/%.o) $(FIXTURE_SRCS:%.c=$(B)/$(1)/%.o): | $(KSELFTEST)

$(call remember,$(B)/$(1)/selftests/sources,$(FIXTURE_SRCS))
$(B)/$(1)/libselftest.a: $(FIXTURE_SRCS:%.c=$(B)/$(1)/%.o) $(B)/$(1)/selftests/sources
	$$(call cmd,AR)

$(if $(filter m32,$(1)),,$(UNIT_SRCS:%.c=$(B)/$(1)/%) $(BENCH_SRCS:%.c=$(B)/$(1)/%): LDFLAGS += $(INJECT))
$(PROG_SRCS:%.c=$(B)/$(1)/%): %: %.o \
		$(if $(filter m32,$(1)),,$(B)/$(1)/libselftest.a \
		$(B)/$(1)/libtools.a $(B)/$(1)/libdmamem.a)
	$$(call cmd,LINK)
endef

# Tests of the dmamem command run it in a child of their own: selftests/lib/tool.c
$(foreach f,plain asan tsan,$(B)/$(f)/selftests/unit/tool_% \
	$(B)/$(f)/selftests/guest/tool_%): LDLIBS += $(TOOL_LIBS)

# The programs of examples/, linked into the test that runs them
EXAMPLES := pin queue keys handover
define example_rules
$(B)/plain/examples/$(1)/$(1).o: ALL_CPPFLAGS += -Dmain=example_$(1)
$(B)/plain/selftests/guest/examples: $(B)/plain/examples/$(1)/$(1).o
endef
$(foreach e,$(EXAMPLES),$(eval $(call example_rules,$(e))))
$(B)/plain/selftests/guest/examples: LDLIBS += $(B)/plain/libdmamem.a

# The example for DPDK, with its main() under another name, where Debian's
# dpdk-dev is installed
ifneq ($(shell pkg-config --exists libdpdk 2>/dev/null && echo there),)
$(B)/plain/examples/dpdk/loopback.o: ALL_CPPFLAGS += -Dmain=example_main \
	$(patsubst -I%,-isystem %,$(shell pkg-config --cflags libdpdk))
$(B)/plain/selftests/guest/dpdk: $(B)/plain/examples/dpdk/loopback.o
$(B)/plain/selftests/guest/dpdk: LDFLAGS += -Wl,--no-as-needed -lrte_eal \
	-lrte_mbuf -lrte_mempool -lrte_mempool_ring -lrte_ethdev \
	-lrte_net_e1000 -lrte_bus_pci
endif

cmd_FETCH = scripts/kselftest $@
$(KSELFTEST): scripts/kselftest
	$(call cmd,FETCH)

.PHONY: tests guest-tests
guest-tests: $(GUEST_PROGS) $(M32_GUEST_PROGS)
tests: $(TEST_PROGS)

# Shown with V=1: what programs print even when they pass
CHECK = selftests/vm/check --logs $(B)/logs $(if $(Q),,--verbose)

# For selftests/guest/noiommu.c
NOIOMMU := $(B)/kernel/6.1/noiommu/vfio.ko
cmd_NOIOMMU = scripts/vfio-noiommu $(@D)
$(NOIOMMU): scripts/vfio-noiommu
	$(call cmd,NOIOMMU)

# The module to test, and that of selftests/guest/pretend.c
MODULES := dmamem.ko pretend/pretend.ko
modules_for = $(foreach m,$(MODULES),$(1:%=$(B)/kernel/%/$(m)))

check-now: tests $(call modules_for,6.1) $(NOIOMMU)
	$(Q)$(CHECK) $(TEST_SCRIPTS) $(TEST_PROGS)

# Those that need no guest, without sanitizers: for the build of a package
.PHONY: check-unit-now
check-unit-now: $(UNIT_SRCS:%.c=$(B)/plain/%)
	$(Q)$(CHECK) $^

# The guest tests on every kernel, and on one that watches itself
KERNELS := 6.1 6.12 sid 6.1-arm64
check-kernels-now: guest-tests arm64 $(NOIOMMU) \
		$(call modules_for,$(KERNELS))
	$(Q)! grep -i warning: $(KERNELS:%=$(B)/kernel/%/log)
	$(Q)$(CHECK) $(KERNELS:%=--kernel %) $(GUEST_PROGS) $(M32_GUEST_PROGS) \
		$(ARM64_PROGS)

check-sanitizers-now: guest-tests $(call modules_for,sanitizers)
	$(Q)$(CHECK) --kernel sanitizers $(GUEST_PROGS) $(M32_GUEST_PROGS)

# Those in which commands meet each other, or a function that goes away
RACES := context death device fuzz guard handover hotplug meanwhile observe \
	order quarantine stress verify
RACES_PROGS := $(RACES:%=$(B)/plain/selftests/guest/%)
check-races-now: $(RACES_PROGS) $(B)/kernel/races/dmamem.ko
	$(Q)$(CHECK) --kernel races $(RACES_PROGS)

# Beside the map, where Debian's dpdk-dev is installed
BENCH_DPDK := $(if $(shell pkg-config --exists libdpdk 2>/dev/null && echo yes), \
	$(B)/plain/bench/dpdk/virt2iova)
$(B)/plain/bench/dpdk/virt2iova: bench/dpdk/virt2iova.c
	@mkdir -p $(@D)
	$(call cmd,DPDK)
cmd_DPDK = $(CC) $(WARNINGS) $(CFLAGS) -o $@ $< \
	$$(pkg-config --cflags --libs libdpdk)

bench-now: $(addprefix $(B)/plain/bench/,map nvme lookup size) $(BENCH_DPDK)
	$(Q)bench/library $(B)/plain/bench

bench-kmod-now: $(B)/plain/bench/kmod $(B)/kernel/6.1/barepin/barepin.ko \
		$(B)/kernel/6.1/dmamem.ko
	$(Q)selftests/vm/run --icount --iommu on --module vfio-pci \
		--module vfio_iommu_type1 --expect 'workqueue cpumask' \
		$(addprefix --file ,$(filter-out %/dmamem.ko,$^)) \
		'insmod /test/barepin.ko && /test/kmod'

compare-now: $(B)/plain/tools/dmamem/dmamem $(B)/kernel/6.1/dmamem.ko
	$(Q)scripts/compare

demo-now: $(B)/plain/tools/nvme/demo $(B)/kernel/6.1/dmamem.ko
	$(Q)scripts/demo
