"""Writes the software bill of materials (SBOM) of a binary, as CycloneDX 1.6 in JSON.

    sbom.py TARGET EPOCH BINARY SBOM

It lists the crates that are compiled into the binary for TARGET: no tests, no build scripts, no macros,
and no crates of other systems. Each has its version, license and the SHA-256 of its source archive from
Cargo.lock. The same input gives the same bytes: the time is EPOCH, and the serial number comes from the digest of
the binary. It is optional in the format, but GitHub attests no SBOM without it:
https://github.com/actions/attest/blob/v4.2.2/src/sbom.ts
Format: https://cyclonedx.org/docs/1.6/json/
"""

import hashlib
import json
import subprocess
import sys
import time
import tomllib
import uuid
from pathlib import Path

CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def cargo(*arguments):
    command = ["cargo", *arguments, "--locked"]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


def tree(target):
    """The dependencies of each crate, as (name, version). The first crate is ocon."""
    edges = ["--edges", "normal,no-proc-macro", "--target", target]
    lines = cargo("tree", *edges, "--prefix", "depth", "--format", " {p}").splitlines()
    dependencies, parents = {}, []
    for line in lines:
        depth, name, version = line.split()[:3]
        crate = (name, version.removeprefix("v"))
        dependencies.setdefault(crate, set())
        parents[int(depth) :] = [crate]
        if len(parents) > 1:
            dependencies[parents[-2]].add(crate)
    return dependencies


def expression(license):
    """The SPDX expression. Older crates separate alternatives by a slash."""
    return " OR ".join(part.strip() for part in license.split("/"))


def purl(crate):
    return "pkg:cargo/{}@{}".format(*crate)


def component(crate, package):
    described = {
        "type": "library",
        "bom-ref": purl(crate),
        "name": crate[0],
        "version": crate[1],
        "licenses": [{"expression": expression(package["license"])}],
        "purl": purl(crate),
    }
    if package["repository"]:
        described["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return described


def with_checksum(described, crate, locked):
    package = locked[crate]
    if package.get("source") != CRATES_IO:
        sys.exit(f"error: {purl(crate)} is not from crates.io, so pkg:cargo does not name it")
    return described | {"hashes": [{"alg": "SHA-256", "content": package["checksum"]}]}


def document(target, epoch, binary):
    dependencies = tree(target)
    root = next(iter(dependencies))
    metadata = json.loads(cargo("metadata", "--format-version", "1", "--filter-platform", target))
    packages = {(each["name"], each["version"]): each for each in metadata["packages"]}
    lock = tomllib.loads(Path("Cargo.lock").read_text(encoding="utf-8"))
    locked = {(each["name"], each["version"]): each for each in lock["package"]}
    digest = hashlib.sha256(binary.read_bytes()).hexdigest()
    product = component(root, packages[root]) | {
        "type": "application",
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "properties": [{"name": "ocon:target", "value": target}],
    }
    crates = sorted(set(dependencies) - {root})
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, f"{purl(root)}?digest={digest}").urn,
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch)),
            "component": product,
        },
        "components": [
            with_checksum(component(crate, packages[crate]), crate, locked) for crate in crates
        ],
        "dependencies": [
            {"ref": purl(crate), "dependsOn": [purl(used) for used in sorted(dependencies[crate])]}
            for crate in [root, *crates]
        ],
    }


if len(sys.argv) != 5:
    sys.exit("Usage: sbom.py TARGET EPOCH BINARY SBOM")
text = json.dumps(document(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])), indent=2) + "\n"
Path(sys.argv[4]).write_bytes(text.encode())
