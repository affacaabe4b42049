"""Upstreams behind a forward proxy, and behind a Unix socket."""

import base64
import http.client
import os
import shutil
import signal
import socket
import tempfile
import threading

from support import PATIENCE, case
from support.gateway import run
from support.upstream import Close, Connection, PeerClosed
from support.wire import answer_events, completion, response, streamed
from test_tls import Authority

ask = case.ask
USER, PASSWORD = "weir", "pr0xy:p@ss"
WRITTEN = "weir:pr0xy%3Ap%40ss"  # in a url
PLAIN = "http://models.test:8080/v1"
SECURE = "https://models.test/v1"


class Proxy:
    """A forward proxy that leads every host to the upstream at `port`: CONNECT, and requests in
    absolute form, one a connection. `refuse` is sent in place of an answer; `password` is wanted."""

    def __init__(self, port, password=False):
        self.to, self.password, self.refuse = port, password, None
        self.extra = b""          # behind the head of the answer to CONNECT, in the same write
        self.heads, self.wrong = [], []
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, credential=""):
        return f"http://{credential}{'@' if credential else ''}127.0.0.1:{self.port}"

    def close(self):
        for sock in (self._listener, *self._open):
            sock.close()

    @property
    def lines(self):
        """What was asked for, but for lists of models."""
        return [f"{h.method} {h.target}" for h in self.heads if "/v1/models" not in h.target]

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        client = Connection(sock, 0)
        try:
            head = client.read_head()
            self.heads.append(head)
            wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if self.refuse is not None:
                sock.sendall(self.refuse)
            elif self.password and head.get("proxy-authorization") != wanted:
                sock.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                             b"Proxy-Authenticate: Basic realm=\"squid.internal\"\r\n"
                             b"Content-Length: 18\r\n\r\nsquid.internal: no")
            elif head.method == "CONNECT":
                self._tunnel(client)
            else:
                self._forward(client, head)
        except (OSError, PeerClosed):
            pass
        except Exception as problem:  # pylint: disable=broad-except
            self.wrong.append(problem)
        sock.close()

    def _tunnel(self, client):
        with socket.create_connection(("127.0.0.1", self.to)) as there:
            client.sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n" + self.extra)
            there.sendall(client.buffer)
            back = threading.Thread(target=self._copy, args=(there, client.sock), daemon=True)
            back.start()
            self._copy(client.sock, there)
            back.join(PATIENCE)

    @staticmethod
    def _copy(source, to):
        try:
            while data := source.recv(65536):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _forward(self, client, head):
        prefix = "http://" + head.get("host")
        assert head.target.startswith(prefix + "/"), head.target
        body = b"".join(client.body_parts(head))
        fields = [f"{n}: {v}" for n, v in head.headers if not n.lower().startswith("proxy-")]
        with socket.create_connection(("127.0.0.1", self.to)) as there:
            there.sendall("\r\n".join([f"{head.method} {head.target[len(prefix):]} HTTP/1.1",
                                       *fields, "Connection: close", "", ""]).encode() + body)
            there.shutdown(socket.SHUT_WR)
            answer = http.client.HTTPResponse(there)
            answer.begin()
            content = answer.read()
            kept = "".join(f"{n}: {v}\r\n" for n, v in answer.getheaders()
                           if n.lower() not in ("transfer-encoding", "content-length", "connection"))
            client.sock.sendall(f"HTTP/1.1 {answer.status} OK\r\n{kept}Content-Length: "
                                f"{len(content)}\r\nConnection: close\r\n\r\n".encode() + content)


