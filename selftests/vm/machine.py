# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The machines that QEMU emulates, one for each architecture of a kernel."""


class Amd64:
    """A PC with PCI Express, and Intel's IOMMU where one is asked for."""

    qemu = "qemu-system-x86_64"
    console = "ttyS0"
    output = "ttyS1"            # what programs print

    @staticmethod
    def cpu(accelerator):
        """Machine and processor."""
        return ["-M", f"q35,accel={accelerator},kernel-irqchip=split",
                "-cpu", "host" if accelerator == "kvm" else "max,-erms"]

    @classmethod
    def arguments(cls, accelerator, options):
        """All that QEMU must be told of the machine itself."""
        command = cls.cpu(accelerator) + ["-vga", "none"]
        if options.iommu != "off":
            caching = "off" if options.iommu == "lazy" else "on"
            width = 39 if options.iommu == "narrow" else 48
            command += ["-device", f"intel-iommu,intremap=on,aw-bits={width},"
                        f"caching-mode={caching}"]
        return command

    @staticmethod
    def serial(chardev):
        """A second serial port."""
        return ["-serial", f"chardev:{chardev}"]

    @staticmethod
    def command_line(options):
        """What the kernel must be told of the machine."""
        words = ["no_timer_check"]
        if options.nodes > 1:
            words.append(f"numa=fake={options.nodes}")
        if options.iommu != "off":
            words.append("intel_iommu=on")
        if options.iommu == "pt":
            words.append("iommu=pt")
        return words


class Arm64:
    """QEMU's "virt" board, and an SMMUv3 where an IOMMU is asked for."""

    qemu = "qemu-system-aarch64"
    console = "ttyAMA0"
    output = "ttyS0"

    @staticmethod
    def arguments(accelerator, options):
        """All that QEMU must be told of the machine itself."""
        board = f"virt,accel={accelerator},gic-version=3"
        if options.iommu == "narrow":
            raise ValueError("an SMMUv3 is not narrow")
        if options.iommu != "off":
            board += ",iommu=smmuv3"
        command = ["-M", board, "-cpu", "cortex-a72"]
        size, unit = int(options.memory[:-1]), options.memory[-1]
        if size % options.nodes:
            size, unit = size * 1024, {"G": "M", "M": "K"}[unit]
        for node in range(options.nodes):
            command += ["-object", f"memory-backend-ram,id=node{node},"
                        f"size={size // options.nodes}{unit}",
                        "-numa", f"node,nodeid={node},memdev=node{node}"]
        return command

    @staticmethod
    def serial(chardev):
        """A serial port beside the board's only one."""
        return ["-device", f"pci-serial,chardev={chardev}"]

    @staticmethod
    def command_line(options):
        """What the kernel must be told of the machine."""
        return {"pt": ["iommu.passthrough=1"],
                "lazy": ["iommu.strict=0"]}.get(options.iommu, [])
