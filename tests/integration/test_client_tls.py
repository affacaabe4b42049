"""HTTPS for clients: certificates that change while weir runs, client certificates, and plain HTTP
that is told of it."""

import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading

from support import PATIENCE, case, client, gateway
from support.certificates import Authority
from support.wire import DONE, LAST_CHUNK, answer_events, events, finish, h1, head, role, streamed, text


class ClientTls(case.IntegrationTest):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="weir-tls-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.ours = Authority(self.directory, "ours")
        self.certificate = os.path.join(self.directory, "weir.pem")
        self.key = os.path.join(self.directory, "weir.key")
        self.show(self.ours)
        self.up = self.upstream()

    def show(self, authority, days="2"):
        """Puts another certificate of weir's in place, as renewals do."""
        for made, place in zip(authority.issue("DNS:localhost", days), (self.certificate, self.key)):
            shutil.copy(made, place + ".new")
            os.rename(place + ".new", place)

    def https(self, workers=2, **tls):
        files = {"cert_file": self.certificate, "key_file": self.key, **tls}
        config = self.before(self.up, tls=files)
        return self.gateway({**config, "workers": workers}, tls=self.ours.client())

    def test_streams_and_documents_go_over_it_and_connections_stay(self):
        weir = self.https()
        with weir.connect() as c:
            self.assertEqual("TLSv1.3", c.sock.version())
            for n in range(2):
                self.up.script(streamed(answer_events(f"Hello {n}")))
                self.assertEqual(f"Hello {n}", self.stream_of(c.chat(case.ask())).text)
        self.assertEqual(0, weir.metrics().total("weir_tls_failed_total"))
        self.assertIn("listening on https://127.0.0.1:", weir.stderr)

    def test_curl_speaks_to_it_and_gets_http_1_1(self):
        weir = self.https()
        done = subprocess.run(
            ["curl", "-sS", "--cacert", self.ours.certificate, "--resolve",
             f"localhost:{weir.port}:127.0.0.1", "-w", "%{http_version} %{ssl_verify_result}",
             f"https://localhost:{weir.port}/healthz"],
            stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
        self.assertTrue(done.stdout.endswith(b"1.1 0"), done.stdout)

    def test_plain_http_is_told_so(self):
        weir = self.https()
        got = weir.connect(tls=None).request("GET", "/healthz").response()
        error = self.assert_error(got, 400, None, "invalid_request_error")
        self.assertIn("HTTPS", error["message"])
        self.assertEqual("close", got.get("Connection"))

    def test_who_fails_at_it_is_counted_and_said(self):
        weir = self.https()
        stranger = ssl.create_default_context()
        with self.assertRaises(ssl.SSLError):
            weir.connect(tls=stranger)
        weir.wait_for_complaint("no TLS with 127.0.0.1: ")
        self.assertEqual(1, weir.metrics().total("weir_tls_failed_total"))

    def test_a_renewed_certificate_is_shown_and_a_running_stream_stays(self):
        weir = self.https()
        go_on = threading.Event()
        self.up.script(head(), h1(events(role(), text("Hel"))), go_on,
                       h1(events(text("lo"), finish()) + DONE), LAST_CHUNK)
        running = self.chat(weir)
        while b"Hel" not in running.body and running.more():
            pass
        later = Authority(self.directory, "later")
        self.show(later)
        weir.wait_for_complaint("configuration 2 is in force")
        with self.assertRaises(ssl.SSLError):
            weir.connect()
        weir.tls = later.client()
        self.up.script(streamed(answer_events("Hello again")))
        self.assertEqual("Hello again", self.stream_of(self.chat(weir)).text)
        go_on.set()
        self.assertEqual("Hello", self.stream_of(running).text)

    def test_a_certificate_without_its_key_changes_nothing(self):
        weir = self.https()
        other = Authority(self.directory, "other")
        certificate, key = other.issue("DNS:localhost")
        shutil.copy(certificate, self.certificate)
        said = weir.wait_for_complaint("the configuration was not taken; 1 stays in force")
        self.assertTrue(any("the key is not that of the certificate" in line for line in said), said)
        self.up.script(streamed(answer_events("as before")))
        self.assertEqual("as before", self.stream_of(self.chat(weir)).text)
        # The other half of the renewal.
        shutil.copy(key, self.key)
        weir.tls = other.client()
        weir.wait_for_complaint("configuration 2 is in force")
        self.up.script(streamed(answer_events("renewed")))
        self.assertEqual("renewed", self.stream_of(self.chat(weir)).text)

    def test_with_a_client_authority_only_its_clients_are_served(self):
        weir = self.https(client_ca_file=self.ours.certificate)
        stranger = Authority(self.directory, "stranger")
        for shows in (None, stranger.issue("DNS:me")):
            with self.subTest(shows=shows):
                with self.assertRaises((ssl.SSLError, ConnectionError, client.Truncated)):
                    with weir.connect(tls=self.ours.client(shows)) as c:
                        c.request("GET", "/healthz").response()
        weir.tls = self.ours.client(self.ours.issue("DNS:me"))
        self.up.script(streamed(answer_events("Hello")))
        self.assertEqual("Hello", self.stream_of(self.chat(weir)).text)

    def test_a_successor_speaks_it_on_the_same_port(self):
        weir = self.https()
        pid = weir.hand_over(weir.process.pid)
        self.addCleanup(weir.end_successor, pid)
        self.up.script(streamed(answer_events("Hello")))
        self.assertEqual("Hello", self.stream_of(self.chat(weir)).text)

    def test_files_that_are_no_use_are_named_before_it_starts(self):
        path = os.path.join(self.directory, "weir.yaml")
        table = [(f"tls: {{cert_file: {self.certificate}, key_file: /none}}", "tls.key_file"),
                 (f"tls: {{cert_file: {self.key}, key_file: {self.key}}}", "no certificate"),
                 (f"tls: {{cert_file: {self.certificate}}}", "'key_file' is missing"),
                 (f"tls: {{cert_file: {self.certificate}, key_file: {self.ours.key}}}",
                  "the key is not that of the certificate")]
        for config, why in table:
            with open(path, "w", encoding="utf-8") as out:
                out.write(config)
            for command in (("config", "check", path), ("serve", "-c", path)):
                with self.subTest(config=config, command=command):
                    code, _, said = gateway.run(*command)
                    self.assertEqual(1, code)
                    self.assertIn(why, said)

    def test_who_is_about_to_shake_hands_when_it_ends_is_served(self):
        weir = self.https(workers=1)
        there = self.connect(weir)  # accepted in their order: the next one is, when this one is served
        late = self.connect(weir, tls=None)
        there.request("GET", "/healthz").response().read()
        with weir.connect() as last:
            last.request("GET", "/healthz").response().read()
        weir.signal(signal.SIGTERM)
        weir.wait_for_complaint("shutting down")
        self.assertTrue(there.at_end())
        late.sock = self.ours.client().wrap_socket(late.sock, server_hostname="localhost")
        got = late.request("GET", "/healthz").response()
        got.read()
        self.assertEqual((200, "close"), (got.status, got.get("Connection")))
        self.assertEqual(0, weir.wait())

    def test_who_stops_amid_the_handshake_does_not_hold_up_the_end(self):
        weir = self.https()
        silent = client.Client(weir.port)
        self.addCleanup(silent.close)
        silent.send(b"\x16\x03\x01")
        weir.signal(signal.SIGTERM)
        self.assertEqual(0, weir.wait())


if __name__ == "__main__":
    case.main()
