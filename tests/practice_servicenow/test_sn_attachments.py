"""Files on cases, in and out."""

import hashlib
import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def test_seeded_files_are_real_and_their_hash_is_that_of_their_bytes(reader):
    listed = reader.ask("GET", "/api/now/attachment", params={"sysparm_query": "file_nameENDSWITHxlsx"}).json()
    meta = listed["result"][0]
    answer = reader.ask("GET", f"/api/now/attachment/{meta['sys_id']}/file")

    assert hashlib.sha256(answer.content).hexdigest() == meta["hash"]
    assert len(answer.content) == int(meta["size_bytes"])
    assert "X-Attachment-Metadata" in answer.headers
    assert "xl/worksheets/sheet1.xml" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    pdfs = reader.rows("sys_attachment", "content_type=application/pdf", limit=1)
    assert reader.ask("GET", f"/api/now/attachment/{pdfs[0]['sys_id']}/file").content.startswith(b"%PDF-")


def upload(anna, case, name, content, **headers):
    params = {"table_name": "sn_hr_le_case", "table_sys_id": case["sys_id"], "file_name": name}
    return anna.ask("POST", "/api/now/attachment/file", params=params, data=content, headers=headers)


def test_an_upload_leaves_the_case_untouched(anna):
    case = anna.some_case()
    answer = upload(anna, case, "å.pdf", b"%PDF-x", **{"Content-Type": "application/pdf"})

    meta = answer.json()["result"]
    assert answer.status_code == 201
    assert (meta["file_name"], meta["content_type"], meta["size_bytes"]) == ("å.pdf", "application/pdf", "6")
    assert anna.ask("GET", f"/api/now/attachment/{meta['sys_id']}").json()["result"]["hash"] == meta["hash"]
    assert anna.one("task", case["sys_id"])["sys_mod_count"] == case["sys_mod_count"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300) | st.text("\r\n-ab").map(str.encode))
def test_a_multipart_upload_keeps_every_byte(instance, anna, content):
    case = anna.some_case()
    answer = anna.ask(
        "POST",
        "/api/now/attachment/upload",
        data={"table_name": "sn_hr_le_case", "table_sys_id": case["sys_id"]},
        files={"uploadFile": ("bilag.pdf", content, "application/pdf")},
    )

    sys_id = answer.json()["result"]["sys_id"]
    assert anna.ask("GET", f"/api/now/attachment/{sys_id}/file").content == content


@pytest.mark.parametrize(
    ("name", "content", "status"), [("x.exe", b"MZ", 403), ("stor.pdf", b"x" * 200, 413), ("", b"x", 400)]
)
def test_wrong_types_and_sizes_are_refused(instance, anna, name, content, status):
    instance.properties.attachment_max_bytes = 100
    answer = upload(anna, anna.some_case(), name, content, **{"Content-Type": "application/pdf"})

    assert answer.status_code == status
    assert answer.json()["status"] == "failure"


def test_the_content_type_is_mandatory(anna):
    assert upload(anna, anna.some_case(), "a.pdf", b"x").status_code == 400


def test_own_files_can_be_renamed_and_deleted_and_others_not(anna):
    case = anna.some_case()
    own = upload(anna, case, "a.txt", b"x", **{"Content-Type": "text/plain"}).json()["result"]["sys_id"]
    others = anna.rows("sys_attachment", "sys_created_by!=anna.holm", limit=1)[0]["sys_id"]

    assert anna.ask("PATCH", f"/api/now/attachment/{own}", json={"file_name": "b.txt"}).status_code == 204
    assert anna.one("sys_attachment", own)["file_name"] == "b.txt"
    assert anna.ask("DELETE", f"/api/now/attachment/{own}").status_code == 204
    assert anna.ask("GET", f"/api/now/attachment/{own}").status_code == 404
    assert anna.ask("DELETE", f"/api/now/attachment/{others}").status_code == 403
