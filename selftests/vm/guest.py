# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Boot a guest under QEMU, run programs in it, say what became of them."""

import argparse
import dataclasses
import os
import re
import selectors
import shlex
import subprocess
import tempfile
import time

import accel
import cpio
from kernel import Kernel

VM = os.path.dirname(os.path.abspath(__file__))
SCRATCH_DISK = 256 << 20

# What the kernel says when something is wrong with it or with a DMA
SPLAT = re.compile(r"""
    BUG: | BUG\ \w+.*: | WARNING: | Oops | Kernel\ panic | KASAN | UBSAN: |
    KCSAN | kernel\ BUG\ at | general\ protection\ fault |
    INFO:\ (?!NMI) | possible\ .*\ locking | DMA-API:.*:\  |
    DMAR:.*fault | soft\ lockup | hung_task | blocked\ for\ more\ than |
    unreferenced\ object | new\ suspected\ memory\ leaks | Bad\ page |
    bad\ page | unlocked\ secondary\ bus\ reset
    """, re.VERBOSE)

# What intel-iommu says of a write that it has blocked; {}: the function
BLOCKED = (r"DMAR: DRHD: handling fault status reg|"
           r"DMAR: \[DMA Write NO_PASID\] Request device \[(0000:)?{}\] "
           r"fault addr 0x[0-9a-f]+ "
           r"\[fault reason 0x05\] PTE Write access is not set")


def parser(**kwargs):
    """The options that say which guest to boot."""
    options = argparse.ArgumentParser(add_help=False, **kwargs)
    group = options.add_argument_group("the guest")
    group.add_argument("--kernel", default="6.1", metavar="NAME",
                       help="6.1, 6.12, sid, sanitizers, races or 6.1-arm64 "
                       "(default: 6.1)")
    group.add_argument("--iommu", default="off",
                       choices=("off", "on", "pt", "lazy", "narrow"),
                       help="IOMMU: none, translating, identity (pt), "
                       "translating with deferred flushes (lazy) or with 39 "
                       "bits instead of 48 (narrow)")
    group.add_argument("--cpus", type=int, default=2, metavar="N",
                       help="processors (default: 2)")
    group.add_argument("--nodes", type=int, default=2, metavar="N",
                       help="NUMA nodes (default: 2)")
    group.add_argument("--memory", default="1G", metavar="SIZE",
                       help="default: 1G")
    group.add_argument("--append", action="append", default=[],
                       metavar="TEXT", help="more kernel command line")
    group.add_argument("--module", action="append", default=[],
                       metavar="NAME", help="a module of the kernel to load "
                       "before dmamem, with what it depends on; NAME? if the "
                       "kernel has it; FOLDER/NAME for build/kernel/KERNEL/"
                       "FOLDER/NAME.ko")
    group.add_argument("--parameters", default="", metavar="TEXT",
                       help="module parameters of dmamem")
    group.add_argument("--disk", metavar="IMAGE",
                       help="image of the NVMe disk (default: a fresh one)")
    group.add_argument("--disk-options", default="", metavar="TEXT",
                       help="more options of QEMU's -drive for the disk")
    group.add_argument("--qemu", action="append", default=[], metavar="ARGS",
                       help="more arguments of QEMU")
    group.add_argument("--icount", action="store_true",
                       help="one processor whose clock counts instructions: "
                       "4 ns each; programs find "
                       "DMAMEM_ICOUNT in their environment")
    group.add_argument("--expect", action="append", default=[],
                       metavar="REGEX", help="kernel messages that are no "
                       "failure in this guest")
    group.add_argument("--blocked", action="append", default=[],
                       metavar="FUNCTION", help="a PCI function (00:05.0) "
                       "whose writes the IOMMU is to block: its reports of "
                       "that are no failure")
    group.add_argument("--timeout", type=float, default=600, metavar="S",
                       help="time limit in seconds for the boot and for each "
                       "program (default: 600)")
    return options


@dataclasses.dataclass
class Result:
    """What became of one program."""
    command: str
    started: bool = False
    status: int = None          # None: it never ended
    seconds: float = 0
    pages_left: int = 0         # pinned by it and not released
    splats: list = dataclasses.field(default_factory=list)


