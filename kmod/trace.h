/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM dmamem

#if !defined(DMAMEM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define DMAMEM_TRACE_H

#include <linux/pci.h>
#include <linux/tracepoint.h>

#include <linux/dmamem.h>

TRACE_EVENT(dmamem_pin,
	TP_PROTO(const struct dmamem_pin *pin, unsigned long pages),
	TP_ARGS(pin, pages),
	TP_STRUCT__entry(
		__field(u64, addr)
		__field(u64, length)
		__field(u64, extents)
		__field(unsigned long, pages)
		__field(u32, flags)
		__field(u32, cause)
	),
	TP_fast_assign(
		__entry->addr = pin->addr;
		__entry->length = pin->length;
		__entry->extents = pin->nr_extents;
		__entry->pages = pages;
		__entry->flags = pin->flags;
		__entry->cause = pin->cause;
	),
	TP_printk("addr=0x%llx length=0x%llx flags=0x%x pages=%lu extents=%llu cause=%u",
		  __entry->addr, __entry->length, __entry->flags,
		  __entry->pages, __entry->extents, __entry->cause)
);

TRACE_EVENT(dmamem_unpin,
	TP_PROTO(unsigned long addr, unsigned long length, unsigned int extents),
	TP_ARGS(addr, length, extents),
	TP_STRUCT__entry(
		__field(unsigned long, addr)
		__field(unsigned long, length)
		__field(unsigned int, extents)
	),
	TP_fast_assign(
		__entry->addr = addr;
		__entry->length = length;
		__entry->extents = extents;
	),
	TP_printk("addr=0x%lx length=0x%lx extents=%u",
		  __entry->addr, __entry->length, __entry->extents)
);

TRACE_EVENT(dmamem_quiesce,
	TP_PROTO(struct pci_dev *pdev, bool drained, int reset),
	TP_ARGS(pdev, drained, reset),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(u8, bus)
		__field(u8, devfn)
		__field(bool, drained)
		__field(int, reset)
	),
	TP_fast_assign(
		__entry->domain = pci_domain_nr(pdev->bus);
		__entry->bus = pdev->bus->number;
		__entry->devfn = pdev->devfn;
		__entry->drained = drained;
		__entry->reset = reset;
	),
	TP_printk("%04x:%02x:%02x.%d drained=%d reset=%d", __entry->domain,
		  __entry->bus, PCI_SLOT(__entry->devfn),
		  PCI_FUNC(__entry->devfn), __entry->drained, __entry->reset)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
