"""Audio, images, moderations and rerank: forwarded by model, both ways as it comes."""

import hashlib
import os
import select
import threading
import time

from support import PATIENCE, case, wire
from support.client import Truncated
from support.upstream import Close, Every
from support.wire import LAST_CHUNK, event, h1, head, response

MIB = 1024 * 1024
BOUNDARY = "b0a3ba6eb0b6a8e1a0a8d4d0b5a1f7c3"  # as httpx makes them
AUDIO = b"ID3\x04" + bytes(range(256)) * 64


def field(name, value):
    return (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
            f"{value}\r\n").encode()


def file_head(name="a.mp3"):
    return (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: audio/mpeg\r\n\r\n").encode()


LAST = f"\r\n--{BOUNDARY}--\r\n".encode()


def model_first(model, content=AUDIO):
    """As openai-python writes it: the fields, then the file."""
    return (field("model", model) + field("response_format", "json") + file_head() + content + LAST)


def model_last(model, content=AUDIO):
    """As openai-node writes `{file, model}`."""
    return file_head() + content + b"\r\n" + field("model", model)[:-2] + LAST


def pattern(size):
    """Bytes of which no two parts are alike."""
    return b"".join(hashlib.sha512(i.to_bytes(8, "big")).digest() for i in range(size // 64))


class ForwardingTest(case.IntegrationTest):
    CONTENT_TYPE = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"

    @staticmethod
    def aliases():
        return {"whisper-1": [{"upstream": "up", "model": "Systran/faster-whisper-large-v3"}],
                "tts-1": ["up"]}

    def upload_head(self, *fields):
        return "\r\n".join(["POST /v1/audio/transcriptions HTTP/1.1", "Host: x", self.CONTENT_TYPE,
                            *fields, "", ""]).encode()

    def upload(self, to, body, *fields):
        client = self.connect(to)
        client.send(self.upload_head(f"Content-Length: {len(body)}", *fields) + body)
        return client.response()

    def speak(self, to, **more):
        client = self.connect(to, **more)
        return client.request("POST", "/v1/audio/speech", {"model": "tts-1", "input": "hi"})


class Forwarding(ForwardingTest):
    @classmethod
    def setUpClass(cls):
        cls.up = cls.class_upstream(models=["tts-1"])
        cls.weir = cls.class_gateway(cls.before(cls.up, models=cls.aliases()))

    def tearDown(self):
        self.assertEqual([], self.up.forget())

    def test_forms_of_both_orders(self):
        for form in (model_first, model_last):
            with self.subTest(form.__name__):
                self.up.script(response({"text": "hi"}))
                got = self.upload(self.weir, form("whisper-1"))
                self.assertEqual({"text": "hi"}, got.json())
                request = self.up.chats[-1]
                self.assertEqual("/v1/audio/transcriptions", request.target)
                self.assertEqual(f"multipart/form-data; boundary={BOUNDARY}",
                                 request.get("content-type"))
                self.assertEqual(form("Systran/faster-whisper-large-v3"), request.body)

    def test_a_form_in_chunks_that_comes_slowly(self):
        self.up.script(response({"text": "hi"}))
        body = model_first("whisper-1", AUDIO[:300])
        client = self.connect(self.weir)
        client.send(self.upload_head("Transfer-Encoding: chunked"))
        for at in range(0, len(body), 7):
            client.send(h1(body[at:at + 7]))
        client.send(LAST_CHUNK)
        self.assertEqual({"text": "hi"}, client.response().json())
        self.assertEqual(model_first("Systran/faster-whisper-large-v3", AUDIO[:300]),
                         self.up.chats[0].body)

    def test_audio_arrives_as_it_is(self):
        self.up.script(head(200, "audio/mpeg", "Content-Disposition: attachment"),
                       *[h1(AUDIO[at:at + 999]) for at in range(0, len(AUDIO), 999)], LAST_CHUNK)
        got = self.speak(self.weir).response()
        self.assertEqual(AUDIO, got.read())
        self.assertEqual("audio/mpeg", got.get("Content-Type"))
        self.assertEqual("attachment", got.get("Content-Disposition"))
        line = self.weir.access_line(got.get("x-request-id"))
        self.assertEqual(("audio", 200, len(AUDIO), False),
                         tuple(line[k] for k in ("dialect", "status", "bytes_out", "stream")))

    def test_events_arrive_one_by_one_and_usage_is_counted(self):
        steps = [threading.Event() for _ in range(3)]
        deltas = [{"type": "transcript.text.delta", "delta": d} for d in "abc"]
        done = {"type": "transcript.text.done", "text": "abc",
                "usage": {"type": "tokens", "input_tokens": 14, "output_tokens": 3}}
        script = [head()]
        for step, delta in zip(steps, deltas):
            script += [h1(event(delta)), step]
        self.up.script(*script, h1(event(done)), LAST_CHUNK)
        got = self.upload(self.weir, model_first("whisper-1"))
        self.assertEqual("text/event-stream", got.get("Content-Type"))
        self.assertEqual("no-cache", got.get("Cache-Control"))
        self.assertEqual("no", got.get("X-Accel-Buffering"))
        for step, delta in zip(steps, deltas):
            self.assertEqual(delta, got.next_payload())
            step.set()
        self.assertEqual(done, got.next_payload())
        self.assertIsNone(got.next_payload())
        line = self.weir.access_line(got.get("x-request-id"))
        self.assertEqual((14, 3, 4, True), tuple(line[k] for k in (
            "prompt_tokens", "completion_tokens", "events", "stream")))

    def test_without_a_model_the_only_upstream_is_asked(self):
        self.up.script(response({"results": []}))
        got = self.connect(self.weir).request("POST", "/v1/moderations", {"input": "x"}).response()
        self.assertEqual({"results": []}, got.json())
        self.assertEqual({"input": "x"}, self.up.chats[0].json())

    def test_rankings_keep_their_spelling(self):
        body = '{ "model":"tts-1", "query":"q", "documents":["a"], "top_n":1.0 }'
        answer = '{"results":[{"index":0,"relevance_score":9.90e-1}],"usage":{"total_tokens":8}}'
        self.up.script(response(answer))
        got = self.connect(self.weir).request("POST", "/v1/rerank", body).response()
        self.assertEqual(answer, got.read().decode())
        self.assertEqual(body, self.up.chats[0].body.decode())
        self.assertEqual(8, self.weir.access_line(got.get("x-request-id"))["prompt_tokens"])

    def test_paths_that_lead_elsewhere_are_none(self):
        for path in ("/v1/audio/../chat/completions", "/v1/audio/%2e%2e/x", "/v1/images//x"):
            got = self.connect(self.weir).request("POST", path, {"model": "tts-1"}).response()
            self.assert_error(got, 404, "unknown_url")

    def test_an_answer_that_breaks_off_is_no_answer(self):
        for framing in ({"chunked": True}, {"length": 9999}):
            with self.subTest(framing):
                first = h1(AUDIO[:5000]) if "chunked" in framing else AUDIO[:5000]
                self.up.script(head(200, "audio/mpeg", **framing), first, Close())
                got = self.speak(self.weir).response()
                with self.assertRaises(Truncated):
                    got.read()
                line = self.weir.access_line(got.get("x-request-id"))
                self.assertEqual("upstream_truncated", line["error"])

    def test_an_old_client_gets_a_reset_and_no_end(self):
        # Its body lasts until the connection ends: an orderly end would make it whole (P6).
        wait = threading.Event()
        self.up.script(head(200, "audio/mpeg"), h1(AUDIO[:5000]), wait, Close())
        client = self.connect(self.weir)
        client.request("POST", "/v1/audio/speech", {"model": "tts-1", "input": "hi"}, version="1.0")
        got = client.response()
        self.assertIsNone(got.get("Transfer-Encoding"))
        while len(got.body) < 5000:
            self.assertTrue(got.more())
        wait.set()
        with self.assertRaises(ConnectionResetError):
            got.read()

    def test_who_leaves_takes_the_upstream_along(self):
        self.up.script(head(200, "audio/mpeg"), Every(0.01, h1(b"x")))
        got = self.speak(self.weir).response()
        got.more()
        left = time.monotonic()
        got.client.close()
        took = self.up.wait_for_closed(self.up.chats[0].connection) - left
        print(f"the upstream saw the close after {took * 1000:.1f} ms")
        self.assertLess(took, 1.0)


class LargeBodies(ForwardingTest):
    SIZE = 50 * MIB
    # What may be held of it: watermarks, one read, and what the allocator keeps.
    GROWTH = 24 * MIB

    def setUp(self):
        # The sanitizer keeps what is freed for a while; that is not the gateway's.
        options = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
        self.env = {"ASAN_OPTIONS": options.lstrip(":")}

    def peak(self, weir):
        with open(f"/proc/{weir.process.pid}/status", encoding="ascii") as status:
            line = next(line for line in status if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def warmed(self, up):
        weir = self.gateway(self.before(up, models=self.aliases()), env=self.env)
        up.script(response({"text": "warm"}))
        self.assertEqual(200, self.upload(weir, model_first("whisper-1")).status)
        return weir

    def assert_flat(self, weir, before, what):
        growth = self.peak(weir) - before
        print(f"{what}: {self.SIZE / MIB:.0f} MiB passed, memory grew by {growth / MIB:.1f} MiB")
        self.assertLess(growth, self.GROWTH)

    def test_an_upload_passes_in_flat_memory(self):
        content = pattern(self.SIZE)
        whole = model_first("Systran/faster-whisper-large-v3", content)
        for framing in ("length", "chunks"):
            with self.subTest(framing):
                digests = []

                def take(_, parts):
                    digest = hashlib.sha256()
                    for part in parts:
                        digest.update(part)
                    digests.append(digest.hexdigest())
                up = self.upstream(take_body=take)
                weir = self.warmed(up)
                before = self.peak(weir)
                up.script(response({"text": "long"}))
                client = self.connect(weir)
                body = model_first("whisper-1", content)
                if framing == "length":
                    client.send(self.upload_head(f"Content-Length: {len(body)}") + body)
                else:
                    client.send(self.upload_head("Transfer-Encoding: chunked"))
                    for at in range(0, len(body), MIB):
                        client.send(h1(body[at:at + MIB]))
                    client.send(LAST_CHUNK)
                self.assertEqual({"text": "long"}, client.response().json())
                self.assertEqual(hashlib.sha256(whole).hexdigest(), digests[-1])
                self.assert_flat(weir, before, f"upload, {framing}")

    def test_a_download_passes_in_flat_memory(self):
        content = pattern(self.SIZE)
        up = self.upstream()
        weir = self.warmed(up)
        before = self.peak(weir)
        up.script(head(200, "audio/wav"),
                  *[h1(content[at:at + MIB]) for at in range(0, self.SIZE, MIB)], LAST_CHUNK)
        got = self.speak(weir).response()
        self.assertEqual(hashlib.sha256(content).digest(), hashlib.sha256(got.read()).digest())
        self.assert_flat(weir, before, "download")

    def test_an_upstream_that_does_not_read_holds_the_client_back(self):
        go_on = threading.Event()

        def take(request, parts):
            if int(request.get("content-length")) > MIB:
                go_on.wait(PATIENCE)
            request.body = b"".join(parts)
        up = self.upstream(take_body=take)
        weir = self.warmed(up)
        before = self.peak(weir)
        up.script(response({"text": "at last"}))
        body = model_first("whisper-1", pattern(self.SIZE))
        client = self.connect(weir)
        view = memoryview(self.upload_head(f"Content-Length: {len(body)}") + body)
        # Until nothing was taken for a second.
        while select.select([], [client.sock], [], 1.0)[1]:
            view = view[client.sock.send(view[:MIB]):]
        sent = len(body) - len(view)
        print(f"held back after {sent / MIB:.1f} MiB")
        self.assertLess(sent, 24 * MIB)  # sockets on both sides hold some
        self.assert_flat(weir, before, "held back")
        go_on.set()
        client.send(view)
        self.assertEqual({"text": "at last"}, client.response().json())
        self.assertEqual(model_first("Systran/faster-whisper-large-v3", pattern(self.SIZE)),
                         up.chats[-1].body)

    def test_a_refusal_in_the_middle_of_an_upload_is_heard(self):
        def take(request, parts):
            if int(request.get("content-length")) < MIB:
                request.body = b"".join(parts)
                return
            next(parts)
            answer = wire.response(wire.error_body("25 MB at most"), 413, wire.JSON,
                                   "Connection: close")
            request.connection.sock.sendall(answer)
            for _ in parts:  # as servers do, so that their answer is not lost
                pass
        up = self.upstream(take_body=take)
        weir = self.warmed(up)
        client = self.connect(weir)
        client.send(self.upload_head(f"Content-Length: {self.SIZE}") +
                    model_first("whisper-1")[:-len(LAST)])
        got = client.response()
        self.assert_error(got, 413, says="25 MB at most", kind="server_error")
        self.assertEqual("close", got.get("Connection"))

    def test_a_client_that_leaves_takes_its_upload_along(self):
        begun, gone = threading.Event(), threading.Event()

        def take(request, parts):
            if int(request.get("content-length")) < MIB:
                request.body = b"".join(parts)
                return
            try:
                for _ in parts:
                    begun.set()
            finally:
                gone.set()
        up = self.upstream(take_body=take)
        weir = self.warmed(up)
        client = self.connect(weir)
        client.send(self.upload_head(f"Content-Length: {self.SIZE}") +
                    model_first("whisper-1")[:-len(LAST)])
        self.assertTrue(begun.wait(PATIENCE))
        left = time.monotonic()
        client.close()
        self.assertTrue(gone.wait(PATIENCE))
        print(f"the upstream saw the close after {(time.monotonic() - left) * 1000:.1f} ms")
        self.assertEqual(1, len(up.chats))  # the one that warmed it; the other never was whole


if __name__ == "__main__":
    case.main()
