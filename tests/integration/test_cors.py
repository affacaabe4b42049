"""CORS (docs/http.md) as a browser does it: the preflight first, then the request, then may the page read?"""

from support import case
from support.wire import answer_events, error_body, response, streamed

APP = "https://app.example.com"
ALLOWED, WHO = "Access-Control-Allow-Origin", "Origin: "


class Cors(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.up = cls.class_upstream()
        cls.up.always(streamed(answer_events("Hello")))
        cls.exact = cls.class_gateway(cls.before(cls.up, cors={
            "origins": [APP], "headers": ["authorization", "content-type"], "credentials": True}))
        cls.any = cls.class_gateway(cls.before(cls.up, cors={"origins": ["*"], "max_age": "1h"}))
        cls.off = cls.class_gateway(cls.before(cls.up))

    def preflight(self, to, origin=APP, headers="authorization,x-stainless-os"):
        client = self.connect(to)
        return client.request("OPTIONS", "/v1/chat/completions", headers=[
            WHO + origin, "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: " + headers]).response("OPTIONS")

    def test_a_preflight_is_answered_here(self):
        before = len(self.up.chats)
        got = self.preflight(self.exact)
        self.assertEqual(204, got.status)
        self.assertEqual(APP, got.get(ALLOWED))
        self.assertEqual("true", got.get("Access-Control-Allow-Credentials"))
        self.assertEqual("authorization, content-type", got.get("Access-Control-Allow-Headers"))
        self.assertEqual("600", got.get("Access-Control-Max-Age"))
        self.assertIn("POST", got.get("Access-Control-Allow-Methods"))
        self.assertEqual("Origin", got.get("Vary"))
        self.assertIsNone(got.get("Content-Length"))  # RFC 9110 8.6
        self.assertEqual(before, len(self.up.chats))

    def test_another_origin_is_told_no(self):
        for origin in ("https://app.example.com.evil.test", "http://app.example.com", "null"):
            got = self.preflight(self.exact, origin)
            self.assert_error(got, 403, says="cors")
            self.assertIsNone(got.get(ALLOWED))
            self.assertEqual("Origin", got.get("Vary"))

    def test_every_origin_but_never_with_credentials(self):
        got = self.preflight(self.any)
        self.assertEqual("*", got.get(ALLOWED))
        self.assertEqual("authorization,x-stainless-os", got.get("Access-Control-Allow-Headers"))
        self.assertEqual("3600", got.get("Access-Control-Max-Age"))
        self.assertIsNone(got.get("Access-Control-Allow-Credentials"))
        self.assertIsNone(got.get("Vary"))

    def test_what_is_no_list_of_names_is_not_repeated(self):
        self.assertIsNone(self.preflight(self.any, headers="a: b").get("Access-Control-Allow-Headers"))

    def test_streams_documents_and_errors_may_be_read(self):
        for to, wanted in ((self.exact, APP), (self.any, "*")):
            for got in (self.chat(to, headers=[WHO + APP]),
                        self.chat(to, case.ask(stream=False), [WHO + APP]),
                        self.chat(to, {"messages": 1}, [WHO + APP]),
                        self.connect(to).request("GET", "/nowhere",
                                                 headers=[WHO + APP]).response("GET")):
                got.read()
                self.assertEqual(wanted, got.get(ALLOWED))
                self.assertIn("x-request-id", got.get("Access-Control-Expose-Headers"))

    def test_an_upstreams_error_may_be_read(self):
        up = self.upstream()
        up.always(response(error_body("no"), 500))
        weir = self.gateway(self.before(up, cors={"origins": [APP]}))
        got = self.chat(weir, headers=[WHO + APP])
        self.assertEqual((500, APP), (got.status, got.get(ALLOWED)))
        self.assertIsNone(got.get("Access-Control-Allow-Credentials"))

    def test_requests_of_others_are_served_without(self):
        for headers in ([], [WHO + "https://evil.test"], [WHO + APP, WHO + APP]):
            got = self.chat(self.exact, headers=headers)
            self.stream_of(got)
            self.assertIsNone(got.get(ALLOWED))
            self.assertEqual("Origin", got.get("Vary"))

    def test_off_there_is_none_of_it(self):
        self.assert_error(self.preflight(self.off), 405, "method_not_supported")
        got = self.chat(self.off, headers=[WHO + APP])
        self.stream_of(got)
        self.assertEqual([], [n for n, _ in got.head.headers if n.lower().startswith("access-")])
        self.assertIsNone(got.get("Vary"))


if __name__ == "__main__":
    case.main()
