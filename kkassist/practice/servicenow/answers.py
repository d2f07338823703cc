"""Answers of the REST APIs: the result, and the envelope of an error."""

from collections.abc import Sequence

from kkassist.practice.plumbing import Response, json_response

Headers = tuple[tuple[str, str], ...]
HTML = "text/html;charset=UTF-8"
NOT_FOUND_DETAIL = "Record doesn't exist or ACL restricts the record retrieval"
ACL_DETAIL = "ACL Exception Update Failed due to security constraints"


def result(value: object, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Response:
    """`{"result": …}`."""
    return json_response({"result": value}, status, headers)


def failure(status: int, message: str, detail: str | None = None, headers: Headers = ()) -> Response:
    """The error envelope; `detail` may be null."""
    return json_response({"error": {"message": message, "detail": detail}, "status": "failure"}, status, headers)


def no_record() -> Response:
    """The same words for a record that is gone and for one that is hidden."""
    return failure(404, "No Record found", NOT_FOUND_DETAIL)


def forbidden(detail: str = ACL_DETAIL) -> Response:
    return failure(403, "Operation Failed", detail)


def unauthenticated() -> Response:
    return failure(
        401,
        "User Not Authenticated",
        "Required to provide Auth information",
        (("WWW-Authenticate", 'BASIC realm="Service-now"'),),
    )


def page(html: str, status: int = 200) -> Response:
    """A page for people."""
    return Response(status, html.encode(), (), HTML)


def empty(status: int = 204, headers: Headers = ()) -> Response:
    return Response(status, b"", headers)
