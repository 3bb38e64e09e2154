"""A visitor of the site: real HTTP with cookies of its own, and no more than the standard library."""

import json
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import Any
from urllib.request import HTTPCookieProcessor, HTTPErrorProcessor, Request

OWN = "<own>"  # the nonce that belongs to the client's login


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    url: str
    headers: Message
    text: str

    @property
    def json(self) -> Any:
        """The body, which has to be JSON."""
        return json.loads(self.text)

    @property
    def set_cookies(self) -> list[str]:
        """The cookies that it sets, with their attributes."""
        return self.headers.get_all("Set-Cookie") or []


class Client:
    """A visitor, who is a guest until ``log_in``.

    :param address: the site's, without a slash at the end
    :param rest: the REST API's, such as ``…/wp-json`` or ``…/?rest_route=``
    """

    def __init__(self, address: str, rest: str) -> None:
        self.address = address
        self.rest = rest
        self.jar = CookieJar()
        self._nonce = ""

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that it holds, as they are on the wire."""
        return {cookie.name: cookie.value or "" for cookie in self.jar}

    def log_in(self, user: str, password: str) -> None:
        """Log in by WordPress's own form; a refused login is an AssertionError."""
        answer = self.request("POST", "/wp-login.php", form={"log": user, "pwd": password}, follow=False)
        assert answer.status == 302, f"WordPress refused the login of {user}"
        self._nonce = ""

    @property
    def nonce(self) -> str:
        """The ``wp_rest`` nonce of its login, as WordPress hands it out over HTTP; a guest has none."""
        if not self._nonce and any(name.startswith("wordpress_logged_in_") for name in self.cookies):
            answer = self.get("/wp-admin/admin-ajax.php?action=rest-nonce")
            assert answer.status == 200, answer.text
            self._nonce = answer.text
        return self._nonce

    def get(self, path: str, **headers: str) -> Answer:
        """Open a page; ``Accept_Language="fa"`` sends that header."""
        return self.request("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})

    def ajax(self, action: str, **fields: str) -> Answer:
        """Post to admin-ajax.php."""
        return self.request("POST", "/wp-admin/admin-ajax.php", form={"action": action, **fields})

    def call(
        self,
        method: str,
        route: str,
        body: object = None,
        *,
        namespace: str = "homaye-tabesh/v1",
        nonce: str | None = OWN,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Call a REST route.

        :param route: such as ``/vault/restore?session_token=…``
        :param body: what is sent as JSON, unless it is None
        :param nonce: the header ``X-WP-Nonce``; by default the login's own, if there is one; None sends none
        """
        path = f"{self.rest}/{namespace}{route}"
        if "?" in self.rest:
            path = f"{self.rest}/{namespace}{route.replace('?', '&')}"
        sent = dict(headers or {})
        if nonce == OWN:
            nonce = self.nonce or None
        if nonce is not None:
            sent["X-WP-Nonce"] = nonce
        if body is None:
            return self.request(method, path, headers=sent)
        return self.request(
            method, path, raw=json.dumps(body).encode(), headers={"Content-Type": "application/json", **sent}
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        form: dict[str, str] | None = None,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        follow: bool = True,
    ) -> Answer:
        """Send anything, and return the answer also when it is an error.

        :param path: from the site's root, or a whole address
        :param follow: whether redirects are followed
        """
        url = urllib.parse.urljoin(self.address + "/", path)
        data = urllib.parse.urlencode(form).encode() if form is not None else raw
        opener = urllib.request.build_opener(HTTPCookieProcessor(self.jar), _Answers(follow=follow))
        with opener.open(Request(url, data, headers or {}, method=method), timeout=60) as response:
            text = response.read().decode("utf-8", "replace")
            return Answer(response.status, response.url, response.headers, text)


class _Answers(HTTPErrorProcessor):
    """Take an error's status for an answer."""

    def __init__(self, *, follow: bool) -> None:
        self._follow = follow

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:
        if self._follow and 300 <= response.status < 400:
            followed: HTTPResponse = super().http_response(request, response)
            return followed
        return response
