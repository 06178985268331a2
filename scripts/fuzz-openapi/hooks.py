"""What the judge sends is sent as it is, but for waits that have no short way out: a moment is waited for in their place."""

import schemathesis

WAIT_MS = 20
WAIT_MS_MAX = 60_000
WAIT_S = 0.02
WAIT_S_MAX = 300


# A wait that is refused anyway stays what it is.
def shortened(held, name, usual, longest):
    wait = held.get(name) if isinstance(held, dict) else None
    if isinstance(wait, (int, float)) and usual < wait <= longest:
        held[name] = usual


@schemathesis.hook
def before_call(context, case, kwargs):
    shortened(case.query, "wait", WAIT_S, WAIT_S_MAX)
    if case.path == "/v1/work/claim":
        shortened(case.body, "wait_ms", WAIT_MS, WAIT_MS_MAX)
