"""Packs a folder into an archive whose bytes depend on nothing but the files.

    pack.py FOLDER EPOCH ARCHIVE

ARCHIVE ends with .tar.gz or .zip. Next to it, ARCHIVE.sha256 is its digest in the format of sha256sum.
Names are sorted, every file has the time EPOCH (seconds since 1970), and the owner is 0.
"""

import gzip
import hashlib
import stat
import sys
import tarfile
import time
import zipfile
from pathlib import Path

EXECUTABLES = ("ocon", "ocon.exe")


def files(folder):
    """The path and the name of each file below the folder, in the order of the names."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted((path.relative_to(folder).as_posix(), path) for path in found)


def mode(name):
    return 0o755 if name in EXECUTABLES else 0o644


def write_tar(folder, epoch, archive):
    # Neither the name of the archive nor the time of the run is in the header of gzip.
    with (
        open(archive, "wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, path in files(folder):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = path.stat().st_size, epoch, mode(name)
            with open(path, "rb") as content:
                tar.addfile(entry, content)


def write_zip(folder, epoch, archive):
    # A time in a zip file is even, and not before 1980.
    moment = time.gmtime(max(epoch, 315532800))[:6]
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for name, path in files(folder):
            entry = zipfile.ZipInfo(name, moment)
            # The same on every system that packs.
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | mode(name)) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(entry, path.read_bytes())


def main(folder, epoch, archive):
    write = write_zip if archive.suffix == ".zip" else write_tar
    write(folder, epoch, archive)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    line = f"{digest}  {archive.name}\n"
    archive.with_name(archive.name + ".sha256").write_bytes(line.encode())


if len(sys.argv) != 4:
    sys.exit("Usage: pack.py FOLDER EPOCH ARCHIVE")
main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