class Guest:
    """One boot of one guest."""

    def __init__(self, options, console=None):
        self._options = options
        self._kernel = Kernel(options.kernel)
        self._folder = tempfile.TemporaryDirectory(prefix="dmamem-vm-")
        self._console = console or f"{self._folder.name}/console"
        self._qemu_log = f"{self._folder.name}/qemu"
        self.booted = False
        self.finished = False
        self.complaints = []    # failures that belong to no program

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    # -- what the guest is made of

    def _initramfs(self, commands, files):
        path = f"{self._folder.name}/initramfs"
        modules = self._kernel.modules(self._options.module)
        with open(self._kernel.dmamem, "rb") as stream:
            modules["dmamem"] = stream.read()
        with open(path, "wb") as stream, cpio.Archive(stream) as archive:
            archive.file("/init", f"{VM}/init")
            archive.file("/bin/busybox", self._kernel.busybox)
            archive.link("/bin/sh", "busybox")
            for name, data in modules.items():
                archive.data(f"/modules/{name}.ko", data)
            archive.data("/modules.list", "".join(
                f"{name} {self._options.parameters}\n" if name == "dmamem"
                else f"{name}\n" for name in modules).encode())
            archive.data("/run.list", "".join(
                self._guest_command(archive, command, f"/test/{number}") + "\n"
                for number, command in enumerate(commands, 1)).encode())
            for file in files:
                archive.program(f"/test/{os.path.basename(file)}", file)
        return path

    @staticmethod
    def _guest_command(archive, command, folder):
        """Take the program along if the command's first word is a file."""
        words = shlex.split(command)
        if os.path.isfile(words[0]):
            path = f"{folder}/{os.path.basename(words[0])}"
            archive.program(path, words[0])
            words[0] = path
            return shlex.join(words)
        return command

    def _disk(self):
        if self._options.disk:
            return self._options.disk
        path = f"{self._folder.name}/disk"
        with open(path, "wb") as stream:
            stream.truncate(SCRATCH_DISK)
        return path

    def _command_line(self):
        machine = self._kernel.machine
        words = [f"console={machine.console}", "quiet", "panic=-1",
                 "cryptomgr.notests", "panic_on_oops=1",
                 f"DMAMEM_OUTPUT=/dev/{machine.output}"]
        if self._options.icount:
            words.append("DMAMEM_ICOUNT=1")
        return " ".join(words + machine.command_line(self._options) +
                        self._options.append)

    def _qemu(self, accelerator, initramfs):
        options = self._options
        machine = self._kernel.machine
        command = [machine.qemu, "-nodefaults", "-net", "none",
                   "-display", "none", "-monitor", "none",
                   "-no-reboot", "-m", options.memory]
        command += machine.arguments(accelerator, options)
        if options.icount:
            command += ["-smp", "1", "-icount", "shift=2,sleep=off"]
        else:
            command += ["-smp", str(options.cpus)]
        drive = f"file={self._disk()},format=raw,if=none,id=disk"
        command += ["-drive", ",".join(filter(None, (
                        drive, options.disk_options))),
                    "-device", "nvme,drive=disk,serial=dmamem,mdts=0,addr=4",
                    "-device", "edu,dma_mask=0xffffffffffffffff,addr=5"]
        for more in options.qemu:
            command += shlex.split(more)
        return command + ["-serial", f"file:{self._console}",
                          "-chardev", "stdio,id=out,signal=off",
                          *machine.serial("out"),
                          "-kernel", self._kernel.image(),
                          "-initrd", initramfs,
                          "-append", self._command_line()]

    # -- running it

    def run(self, commands, output, files=()):
        """
        Run commands in the guest, one after the other.

        A first word that is a file of the host is taken along. Each line that
        the guest's programs print is handed to output(result, line).
        """
        results = [Result(command) for command in commands]
        accelerator = ("tcg" if self._options.icount
                       else accel.best(self._kernel))
        qemu = self._qemu(accelerator, self._initramfs(commands, files))
        with open(self._qemu_log, "wb") as log, \
                subprocess.Popen(qemu, stdin=subprocess.DEVNULL, stderr=log,
                                 stdout=subprocess.PIPE) as process:
            try:
                self._listen(process.stdout, results, output)
            except TimeoutError:
                self.complaints.append(
                    f"time limit of {self._options.timeout} s exceeded")
            finally:
                process.kill()
        self._judge(results)
        return results

    def _listen(self, stream, results, output):
        """Follow the guest's second serial port until it falls silent."""
        current = None
        lines = _Lines(stream, self._options.timeout)
        for line in lines:
            text, mark, report = line.partition("\x1e")
            if current and (text or not mark):
                output(current, text)
            if not mark:
                continue
            word, *rest = report.split()
            lines.restart_clock()
            if word == "booted":
                self.booted = True
            elif word == "start":
                current = results[int(rest[0]) - 1]
                current.started = True
                current.seconds = -time.monotonic()
                current.pages_left = int(rest[2]) - int(rest[1])
            elif word == "end":
                current.status = int(rest[1])
                current.seconds += time.monotonic()
                current.pages_left += int(rest[2]) - int(rest[3])
                current = None
            elif word == "done":
                self.finished = True
            else:
                self.complaints.append(report)

    def _judge(self, results):
        """Search what the kernel and QEMU have said."""
        expected = [re.compile(text) for text in self._options.expect +
                    [BLOCKED.format(re.escape(function))
                     for function in self._options.blocked]]
        culprit = self.complaints
        with open(self._console, encoding="utf-8", errors="replace") as stream:
            for line in map(str.strip, stream):
                mark = re.search(r"dmamem-vm: program (\d+)", line)
                if mark:
                    culprit = results[int(mark.group(1)) - 1].splats
                elif "dmamem-vm: after all programs" in line:
                    culprit = self.complaints
                elif SPLAT.search(line) and not any(
                        pattern.search(line) for pattern in expected):
                    culprit.append(line)
        if not self.finished:
            self.complaints.append("the guest died" if self.booted
                                   else "the guest did not boot")
            with open(self._qemu_log, encoding="utf-8",
                      errors="replace") as stream:
                self.complaints += [f"QEMU: {line.strip()}" for line in stream]


class _Lines:
    """Lines of a pipe until its end, or TimeoutError."""

    def __init__(self, stream, timeout):
        os.set_blocking(stream.fileno(), False)
        self._stream = stream
        self._timeout = timeout
        self.restart_clock()

    def restart_clock(self):
        """Start anew with the time limit."""
        self._deadline = time.monotonic() + self._timeout

    def __iter__(self):
        pending = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._stream, selectors.EVENT_READ)
            while data := self._read(selector):
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    yield line.decode("utf-8", "replace")
        if pending:
            yield pending.decode("utf-8", "replace")

    def _read(self, selector):
        if not selector.select(max(0, self._deadline - time.monotonic())):
            raise TimeoutError
        return self._stream.read()
