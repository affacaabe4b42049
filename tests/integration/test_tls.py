"""TLS to upstreams: verified, resumed, and refused when it is not who it should be."""

import os
import shutil
import socket
import ssl
import tempfile
import threading

from support import case
from support.certificates import Authority
from support.upstream import Close
from support.wire import answer_events, completion, response, streamed

ask = case.ask


class Tls(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.mkdtemp(prefix="weir-tls-")
        cls.addClassCleanup(shutil.rmtree, directory, ignore_errors=True)
        cls.ours = Authority(directory, "ours")
        cls.stranger = Authority(directory, "stranger")

    def before_tls(self, context, **settings):
        up = self.upstream(tls=context)
        settings.setdefault("url", up.url)
        settings["url"] = settings["url"].replace("PORT", str(up.port))
        weir = self.gateway({"workers": 1, "upstreams": {"up": settings}})
        return up, weir

    def assert_unreachable(self, up, weir):
        for stream in (True, False):
            got = self.chat(weir, ask(stream=stream))
            error = self.assert_error(got, 502, "upstream_error", "server_error", says="up")
            self.assertNotIn(str(up.port), error["message"])
        self.assertEqual([], up.requests)  # not a byte of the request
        return error

    def test_a_certificate_by_the_ca_file_is_trusted(self):
        up, weir = self.before_tls(self.ours.context("IP:127.0.0.1"), ca_file=self.ours.certificate)
        up.script(streamed(answer_events("Hello")))
        self.assertEqual("Hello", self.stream_of(self.chat(weir)).text)
        up.script(response(completion("Hello")))
        self.completion_of(self.chat(weir, ask(stream=False)))
        self.assertEqual(1, len({r.connection.number for r in up.chats}))  # the pool holds TLS too

    def test_a_relative_ca_file_starts_at_the_configuration(self):
        up = self.upstream(tls=self.ours.context("IP:127.0.0.1"))
        beside = os.path.join(self.ours.directory, "weir.yaml")
        with open(beside, "w", encoding="utf-8") as file:
            file.write(case.wire.compact({"upstreams": {"up": {"url": up.url,
                                                               "ca_file": "ours.pem"}}}))
        weir = self.gateway(arguments=["-c", beside])
        up.script(streamed(answer_events("Hello")))
        self.assertEqual("Hello", self.stream_of(self.chat(weir)).text)

    def test_an_unknown_authority_is_refused(self):
        up, weir = self.before_tls(self.stranger.context("IP:127.0.0.1"),
                                   ca_file=self.ours.certificate)
        self.assert_unreachable(up, weir)

    def test_without_ca_file_the_systems_authorities_decide(self):
        up, weir = self.before_tls(self.ours.context("IP:127.0.0.1"))
        self.assert_unreachable(up, weir)

    def test_a_certificate_for_another_host_is_refused(self):
        for name in ("IP:127.0.0.2", "DNS:example.org", "DNS:127.0.0.1.example.org"):
            with self.subTest(name):
                up, weir = self.before_tls(self.ours.context(name), ca_file=self.ours.certificate)
                self.assert_unreachable(up, weir)

    def test_a_name_is_sent_and_verified(self):
        context = self.ours.context("DNS:localhost")
        names = []
        context.sni_callback = lambda sock, name, of: names.append(name)
        up, weir = self.before_tls(context, ca_file=self.ours.certificate,
                                   url="https://localhost:PORT/v1")
        up.script(streamed(answer_events("Hello")))
        self.assertEqual("Hello", self.stream_of(self.chat(weir)).text)
        self.assertEqual({"localhost"}, set(names))

    def test_an_address_is_no_server_name(self):  # RFC 6066 3
        context = self.ours.context("IP:127.0.0.1")
        names = []
        context.sni_callback = lambda sock, name, of: names.append(name)
        up, weir = self.before_tls(context, ca_file=self.ours.certificate)
        up.script(streamed(answer_events("Hello")))
        self.stream_of(self.chat(weir))
        self.assertEqual({None}, set(names))

    def test_sessions_are_resumed(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version):
                context = self.ours.context("IP:127.0.0.1")
                context.minimum_version = context.maximum_version = version
                up, weir = self.before_tls(context, ca_file=self.ours.certificate)
                for _ in range(4):
                    up.script(response(completion("x"), 200, case.wire.JSON, "Connection: close"),
                              Close())
                    self.completion_of(self.chat(weir, ask(stream=False)))
                resumed = [r.connection.reused_session for r in up.chats]
                self.assertEqual(4, len(resumed))
                self.assertTrue(resumed[-1], resumed)

    def test_a_server_without_tls_behind_https(self):
        plain = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(plain.close)

        def complain():  # as servers do about a ClientHello
            while True:
                try:
                    one, _ = plain.accept()
                except OSError:
                    return
                with one:
                    one.recv(65536)
                    one.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        threading.Thread(target=complain, daemon=True).start()
        url = f"https://127.0.0.1:{plain.getsockname()[1]}"
        weir = self.gateway({"upstreams": {"up": {"url": url}}})
        self.assert_error(self.chat(weir), 502, "upstream_error")

    def test_old_tls_is_refused(self):
        context = self.ours.context("IP:127.0.0.1")
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        up, weir = self.before_tls(context, ca_file=self.ours.certificate)
        self.assert_unreachable(up, weir)

    def test_a_large_form_passes(self):
        up, weir = self.before_tls(self.ours.context("IP:127.0.0.1"), ca_file=self.ours.certificate)
        up.script(response({"text": "hi"}))
        mark = os.urandom(16).hex().encode()  # long enough not to stand in the file
        body = (b'--%b\r\nContent-Disposition: form-data; name="model"\r\n\r\nm-1\r\n'
                b'--%b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' %
                (mark, mark) + os.urandom(8 << 20) + b"\r\n--%b--\r\n" % mark)
        client = self.connect(weir)
        client.send(b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Type: multipart/form-data; boundary=%b\r\n"
                    b"Content-Length: %d\r\n\r\n" % (mark, len(body)) + body)
        self.assertEqual({"text": "hi"}, client.response().json())
        self.assertTrue(up.chats[0].body == body)

    def test_a_cut_connection_is_a_truncation(self):
        up, weir = self.before_tls(self.ours.context("IP:127.0.0.1"), ca_file=self.ours.certificate)
        whole = streamed(answer_events("Hello"))
        up.script(whole[:whole.index(b"finish_reason\":\"stop")], Close())
        view = self.stream_of(self.chat(weir))
        self.assertEqual("upstream_stream_truncated", view.error["code"])


if __name__ == "__main__":
    case.main()
