"""The Batch API: several requests in one, each with its own status; what there is no time for comes back."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit

from kkassist.practice.plumbing import Request, Response, json_response
from kkassist.practice.servicenow.answers import failure

_MOST = 100


def run_batch(request: Request, act: Callable[[Request], Response]) -> Response:
    """Serve `rest_requests` (bodies in base64) in their order; those past the quota are `unserviced_requests`."""
    try:
        asked = json.loads(request.body)
        items = [item for item in asked["rest_requests"] if isinstance(item, dict)]
        served = [_serve(request, item, act) for item in items[:_MOST]]
    except (ValueError, TypeError, KeyError):
        return failure(400, "Exception while reading request", "rest_requests is required")
    return json_response(
        {
            "batch_request_id": str(asked.get("batch_request_id", "")),
            "serviced_requests": served,
            "unserviced_requests": [str(item.get("id", "")) for item in items[_MOST:]],
        }
    )


def _serve(outer: Request, item: Mapping[str, object], act: Callable[[Request], Response]) -> dict[str, object]:
    target = str(item["url"])
    parts = urlsplit(target)
    body = base64.b64decode(str(item.get("body", "")))
    given = item.get("headers")
    headers = dict(outer.headers) | {
        str(header["name"]).lower(): str(header["value"])
        for header in (given if isinstance(given, list) else [])
        if isinstance(header, dict)
    }
    inner = replace(
        outer,
        method=str(item.get("method", "GET")).upper(),
        path=unquote(parts.path),
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers=headers,
        body=body,
        target=target,
    )
    response = act(inner)
    return {
        "id": str(item.get("id", "")),
        "status_code": response.status,
        "status_text": "",
        "body": base64.b64encode(response.body).decode(),
        "headers": [{"name": name, "value": value} for name, value in response.headers],
        "execution_time": 1,
    }
