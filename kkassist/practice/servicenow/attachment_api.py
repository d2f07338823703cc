"""The Attachment API: metadata, bytes, uploads raw and multipart, rename, delete."""

import hashlib
import json
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser

from kkassist.practice.plumbing import Response
from kkassist.practice.servicenow.answers import empty, failure, forbidden, no_record, result
from kkassist.practice.servicenow.call import Call, Instance
from kkassist.practice.servicenow.render import Look
from kkassist.practice.servicenow.table_api import list_rows
from kkassist.practice.servicenow.tables import Row

_LIST_LIMIT = "1000"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way to a record."""

    table: str
    sys_id: str
    file_name: str
    content_type: str
    content: bytes


def handle(call: Call, sys_id: str, part: str) -> Response:
    """Answer `/api/now/attachment[/{sys_id}[/file]]`, `…/file` and `…/upload`."""
    method = call.request.method
    if method == "POST":
        return (
            _upload_raw(call) if sys_id == "file" else _upload_form(call) if sys_id == "upload" else _wrong_verb()
        )
    if method in {"GET", "HEAD"}:
        return _read(call, sys_id, part)
    if method == "PATCH":
        return _rename(call, sys_id)
    return _delete(call, sys_id) if method == "DELETE" else _wrong_verb()


def keep_file(instance: Instance, upload: Upload, by: str, at: str = "") -> Row:
    """Store the bytes with their metadata row. The task it belongs to is not touched."""
    row = instance.tables.add(
        "sys_attachment",
        {
            "file_name": upload.file_name,
            "content_type": upload.content_type,
            "size_bytes": str(len(upload.content)),
            "size_compressed": str(len(upload.content)),
            "table_name": upload.table,
            "table_sys_id": upload.sys_id,
            "hash": hashlib.sha256(upload.content).hexdigest(),
            "state": "available",
        },
        by=by,
        at=at,
    )
    instance.files[row["sys_id"]] = upload.content
    return row


def _read(call: Call, sys_id: str, part: str) -> Response:
    if not sys_id:
        params = {"sysparm_limit": _LIST_LIMIT, **call.params}
        listed = Call(call.request, params, call.session, call.instance)
        return list_rows(listed, "v2", "sys_attachment")
    with call.instance.tables.lock:
        row = _visible(call, sys_id)
        if row is None:
            return no_record()
        shown = call.renderer.rows("sys_attachment", Look.of({}), [row])[0]
        shown["download_link"] = f"{call.request.base_url}/api/now/attachment/{sys_id}/file"
        content = call.instance.files.get(sys_id, b"")
    if part != "file":
        return result(shown)
    headers = (
        ("X-Attachment-Metadata", json.dumps(shown)),
        ("Content-Disposition", "attachment"),
    )
    return Response(200, content, headers, row["content_type"])


def _upload_raw(call: Call) -> Response:
    content_type = call.request.headers.get("content-type", "")
    if not content_type:
        return failure(400, "Content-Type header is required")
    return _store(
        call,
        Upload(
            call.params.get("table_name", ""),
            call.params.get("table_sys_id", ""),
            call.params.get("file_name", ""),
            content_type.partition(";")[0].strip(),
            call.request.body,
        ),
    )


def _upload_form(call: Call) -> Response:
    """Multipart: the form fields first, the file last; fields after the file are not seen."""
    content_type = call.request.headers.get("content-type", "")
    if not content_type.startswith("multipart/form-data"):
        return failure(415, "Unsupported media type", "multipart/form-data is required")
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=policy.HTTP).parsebytes(head + call.request.body)
    fields: dict[str, str] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", "", header="content-disposition"))
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        file_name = part.get_filename()
        if file_name is not None:
            upload = Upload(
                fields.get("table_name", ""),
                fields.get("table_sys_id", ""),
                file_name,
                part.get_content_type(),
                data,
            )
            return _store(call, upload)
        fields[name] = data.decode()
    return failure(400, "No file in the multipart body")


def _store(call: Call, upload: Upload) -> Response:
    instance = call.instance
    if not upload.table or not upload.sys_id or not upload.file_name:
        return failure(400, "Missing parameter", "table_name, table_sys_id and file_name are required")
    if len(upload.content) > instance.properties.attachment_max_bytes:
        return failure(413, "Attachment too large", "Filen er større end den tilladte størrelse.")
    extension = upload.file_name.rpartition(".")[2].lower()
    if extension not in instance.properties.attachment_extensions:
        return forbidden(f"Filtypen .{extension} er ikke tilladt.")
    with instance.tables.lock:
        parent = instance.tables.get("task", upload.sys_id)
        if parent is None or not instance.access.may_read(call.session, "task", parent):
            return no_record()
        row = keep_file(instance, upload, call.session.user_name)
        shown = call.renderer.rows("sys_attachment", Look.of({}), [row])[0]
    shown["download_link"] = f"{call.request.base_url}/api/now/attachment/{row['sys_id']}/file"
    location = (("Location", f"{call.request.base_url}/api/now/attachment/{row['sys_id']}"),)
    return result(shown, 201, location)


def _rename(call: Call, sys_id: str) -> Response:
    with call.instance.tables.lock:
        row = _visible(call, sys_id)
        if row is None:
            return no_record()
        body = json.loads(call.request.body or b"{}")
        name = str(body.get("file_name", "")) if isinstance(body, dict) else ""
        if not name:
            return failure(400, "file_name is required")
        call.instance.tables.change("sys_attachment", sys_id, {"file_name": name}, by=call.session.user_name)
    return empty()


def _delete(call: Call, sys_id: str) -> Response:
    with call.instance.tables.lock:
        row = _visible(call, sys_id)
        if row is None:
            return no_record()
        if not call.instance.access.may_delete(call.session, "sys_attachment", row):
            return forbidden("ACL Exception Delete Failed due to security constraints")
        call.instance.tables.remove("sys_attachment", sys_id, by=call.session.user_name)
        call.instance.files.pop(sys_id, None)
    return empty()


def _visible(call: Call, sys_id: str) -> Row | None:
    row = call.instance.tables.get("sys_attachment", sys_id)
    return row if row and call.instance.access.may_read(call.session, "sys_attachment", row) else None


def _wrong_verb() -> Response:
    return failure(405, "Method not supported")
