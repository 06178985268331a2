"""Refuses an environment that has a package whose licence is not one that may be passed on. Nothing of Python is published: what is
named with why is of tests alone."""

import importlib.metadata
import re
import sys

ALLOWED = {
    "0BSD", "Apache 2.0", "Apache License 2.0", "Apache License, Version 2.0", "Apache License, 2.0", "Apache Software License",
    "Apache-2.0", "BSD", "BSD License", "BSD-2-Clause", "BSD-3-Clause", "Dual License", "ISC", "ISC License (ISCL)", "MIT", "MIT-0", "3-Clause BSD License",
    "MIT License", "PSF-2.0", "Python Software Foundation License",
}  # fmt: skip
EXCEPTIONS = {
    "certifi": "MPL-2.0, unchanged: the certificates by which a client knows a server",
    "hypothesis": "MPL-2.0, unchanged: makes the cases of the fuzzer",
}


def licences(metadata):
    """As an expression where it says one, else by its classifiers, else by what stands in its field."""
    expression = metadata.get("License-Expression")
    if expression:
        return [each.strip("() ") for each in re.split(r" (?:OR|AND) ", expression)], " OR " in expression
    classified = [each.split(" :: ")[-1] for each in metadata.get_all("Classifier") or [] if each.startswith("License :: ")]
    if classified:
        return [each for each in classified if each != "OSI Approved"], True
    return [(metadata.get("License") or "").split("\n")[0].strip()], False


wrong = []
count = 0
for package in importlib.metadata.distributions():
    name = package.metadata["Name"]
    found, is_choice = licences(package.metadata)
    allowed = (any if is_choice else all)(each in ALLOWED for each in found)
    count += 1
    if not allowed and name.lower() not in EXCEPTIONS:
        wrong.append(f"{name}: {' and '.join(found)}")
if wrong or count < 3:
    sys.exit("may not be passed on: " + "; ".join(wrong or ["nothing is installed"]))
print(f"{count} packages of Python, all under licences that may be passed on")
