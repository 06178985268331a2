"""Runs a program that goes on where earlier ones on its page left off.

usage: python with_names.py PROGRAM [EARLIER] [EXPRESSION]

PROGRAM finds the modules that its page imported before, and what EARLIER defined. EXPRESSION is printed at the end.
"""

import contextlib
import io
import runpy
import sys
import time

import httpx

program, earlier, expression = (*sys.argv[1:], "", "")[:3]
names = {"httpx": httpx, "time": time}
if earlier:
    with contextlib.redirect_stdout(io.StringIO()):
        names |= runpy.run_path(earlier)
    names |= {"task_id": sys.argv[4], "api_key": sys.argv[5]} if len(sys.argv) > 5 else {}
ran = runpy.run_path(program, init_globals=names)
if expression:
    print(eval(expression, names | ran))
