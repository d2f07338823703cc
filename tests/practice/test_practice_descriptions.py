"""What the practice servers say is what the published descriptions allow. Skipped where these do not lie beside us."""

import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest
import requests
from graphql import build_schema

from kkassist.practice.os2mo.organisation import organisation_of
from kkassist.practice.os2mo.server import knows
from kkassist.practice.population import build_city
from kkassist.practice.robots.server import CLIENT_ID, CLIENT_SECRET, SCOPES, RunningOrchestrator

FORMATS = Path(__file__).parents[3] / "shared" / "formats"
SCHEMA = FORMATS / "os2mo_v30.graphql"
DESCRIPTION = FORMATS / "uipath-orchestrator-v16-subset.json"
CITY = build_city(seed=1, employees=100, today=date(2026, 11, 23))
SVC = "UiPathODataSvc"


@pytest.mark.skipif(not SCHEMA.exists(), reason="the published schema is not beside the repository")
def test_kkorg_has_no_field_that_the_published_schema_lacks():
    published = build_schema(SCHEMA.read_text(encoding="utf-8")).type_map
    for kind, names in knows(organisation_of(CITY)).items():
        assert set(names) <= set(published[kind].fields), kind


@pytest.mark.skipif(not DESCRIPTION.exists(), reason="the published description is not beside the repository")
def test_the_orchestrators_bodies_keep_to_the_published_description():
    definitions = json.loads(DESCRIPTION.read_text(encoding="utf-8"))["definitions"]

    def check(name, body):
        jsonschema.Draft4Validator({"$ref": f"#/definitions/{name}", "definitions": definitions}).validate(body)
        assert set(body) - set(definitions[name]["properties"]) <= {"@odata.context"}
        for one in body.get("value", []):
            inner = definitions[name]["properties"]["value"]["items"]["$ref"].rpartition("/")[2]
            assert set(one) <= set(definitions[inner]["properties"])
        return body

    with RunningOrchestrator(lambda: CITY) as running, requests.Session() as session:
        base = running.base_url
        form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        token = session.post(
            f"{base}/identity/connect/token", data={**form, "scope": f"{SCOPES} OR.Folders"}
        ).json()
        session.headers.update({"Authorization": f"Bearer {token['access_token']}"})
        session.headers.update({"X-UIPATH-OrganizationUnitId": "204"})

        def get(path):
            return session.get(f"{base}/odata/{path}").json()

        def post(path, body):
            return session.post(f"{base}/odata/{path}", json=body).json()

        for kind, path in (
            ("Folder", "Folders"),
            ("QueueDefinition", "QueueDefinitions"),
            ("Release", "Releases"),
        ):
            check(f"ODataValueOfIEnumerableOf{kind}Dto", get(path))
        items = [{"Reference": reference, "SpecificContent": {"Beloeb": "1,00"}} for reference in ("R-1", "R-1")]
        wanted = {"queueName": "KK_Resultatloen", "commitType": "ProcessAllIndependently", "queueItems": items}
        check("BulkOperationResponseDtoOfFailedQueueItemDto", post(f"Queues/{SVC}.BulkAddQueueItems", wanted))
        (item,) = check("ODataValueOfIEnumerableOfQueueItemDto", get("QueueItems"))["value"]
        check("QueueItemDto", get(f"QueueItems({item['Id']})"))
        history = "QueueItemEvents/UiPath.Server.Configuration.OData.GetQueueItemEventsHistory"
        check("ODataValueOfIEnumerableOfQueueItemEventDto", get(f"{history}(queueItemId={item['Id']})"))
        taken = {"queueItems": [{"Id": item["Id"], "RowVersion": item["RowVersion"]}]}
        check("BulkOperationResponseDtoOfInt64", post(f"QueueItems/{SVC}.DeleteBulk", taken))
        key = get("Releases")["value"][0]["Key"]
        start = {"startInfo": {"ReleaseKey": key, "Strategy": "ModernJobsCount", "JobsCount": 1}}
        jobs = post("Jobs/UiPath.Server.Configuration.OData.StartJobs", start)
        check("ODataValueOfIEnumerableOfJobDto", jobs)
