"""`/admin/v1` of a gateway with several workers: one answers for all of them."""

import os
import threading

from support import case
from support.wire import DONE, LAST_CHUNK, events, finish, h1, head, role, text

KEY = "admin-key-for-tests"


class Admin(case.IntegrationTest):
    def setUp(self):
        self.up = self.upstream()
        self.weir = self.gateway({**self.before(self.up), "workers": 3, "admin": {"key": KEY}})

    def call(self, method, path, key=KEY):
        client = self.connect(self.weir)
        response = client.request(method, "/admin/v1/" + path,
                                  headers=[f"Authorization: Bearer {key}"]).response(method)
        response.read()
        return response

    def running(self, go_on):
        self.up.script(head(), h1(events(role(), text("Hel"))), go_on,
                       h1(events(text("lo"), finish()) + DONE), LAST_CHUNK)
        got = self.chat(self.weir)
        while b"Hel" not in got.body and got.more():
            pass
        return got

    def test_streams_of_all_workers_are_listed_and_one_is_cancelled(self):
        go_on = threading.Event()
        streams = [self.running(go_on) for _ in range(12)]
        listed = self.call("GET", "streams").json()
        self.assertTrue(listed["complete"])
        self.assertEqual({s.get("x-request-id") for s in streams},
                         {entry["id"] for entry in listed["data"]})
        for entry in listed["data"]:
            self.assertEqual(("answering", "up", "m-1", True, 1),
                             (entry["state"], entry["upstream"], entry["model"],
                              entry["stream"], entry["output_pieces"]))
        ended = streams.pop()
        gone = self.call("DELETE", "streams/" + ended.get("x-request-id"))
        self.assertEqual((200, 1), (gone.status, gone.json()["cancelled"]))
        body = ended.read()
        self.assertIn(b"operator", body)
        self.assertTrue(body.rstrip().endswith(b"[DONE]"))
        self.assertEqual(404, self.call("DELETE", "streams/" + ended.get("x-request-id")).status)
        go_on.set()
        for stream in streams:
            self.assertEqual("Hello", self.stream_of(stream).text)
        self.assertEqual([], self.call("GET", "streams").json()["data"])

    def test_the_configuration_is_told_without_its_secrets(self):
        told = self.call("GET", "config").json()
        self.assertEqual((1, None, os.path.join(self.weir.directory, "gateway.yaml")),
                         (told["version"], told["last_error"], told["origin"]))
        self.assertEqual("***", told["effective"]["admin"]["key"])
        self.assert_error(self.call("GET", "config", "wrong"), 401, "invalid_api_key")
        self.assertNotIn(KEY, self.weir.stdout + self.weir.stderr)


if __name__ == "__main__":
    case.main()
