"""Keeps the paths of the machine that builds out of a binary.

    paths.py flags         prints flags for rustc, separated by the character 1F
    paths.py check BINARY  fails if BINARY contains such a path

A panic and a backtrace show the paths of source files. The flags make them independent of the machine:
`cargo/registry/…` for crates, and paths in the repository for the files of ocon.
"""

import os
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
CARGO_HOME = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")


def flags():
    renamed = [(CARGO_HOME, "cargo"), (PROJECT, ".")]
    return [f"--remap-path-prefix={before}={after}" for before, after in renamed]


def check(binary):
    content = binary.read_bytes()
    spellings = [form for path in (PROJECT, CARGO_HOME) for form in (str(path), path.as_posix())]
    for path in spellings:
        if path.encode() in content:
            position = content.index(path.encode())
            text = content[position : position + 120].split(b"\0")[0].decode(errors="replace")
            sys.exit(f"error: {binary} contains a path of this machine: {text}")


match sys.argv[1:]:
    case ["flags"]:
        sys.stdout.write("\x1f".join(flags()))
    case ["check", binary]:
        check(Path(binary))
    case _:
        sys.exit("Usage: paths.py flags | check BINARY")
