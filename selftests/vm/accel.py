# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Choose how QEMU runs a guest: by KVM if that works here, else by emulation.

A /dev/kvm that opens may still hang the guest (under another hypervisor), so
that the kernel is booted once to see, with a time limit. The verdict is kept
with the kernel, for as long as the machine runs the same kernel itself.
"""

import os
import subprocess

PROBE_LIMIT = 15        # seconds; a guest of KVM is there in two


def best(kernel):
    """The accelerator to use: "kvm" or "tcg"."""
    if kernel.machine.qemu != f"qemu-system-{os.uname().machine}":
        return "tcg"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    verdict = f"{kernel.folder}/accelerator-{os.uname().release}"
    if not os.path.exists(verdict):
        accelerator = "kvm" if _kvm_boots(kernel) else "tcg"
        with open(f"{verdict}.{os.getpid()}", "w", encoding="ascii") as stream:
            stream.write(accelerator)
        os.rename(stream.name, verdict)
    with open(verdict, encoding="ascii") as stream:
        return stream.read()


def _kvm_boots(kernel):
    """A kernel that finds no root panics, and with panic=-1 QEMU exits."""
    machine = kernel.machine
    command = [machine.qemu, *machine.cpu("kvm"), "-nodefaults",
               "-display", "none", "-no-reboot", "-m", "512M",
               "-kernel", kernel.image(), "-append", "quiet panic=-1"]
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.DEVNULL, timeout=PROBE_LIMIT,
                              stderr=subprocess.DEVNULL).returncode == 0
    except subprocess.TimeoutExpired:
        return False
