# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Write an initramfs: a cpio archive in the kernel's "newc" format."""

import os
import re
import stat
import subprocess


class Archive:
    """A cpio archive being written. Paths are absolute paths in the guest."""

    def __init__(self, stream):
        self._stream = stream
        self._seen = set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._entry("TRAILER!!!", 0, b"")

    def _entry(self, name, mode, data):
        name = name.encode() + b"\0"
        fields = (len(self._seen), mode, 0, 0, 1, 0, len(data),
                  0, 0, 0, 0, len(name), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        for part in (header + name, data):
            self._stream.write(part + bytes(-len(part) % 4))

    def _add(self, path, mode, data=b""):
        if path in self._seen:
            return
        parent = os.path.dirname(path)
        if parent != "/":
            self.folder(parent)
        self._seen.add(path)
        self._entry(path.lstrip("/"), mode, data)

    def folder(self, path):
        """Add an empty folder."""
        self._add(path, stat.S_IFDIR | 0o755)

    def data(self, path, data, executable=False):
        """Add a file with the given bytes."""
        self._add(path, stat.S_IFREG | (0o755 if executable else 0o644), data)

    def file(self, path, source):
        """Add a copy of the file source of the host."""
        with open(source, "rb") as stream:
            self.data(path, stream.read(), os.access(source, os.X_OK))

    def link(self, path, target):
        """Add a symbolic link."""
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def program(self, path, source):
        """Add a program and the shared libraries it needs."""
        self.file(path, source)
        for library in shared_libraries(source):
            self.file(library, library)


def shared_libraries(program):
    """The shared libraries that a program of the host loads, by path."""
    answer = subprocess.run(["ldd", program], text=True, check=False,
                            capture_output=True).stdout
    return re.findall(r"(/\S+) \(0x", answer)
