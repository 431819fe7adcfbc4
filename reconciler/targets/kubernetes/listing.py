"""Many objects in few requests: LIST by label, in pages, metadata only where that is enough."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.targets.kubernetes.client import METADATA_LIST, Client, is_gone
from reconciler.targets.kubernetes.errors import ApiError

Json = Any


def pages(
    client: Client,
    path: str,
    *,
    selector: str = "",
    page_size: int,
    accept: str = METADATA_LIST,
) -> Iterator[Json]:
    """Yield every object of a collection.

    Where the server forgot the version of a page, the rest is taken from its present state: an
    object may then come twice, and is never left out.
    """
    query = {"limit": str(page_size)}
    if selector:
        query["labelSelector"] = selector
    token = ""
    while True:
        extra = {"continue": token} if token else {}
        try:
            answer = client.get(path, what=f"list {path}", accept=accept, **query, **extra)
        except ApiError as error:
            if not token or not is_gone(error):
                raise
            token = ""
            query.pop("limit")
            continue
        yield from answer.get("items") or ()
        token = (answer.get("metadata") or {}).get("continue", "")
        if not token:
            return
