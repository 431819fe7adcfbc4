"""One process, one thread, one Rego interpreter: the child of `embedded`.

Run as a program by path, so that it imports nothing of this repository and starts quickly. It
reads frames from stdin and answers each on stdout: four bytes of length (big endian), then JSON.
The first frame is the bundle; every other one is a question. It never reads its environment, and
limits itself before it reads anything. The only importer of regopy.

Text reaches the interpreter character by character through its value interface: its JSON reader
leaves every escape in place (a line end would count as two characters and contain an "n"). Three
characters break that interface and travel in a private plane of Unicode; an input that uses those
places already is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import struct
import sys
import threading
import time
from typing import Any, BinaryIO

from regopy import Input, Interpreter, RegoError, rego_shared

LENGTH = struct.Struct(">I")
PRIVATE = {chr(code): chr(0xF0000 + code) for code in (0x00, 0x22, 0x5C)}
TO_PRIVATE = str.maketrans(PRIVATE)
FROM_PRIVATE = str.maketrans({private: plain for plain, private in PRIVATE.items()})
LARGEST_INTEGER = 2**53 - 1


class UnsupportedInputError(Exception):
    """The input holds something that this interpreter does not read faithfully."""


def main(memory: int, seconds: int, largest_frame: int) -> None:
    """Answer frames until stdin ends. `memory` in bytes, `seconds` of wall clock a question."""
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, not a path of ours
        os.dup2(nowhere.fileno(), 1)  # the interpreter prints its complaints there
    _limit()
    threading.Thread(target=_watch_memory, args=(memory,), daemon=True).start()
    questions = sys.stdin.buffer
    bundle = _receive(questions, largest_frame)
    if bundle is None:
        return
    try:
        evaluator = Evaluator(bundle)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        _send(answers, {"refused": str(error)[:2000]})
        return
    _send(answers, {"ready": True})
    while (question := _receive(questions, largest_frame)) is not None:
        signal.alarm(seconds)  # ends this process although nobody waits for it any more
        _send(answers, evaluator.answer(question))
        signal.alarm(0)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (3600, 3600))


def _watch_memory(limit: int) -> None:
    """End the process once it holds more than `limit` bytes.

    The interpreter's allocator reserves 256 GiB of addresses when it is loaded, so RLIMIT_AS and
    RLIMIT_DATA cannot bound what it uses. Evaluation releases Python's lock, so this thread runs.
    """
    while _held() < limit:
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGKILL)


def _held() -> int:
    """Return the bytes of memory this process holds (proc(5)), or has held where that is unknown.

    Not getrusage(2) where it can be helped: on Linux its peak outlives exec, so that a large
    parent would count against a small child.
    """
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no path of ours
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


class Evaluator:
    """A bundle that was built once."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        """Build `modules` (path → text) and `data` for `entries`; raises RegoError."""
        self._exact = bool(bundle["exactText"])
        self._rego = Interpreter()
        self._rego.strict_built_in_errors = bool(bundle["strict"])
        for path, text in bundle["modules"].items():
            self._rego.add_module(path, text)
        self._rego.add_data_json(json.dumps(bundle["data"], ensure_ascii=False))
        self._bundle = self._rego.build(None, bundle["entries"])
        if not self._bundle.ok():
            raise RegoError("the modules could not be built")

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return the value of one entry, or why there is none."""
        text = question["envelope"].encode()
        digest = "sha256:" + hashlib.sha256(text).hexdigest()
        try:
            value = {**json.loads(text), "question": digest}
            self._set(value)
            return {"id": question["id"], **self._evaluate(question["entry"])}
        except (UnsupportedInputError, RecursionError) as error:
            return {"id": question["id"], "unsupported": str(error)}
        except (RegoError, ValueError) as error:
            return {"id": question["id"], "error": str(error)[:2000]}

    def _set(self, value: Any) -> None:
        if self._exact:
            self._rego.set_input(Input(outgoing(value)))
        else:
            self._rego.set_input_term(json.dumps(value, ensure_ascii=False))

    def _evaluate(self, entry: str) -> dict[str, Any]:
        # The wrapper would read the output as JSON before it could be put right.
        output = rego_shared.rego_bundle_query_entrypoint(
            self._rego._impl,
            self._bundle._impl,
            entry,
        )
        try:
            text = rego_shared.rego_output_string(output)
            if not rego_shared.rego_output_ok(output):
                return {"error": text}
        finally:
            rego_shared.rego_free_output(output)
        if text == "undefined":
            return {"undefined": True}
        expressions = json.loads(text, strict=False).get("expressions", [])
        if len(expressions) != 1:
            return {"undefined": True}
        return {"value": incoming(expressions[0]) if self._exact else expressions[0]}


def outgoing(value: Any) -> Any:
    """Return `value` as the interpreter keeps it faithfully; raises UnsupportedInputError."""
    if isinstance(value, str):
        if any("\U000f0000" <= character <= "\U000f007f" for character in value):
            raise UnsupportedInputError("a text holds a character of a private plane")
        return value.translate(TO_PRIVATE)
    if isinstance(value, dict):
        # It walks objects as they come; an envelope orders keys by UTF-16, OPA by their characters.
        return {outgoing(key): outgoing(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [outgoing(member) for member in value]
    if isinstance(value, float):
        raise UnsupportedInputError("a number has a fraction")
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise UnsupportedInputError("a number is beyond 2^53")
    return value


def incoming(value: Any) -> Any:
    """Return an answer with every character in its own place again."""
    if isinstance(value, str):
        return value.translate(FROM_PRIVATE)
    if isinstance(value, dict):
        return {incoming(key): incoming(member) for key, member in value.items()}
    if isinstance(value, list):
        return [incoming(member) for member in value]
    return value


def _receive(stream: BinaryIO, largest: int) -> dict[str, Any] | None:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    if length > largest:
        return None
    body = stream.read(length)
    if len(body) < length:
        return None
    frame: dict[str, Any] = json.loads(body)
    return frame


def _send(stream: BinaryIO, frame: dict[str, Any]) -> None:
    body = json.dumps(frame, ensure_ascii=False).encode("utf-8", "surrogatepass")
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4]))
