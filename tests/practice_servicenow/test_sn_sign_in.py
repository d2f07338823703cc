"""Who gets in, by which door, and for how long."""

import base64
import hashlib
import threading
from urllib.parse import parse_qs, urlsplit

import pytest

from kkassist.practice.servicenow import oauth

BACK = "http://127.0.0.1:8765/callback"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def door(instance, http):
    """The instance's sign-in, asked as a plain client does."""

    class Door:
        url = instance.base_url

        def token(self, **form):
            return http.post(f"{self.url}/oauth_token.do", data=form, timeout=5)

        def by_password(self, password="oevelse-anna", user="anna.holm"):
            return self.token(grant_type="password", username=user, password=password, **PRIVATE)

        def code(self, client=oauth.PRIVATE_CLIENT, **more):
            asked = {"response_type": "code", "client_id": client, "redirect_uri": BACK, "state": "s1"}
            asked |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256", "practice_user": "anna.holm"}
            asked |= more
            return http.get(f"{self.url}/oauth_auth.do", params=asked, allow_redirects=False, timeout=5)

        def status(self, token):
            headers = {"Authorization": f"Bearer {token}"}
            return http.get(
                f"{self.url}/api/now/table/task?sysparm_limit=1", headers=headers, timeout=5
            ).status_code

    return Door()


PRIVATE = {"client_id": oauth.PRIVATE_CLIENT, "client_secret": oauth.PRIVATE_SECRET}


def code_of(answer):
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def test_the_browser_flow_with_pkce_ends_in_a_token_and_a_refresh_token(door):
    back = door.code()
    assert back.status_code == 302
    assert back.headers["Location"].startswith(f"{BACK}?code=")
    assert parse_qs(urlsplit(back.headers["Location"]).query)["state"] == ["s1"]
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER}
    code = code_of(back)

    answer = door.token(code=code, **form, **PRIVATE).json()

    assert answer["token_type"] == "Bearer"
    assert answer["refresh_token"]
    assert door.status(answer["access_token"]) == 200
    again = door.token(code=code, **form, **PRIVATE)
    assert (again.status_code, again.json()) == (
        401,
        {"error_description": "access_denied", "error": "server_error"},
    )


def test_a_public_client_gets_no_refresh_token_and_must_use_pkce(door):
    back = door.code(client=oauth.PUBLIC_CLIENT)
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "client_id": oauth.PUBLIC_CLIENT}
    answer = door.token(code=code_of(back), code_verifier=VERIFIER, **form)

    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert door.code(client=oauth.PUBLIC_CLIENT, code_challenge="").status_code == 400


def test_a_wrong_verifier_or_redirect_is_denied(door):
    form = {"grant_type": "authorization_code", **PRIVATE}

    wrong = door.token(code=code_of(door.code()), redirect_uri=BACK, code_verifier="x" * 50, **form)
    elsewhere = door.token(code=code_of(door.code()), redirect_uri=f"{BACK}2", code_verifier=VERIFIER, **form)
    assert {wrong.status_code, elsewhere.status_code} == {401}


def test_state_and_a_registered_redirect_are_demanded(door):
    missing = door.code(state="")

    assert (missing.status_code, "Missing State parameter in request." in missing.text) == (400, True)
    assert door.code(redirect_uri="http://127.0.0.1:9999/callback").status_code == 400


def test_the_sign_in_page_takes_a_password(door, http):
    page = door.code(practice_user="")
    assert "<form method='post'" in page.text
    bad = http.post(page.url, data={"username": "anna.holm", "password": "x"}, allow_redirects=False, timeout=5)
    good = http.post(
        page.url, data={"username": "anna.holm", "password": "oevelse-anna"}, allow_redirects=False, timeout=5
    )

    assert "forkert" in bad.text
    assert good.status_code == 302
    assert code_of(good)


def test_while_a_token_lives_the_same_one_is_given_and_then_another(instance, door):
    first = door.by_password().json()
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], **PRIVATE}
    same = door.token(**refresh).json()
    instance.clock.move(1801)
    dead = door.status(first["access_token"])
    other = door.token(**refresh).json()

    assert same["access_token"] == first["access_token"]
    assert dead == 401
    assert other["access_token"] != first["access_token"]
    assert door.status(other["access_token"]) == 200


def test_two_refreshes_at_once_end_badly_for_one(instance, door):
    refresh = door.by_password().json()["refresh_token"]
    codes: list[int] = []
    gate = threading.Barrier(6)

    def renew():
        gate.wait()
        codes.append(door.token(grant_type="refresh_token", refresh_token=refresh, **PRIVATE).status_code)

    threads = [threading.Thread(target=renew) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(codes) == {200, 401}


def test_five_wrong_passwords_lock_the_account_for_every_door(instance, door, anna):
    codes = [door.by_password("forkert").status_code for _ in range(5)]

    assert codes == [401] * 5
    assert door.by_password().status_code == 401
    assert anna.listed("task").status_code == 401
    assert instance.identity.is_locked("anna.holm")
    instance.identity.unlock("anna.holm")
    assert door.by_password().status_code == 200


def test_a_right_password_forgives_the_wrong_ones(instance, door):
    for _ in range(4):
        door.by_password("forkert")
    assert door.by_password().status_code == 200
    assert instance.identity.wrong_passwords("anna.holm") == 0


def test_client_credentials_act_as_the_integration_user(instance, door):
    answer = door.token(
        grant_type="client_credentials",
        client_id=oauth.INTEGRATION_CLIENT,
        client_secret=oauth.INTEGRATION_SECRET,
    )

    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert door.status(answer.json()["access_token"]) == 200
    assert instance.log[-1].user == "integration.kkassist"
    assert door.token(grant_type="client_credentials", **PRIVATE).status_code == 401


def test_an_api_key_opens_and_a_wrong_one_does_not(instance, http):
    url = f"{instance.base_url}/api/now/table/task?sysparm_limit=1"

    assert http.get(url, headers={"x-sn-apikey": oauth.API_KEY}, timeout=5).status_code == 200
    refused = http.get(url, headers={"x-sn-apikey": "x"}, timeout=5)
    assert refused.status_code == 401
    assert refused.json()["error"]["message"] == "User Not Authenticated"


def test_revoking_ends_access_and_refresh(door):
    token = door.by_password().json()
    import requests

    requests.get(f"{door.url}/oauth_revoke_token.do", params={"token": token["refresh_token"]}, timeout=5)

    assert door.status(token["access_token"]) == 401
    refresh = door.token(grant_type="refresh_token", refresh_token=token["refresh_token"], **PRIVATE)
    assert refresh.status_code == 401


def test_secrets_in_the_address_are_not_taken(instance, http):
    form = {"grant_type": "password", "username": "anna.holm", "password": "oevelse-anna", **PRIVATE}
    answer = http.post(f"{instance.base_url}/oauth_token.do", params=form, timeout=5)

    assert answer.status_code == 400
