"""The floor: a bare loop that sends prepared requests and does nothing else.

Run as a process of its own: `python -m benchmarks.floor KUBECONFIG REQUESTS CONNECTIONS`.
`REQUESTS` holds one request a line: path, a tab, the body. Nothing is planned, remembered or
proven; of the answer only the status is looked at.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import urllib3

HEADERS = {
    "Accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    "Content-Type": "application/apply-patch+yaml",
    "User-Agent": "floor",
}


def main(kubeconfig: str, requests: str, connections: str) -> None:
    """Send every request; raises RuntimeError for one that is refused."""
    config = json.loads(Path(kubeconfig).read_text(encoding="utf-8"))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    pool = urllib3.HTTPSConnectionPool(
        cluster["server"].removeprefix("https://").partition(":")[0],
        int(cluster["server"].rpartition(":")[2]),
        maxsize=int(connections),
        ca_certs=cluster["certificate-authority"],
    )
    headers = {**HEADERS, "Authorization": f"Bearer {user['token']}"}
    todo = iter(Path(requests).read_bytes().splitlines())
    problems: list[str] = []
    work = (pool, headers, todo, threading.Lock(), problems)
    threads = [threading.Thread(target=_send, args=work) for _ in range(int(connections))]
    begin, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise RuntimeError(problems[0])
    wall, spent = time.perf_counter() - begin, time.process_time() - cpu
    print(json.dumps({"connections": int(connections), "wall": wall, "cpu": spent}))


def _send(
    pool: urllib3.HTTPSConnectionPool,
    headers: dict[str, str],
    todo: Iterator[bytes],
    taking: threading.Lock,
    problems: list[str],
) -> None:
    while not problems:
        with taking:
            line = next(todo, None)
        if line is None:
            return
        path, _, body = line.partition(b"\t")
        answer = pool.urlopen("PATCH", path.decode(), body=body, headers=headers, retries=False)
        if answer.status >= 300:
            problems.append(f"{path.decode()}: {answer.status} {answer.data.decode()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
