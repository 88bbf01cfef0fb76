"""A careful script: lists the instances, compares them with the files, and patches the differences.

It identifies instances by name, creates none, and cannot compare secrets, because reads mask them.
"""

import os
import pathlib
import sys

import requests
import yaml

BASE = os.environ["OCON_BASE_URL"]


def declared(path):
    document = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
    values = document["configuration"].items()
    return document["name"], {key: value for key, value in values if "${{" not in value}


def instances(session):
    query = {"tags[]": f"ocon:project={os.environ['OCON_PROJECT']}", "pageSize": 200}
    while True:
        reply = session.get(f"{BASE}/instances", params=query, timeout=30)
        reply.raise_for_status()
        yield from reply.json()
        token = reply.headers.get("elements-next-page-token")
        if not token:
            return
        query["nextPage"] = token


def main(folder):
    session = requests.Session()
    user, organization = os.environ["OCON_USER_SECRET"], os.environ["OCON_ORGANIZATION_SECRET"]
    session.headers["Authorization"] = f"User {user}, Organization {organization}"
    by_name = {instance["name"]: instance for instance in instances(session)}
    for path in sorted(pathlib.Path(folder, "instances").rglob("*.yaml")):
        name, wanted = declared(path)
        found = by_name[name]
        differing = {key: value for key, value in wanted.items() if found["configuration"].get(key) != value}
        if differing:
            url = f"{BASE}/instances/{found['id']}"
            session.patch(url, json={"configuration": differing}, timeout=30).raise_for_status()


main(sys.argv[1])