class ProxyTest(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.mkdtemp(prefix="weir-proxy-")
        cls.addClassCleanup(shutil.rmtree, directory, ignore_errors=True)
        cls.ours = Authority(directory, "ours")

    def proxy_to(self, up, **how):
        made = Proxy(up.port, **how)

        def finish():
            made.close()
            self.assertEqual([], made.wrong)
        self.addCleanup(finish)
        return made

    def secure(self, name="DNS:models.test"):
        up = self.upstream(tls=self.ours.context(name))
        return up, {"url": SECURE, "ca_file": self.ours.certificate}

    def answers(self, up, weir):
        up.script(streamed(answer_events("Hello")))
        self.assertEqual("Hello", self.stream_of(self.chat(weir)).text)
        up.script(response(completion("Hello")))
        self.completion_of(self.chat(weir, ask(stream=False)))

    def assert_unreachable(self, weir, why):
        for stream in (True, False):
            got = self.chat(weir, ask(stream=stream))
            error = self.assert_error(got, 502, "upstream_error", "server_error",
                                      says=f"`up` could not be reached ({why})")
            for secret in ("models.test", "127.0.0.1", "squid", USER + ":", PASSWORD):
                self.assertNotIn(secret, error["message"])


class Tunnels(ProxyTest):
    def test_https_goes_through_a_tunnel_and_is_verified(self):
        up, settings = self.secure()
        proxy = self.proxy_to(up)
        weir = self.gateway({"workers": 1, "upstreams": {"up": settings}},
                            env={"HTTPS_PROXY": proxy.url()})
        self.answers(up, weir)
        self.assertEqual({"CONNECT models.test:443"}, set(proxy.lines))
        chats = up.chats
        self.assertEqual(1, len({r.connection.number for r in chats}))  # the pool keeps tunnels
        self.assertEqual("models.test", chats[0].get("host"))
        self.assertEqual("/v1/chat/completions", chats[0].target)
        self.assertNotIn("proxy-authorization", chats[0].names)
        self.assertIsNone(proxy.heads[0].get("authorization"))

    def test_the_certificate_must_be_the_upstreams(self):
        up, settings = self.secure("IP:127.0.0.1")  # the proxy's address
        proxy = self.proxy_to(up)
        weir = self.gateway({"upstreams": {"up": {**settings, "proxy": proxy.url()}}})
        self.assert_unreachable(weir, "tls_failed")
        self.assertEqual([], up.requests)

    def test_credentials(self):
        up, settings = self.secure()
        proxy = self.proxy_to(up, password=True)
        weir = self.gateway({"upstreams": {"up": {**settings, "proxy": proxy.url(WRITTEN)}}})
        self.answers(up, weir)
        for credential in ("", "weir:wrong"):
            other = self.gateway({"upstreams": {"up": {**settings,
                                                       "proxy": proxy.url(credential)}}})
            self.assert_unreachable(other, "proxy_denied")
        weir.stop()
        for text in (weir.stdout, weir.stderr):
            self.assertNotIn("pr0xy", text)

    def test_refusals(self):
        up, settings = self.secure()
        proxy = self.proxy_to(up)
        proxy.refuse = b""  # also when it is asked for models
        weir = self.gateway({"upstreams": {"up": {**settings, "proxy": proxy.url()}}})
        for refuse in (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
                       b"HTTP/1.1 403 squid\r\n\r\nmodels.test is forbidden",
                       b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: squid", b"",
                       b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100000):
            with self.subTest(refuse[:40]):
                proxy.refuse = refuse
                self.assert_unreachable(weir, "proxy_failed")
        self.assertEqual([], up.requests)

    def test_what_stands_behind_the_head_is_the_tunnels(self):
        up, settings = self.secure()
        proxy = self.proxy_to(up)
        proxy.extra = b"HTTP/1.1 500 no TLS\r\n\r\n"
        weir = self.gateway({"upstreams": {"up": {**settings, "proxy": proxy.url()}}})
        self.assert_unreachable(weir, "tls_failed")

    def test_the_connect_timer_covers_it(self):
        deaf = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(deaf.close)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        weir = self.gateway({"timeouts": {"connect": "300ms"},
                             "upstreams": {"up": {"url": SECURE, "proxy": url}}})
        self.assert_error(self.chat(weir), 504, "upstream_timeout", says="connect")

    def test_nobody_is_the_proxy(self):
        gone = self.upstream(listening=False)
        for url in (SECURE, PLAIN):
            weir = self.gateway({"upstreams": {"up": {
                "url": url, "proxy": f"http://127.0.0.1:{gone.port}"}}})
            self.assert_unreachable(weir, "proxy_unreachable")

    def test_another_proxy_is_tried_again_elsewhere(self):
        up, settings = self.secure()
        proxy = self.proxy_to(up)
        broken = self.proxy_to(up)
        broken.refuse = b"HTTP/1.1 503 no\r\n\r\n"
        weir = self.gateway({"upstreams": {"a": {**settings, "proxy": broken.url()},
                                           "b": {**settings, "proxy": proxy.url()}},
                             "models": {"m-1": [{"upstream": "a"},
                                                {"upstream": "b", "priority": 2}]},
                             "routing": {"attempts": 2}})
        self.answers(up, weir)


class AbsoluteForm(ProxyTest):
    def test_http_is_asked_for_in_absolute_form(self):
        up = self.upstream()
        proxy = self.proxy_to(up, password=True)
        weir = self.gateway({"upstreams": {"up": {"url": PLAIN, "query": {"v": "1"}}}},
                            env={"http_proxy": proxy.url(WRITTEN)})
        self.answers(up, weir)
        self.assertEqual({"POST http://models.test:8080/v1/chat/completions?v=1"},
                         set(proxy.lines))
        self.assertEqual("models.test:8080", up.chats[0].get("host"))

    def test_a_407_is_not_the_clients(self):
        up = self.upstream()
        proxy = self.proxy_to(up, password=True)
        weir = self.gateway({"upstreams": {"up": {"url": PLAIN, "proxy": proxy.url("u:wrong")}}})
        self.assert_unreachable(weir, "proxy_denied")
        self.assertEqual([], up.requests)

    def test_what_a_proxy_says_of_the_way_is_not_told(self):
        up = self.upstream()
        proxy = self.proxy_to(up)
        body = b"squid at 127.0.0.1: cannot resolve models.test"
        proxy.refuse = (b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\n"
                        b"Content-Length: %d\r\n\r\n" % len(body) + body)
        weir = self.gateway({"upstreams": {"up": {"url": PLAIN, "proxy": proxy.url()}}})
        said = self.chat(weir, ask(stream=False)).read().decode()
        for secret in ("models.test", "127.0.0.1"):
            self.assertNotIn(secret, said)


class Environment(ProxyTest):
    def test_which_variable_counts(self):
        up = self.upstream()
        proxy = self.proxy_to(up)
        url = proxy.url()
        for env, through in (({"http_proxy": url}, True), ({"ALL_PROXY": url}, True),
                             ({"HTTP_PROXY": url}, False),  # httpoxy
                             ({"http_proxy": url, "NO_PROXY": ".test"}, False),
                             ({"http_proxy": url, "no_proxy": "models.test:81"}, True),
                             ({"http_proxy": url, "no_proxy": "*"}, False)):
            with self.subTest(env):
                code, out, err = run("config", "show", "--upstream", PLAIN, env=env)
                self.assertEqual((0, ""), (code, err))
                self.assertEqual(through, f'proxy: "{url}"' in out or f"proxy: {url}" in out, out)

    def test_this_machine_is_reached_directly(self):
        up = self.upstream()
        weir = self.gateway(self.before(up), env={"http_proxy": "http://127.0.0.1:1",
                                                  "ALL_PROXY": "socks5://nobody"})
        self.answers(up, weir)

    def test_the_upstreams_own_setting_wins(self):
        up = self.upstream()
        proxy = self.proxy_to(up)
        weir = self.gateway({"upstreams": {"up": {"url": PLAIN, "proxy": proxy.url()}}},
                            env={"http_proxy": "http://127.0.0.1:1"})
        self.answers(up, weir)

    def test_a_variable_that_cannot_be_used_is_named(self):
        for value, why in (("socks5://u:pr0xy@h:1", "SOCKS"), ("https://u:pr0xy@h:1", "https://"),
                           ("http://u:pr0xy@h", "port")):
            for command in (["config", "check"], ["upstreams"]):
                code, out, err = run(*command, "--upstream", SECURE, env={"HTTPS_PROXY": value})
                self.assertEqual(1, code)
                self.assertIn("HTTPS_PROXY: ", out + err)
                self.assertIn(why, out + err)
                self.assertNotIn("pr0xy", out + err)
            code, out, err = run("check", SECURE, "-m", "m", env={"HTTPS_PROXY": value})
            self.assertEqual(1, code)
            self.assertIn("HTTPS_PROXY: ", err)
            self.assertNotIn("pr0xy", out + err)

    def test_the_commands_go_the_same_way(self):
        up = self.upstream(models=["m-1"])
        proxy = self.proxy_to(up, password=True)
        env = {"http_proxy": proxy.url(WRITTEN)}
        code, out, err = run("upstreams", "--upstream", PLAIN, env=env)
        self.assertEqual((0, ""), (code, err), out)
        self.assertIn("1 model", out)
        self.assertIn(f"through http://***@127.0.0.1:{proxy.port}", out)
        code, out, err = run("explain", "m-1", "--upstream", PLAIN, env=env)
        self.assertEqual((0, ""), (code, err), out)
        self.assertIn("lists the model", out)
        up.always(response(completion("x")))
        asked = len(proxy.heads)
        run("check", PLAIN, env=env)
        self.assertIn("http://models.test:8080/v1/models", [h.target for h in proxy.heads[asked:]])
        self.assertIn("http://models.test:8080/v1/chat/completions",
                      [h.target for h in proxy.heads[asked:]])

    def test_a_reload_changes_the_way(self):
        up = self.upstream()
        first, second = self.proxy_to(up), self.proxy_to(up)
        weir = self.gateway({"upstreams": {"up": {"url": PLAIN, "proxy": first.url()}}})
        self.answers(up, weir)
        asked = len(first.lines)
        path = os.path.join(weir.directory, "gateway.yaml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text.replace(first.url(), second.url()))
        os.replace(path + ".new", path)
        weir.signal(signal.SIGHUP)
        weir.wait_for_complaint("configuration 2 is in force")
        self.answers(up, weir)
        self.assertEqual(asked, len(first.lines))
        self.assertNotEqual([], second.lines)


class UnixSockets(case.CommandLineTest):
    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.directory, "vllm.sock")

    def answers(self, up, weir, target):
        up.script(streamed(answer_events("Hello")))
        self.assertEqual("Hello", self.stream_of(self.chat(weir)).text)
        up.script(response(completion("Hello")))
        self.completion_of(self.chat(weir, ask(stream=False)))
        self.assertEqual({target}, {r.target for r in up.chats})
        self.assertEqual({"localhost"}, {r.get("host") for r in up.requests})

    def test_a_socket_is_an_upstream(self):
        up = self.upstream(path=self.path)
        env = {"ALL_PROXY": "http://127.0.0.1:1"}  # leads to no socket
        weir = self.gateway({"workers": 1, "upstreams": {"up": {"url": f"unix:{self.path}"}}},
                            env=env)
        self.answers(up, weir, "/v1/chat/completions")
        self.assertEqual(1, len({r.connection.number for r in up.chats}))  # pooled

    def test_with_a_path_behind_a_colon(self):
        up = self.upstream(path=self.path)
        weir = self.gateway(arguments=["--upstream", f"unix:{self.path}:/api/v2"])
        self.answers(up, weir, "/api/v2/chat/completions")

    def test_nobody_there(self):
        weir = self.gateway({"upstreams": {"up": {"url": f"unix:{self.path}"}}})
        error = self.assert_error(self.chat(weir), 502, "upstream_error", says="unreachable")
        self.assertNotIn(self.path, error["message"])

    def test_a_server_that_restarts_is_found_again(self):
        up = self.upstream(path=self.path)
        weir = self.gateway({"workers": 1, "upstreams": {"up": {"url": f"unix:{self.path}"}}})
        up.script(response(completion("x"), 200, case.wire.JSON, "Connection: close"), Close())
        self.completion_of(self.chat(weir, ask(stream=False)))
        up.close()
        os.unlink(self.path)
        again = self.upstream(path=self.path)
        again.script(response(completion("x")))
        self.completion_of(self.chat(weir, ask(stream=False)))

    def test_the_commands_know_sockets(self):
        up = self.upstream(path=self.path, models=["m-1"])
        url = f"unix:{self.path}"
        code, out, err = run("upstreams", "--upstream", url)
        self.assertEqual((0, ""), (code, err), out)
        self.assertIn(f"{url}:/v1", out)
        up.always(response(completion("x")))
        run("check", url, "-m", "m-1")
        self.assertEqual({"/v1/chat/completions"}, {r.target for r in up.chats})
        too_long = self.file("weir.yaml", "upstreams:\n  a:\n    url: unix:/" + "a" * 107 + "\n")
        code, out, err = run("config", "check", "-c", too_long)
        self.assertEqual(1, code)
        self.assertIn("weir.yaml:3:10: upstreams.a.url: the path of a Unix socket has at most 103",
                      out + err)


if __name__ == "__main__":
    case.main()
