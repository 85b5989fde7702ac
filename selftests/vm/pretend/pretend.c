// SPDX-License-Identifier: GPL-2.0
/*
 * Have dmamem, and nobody else, believe that the machine is another: one with
 * encrypted memory, or with functions that take no 64-bit addresses, or whose
 * writes the caches do not see. Loaded into a guest for selftests/guest/pretend.c
 * and never anywhere else.
 */
#include <linux/cc_platform.h>
#include <linux/dma-mapping.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

static bool encrypted;
static bool narrow;
static bool incoherent;

static bool called_by_dmamem(struct kretprobe_instance *call)
{
	char caller[KSYM_SYMBOL_LEN];

	snprintf(caller, sizeof(caller), "%pS",
		 (void *)get_kretprobe_retaddr(call));
	return strstr(caller, "[dmamem]");
}

/* 0: the call is one for the handler of its return */
static int cc_platform_has_called(struct kretprobe_instance *call,
				  struct pt_regs *regs)
{
	return !encrypted ||
	       regs_get_kernel_argument(regs, 0) != CC_ATTR_MEM_ENCRYPT;
}

static int cc_platform_has_returns(struct kretprobe_instance *call,
				   struct pt_regs *regs)
{
	if (called_by_dmamem(call))
		regs_set_return_value(regs, true);
	return 0;
}

/* The arguments of a call of dma_set_mask() */
struct mask_call {
	struct device *dev;
	u64 mask;
};

static int dma_set_mask_called(struct kretprobe_instance *call,
			       struct pt_regs *regs)
{
	struct mask_call *args = (void *)call->data;

	args->dev = (void *)regs_get_kernel_argument(regs, 0);
	args->mask = regs_get_kernel_argument(regs, 1);
	return 0;
}

static int dma_set_mask_returns(struct kretprobe_instance *call,
				struct pt_regs *regs)
{
	struct mask_call *args = (void *)call->data;

	if (!called_by_dmamem(call))
		return 0;
	if (narrow && args->mask > DMA_BIT_MASK(32))
		regs_set_return_value(regs, -EIO);
#ifdef CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE
	/* Until it is bound again */
	if (incoherent)
		args->dev->dma_coherent = false;
#endif
	return 0;
}

static struct kretprobe cc_platform_has_probe = {
	.kp.symbol_name = "cc_platform_has",
	.entry_handler = cc_platform_has_called,
	.handler = cc_platform_has_returns,
};

static struct kretprobe dma_set_mask_probe = {
	.kp.symbol_name = "dma_set_mask",
	.entry_handler = dma_set_mask_called,
	.handler = dma_set_mask_returns,
	.data_size = sizeof(struct mask_call),
};

/* Some kernels do not let it be probed, or have no such function */
static bool can_encrypt;

static int set_encrypted(const char *text, const struct kernel_param *param)
{
	return can_encrypt ? param_set_bool(text, param) : -EOPNOTSUPP;
}

static const struct kernel_param_ops encrypted_ops = {
	.set = set_encrypted,
	.get = param_get_bool,
};

module_param_cb(encrypted, &encrypted_ops, &encrypted, 0600);
MODULE_PARM_DESC(encrypted, "Memory is encrypted");
module_param(narrow, bool, 0600);
MODULE_PARM_DESC(narrow, "No mask of more than 32 bits is supported");
module_param(incoherent, bool, 0600);
MODULE_PARM_DESC(incoherent, "Functions, where there may be such, are incoherent");

static int __init pretend_init(void)
{
	can_encrypt = !register_kretprobe(&cc_platform_has_probe);
	return register_kretprobe(&dma_set_mask_probe);
}

static void __exit pretend_exit(void)
{
	unregister_kretprobe(&dma_set_mask_probe);
	if (can_encrypt)
		unregister_kretprobe(&cc_platform_has_probe);
}

module_init(pretend_init);
module_exit(pretend_exit);

MODULE_AUTHOR("dmamem developers");
MODULE_DESCRIPTION("Have dmamem believe that the machine is another");
MODULE_LICENSE("GPL");
