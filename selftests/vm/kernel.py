# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""A kernel for the guest: a folder that scripts/kernel made."""

import glob
import lzma
import os
import re
import subprocess

from machine import Amd64, Arm64

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def _payload(vmlinuz):
    """The compressed kernel in a bzImage: Documentation/x86/boot.rst."""
    with open(vmlinuz, "rb") as stream:
        image = stream.read()
    start = (image[0x1f1] + 1) * 512
    start += int.from_bytes(image[0x248:0x24c], "little")
    return image[start:start + int.from_bytes(image[0x24c:0x250], "little")]


class Kernel:
    """A kernel to boot, and the module that was built for it."""

    def __init__(self, name):
        self.name = name
        self.machine = Arm64 if name.endswith("-arm64") else Amd64
        answer = subprocess.run([f"{TOP}/scripts/kernel", "fetch", name],
                                check=True, text=True, stdout=subprocess.PIPE)
        self.folder = answer.stdout.strip()
        with open(f"{self.folder}/modules/modules.builtin",
                  encoding="ascii") as stream:
            self._builtin = {os.path.basename(line.strip())[:-3].replace(
                "-", "_") for line in stream}
        self.dmamem = f"{TOP}/build/kernel/{name}/dmamem.ko"
        self.busybox = ("/bin/busybox" if self.machine is Amd64
                        else f"{self.folder}/busybox")

    def image(self):
        """What QEMU boots: uncompressed if that can be, it saves seconds."""
        vmlinuz = f"{self.folder}/vmlinuz"
        vmlinux = f"{self.folder}/vmlinux"
        if self.machine is not Amd64:
            return vmlinuz
        if not os.path.exists(vmlinux):
            try:
                data = lzma.LZMADecompressor().decompress(_payload(vmlinuz))
            except lzma.LZMAError:
                return vmlinuz
            with open(f"{vmlinux}.{os.getpid()}", "wb") as stream:
                stream.write(data)
            os.rename(stream.name, vmlinux)
        return vmlinux

    def _find_module(self, name):
        if "/" in name:
            path = f"{TOP}/build/kernel/{self.name}/{name}.ko"
            return path if os.path.exists(path) else None
        pattern = re.sub("[-_]", "[-_]", name)
        found = glob.glob(f"{self.folder}/modules/**/{pattern}.ko*",
                          recursive=True)
        return found[0] if found else None

    def modules(self, names):
        """
        Name and content of the modules, in the order to load them. One whose
        name ends with a question mark need not exist; one with a slash is of
        our own, built for this kernel, and stands in for the kernel's.
        """
        loaded = {}
        for name in names:
            if not name.endswith("?") or self._find_module(name[:-1]):
                self._load(name.rstrip("?"), loaded)
        return loaded

    def _load(self, name, loaded):
        if name.replace("-", "_") in self._builtin:
            return
        path = self._find_module(name)
        if path is None:
            raise FileNotFoundError(f"kernel {self.name} has no module {name}")
        opener = lzma.open if path.endswith(".xz") else open
        with opener(path, "rb") as stream:
            data = stream.read()
        depends = re.search(rb"\0depends=([^\0]*)\0", data).group(1).decode()
        for other in filter(None, depends.split(",")):
            if other not in loaded:
                self._load(other, loaded)
        loaded[os.path.basename(name).replace("-", "_")] = data
