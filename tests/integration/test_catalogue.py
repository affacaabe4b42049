"""Every case of the deviation catalogue, as a client of the program meets it: through `weir repair`,
and through one gateway before an upstream that replays the bytes."""

import concurrent.futures
import json
import subprocess
import threading

from support import case, catalogue, lint
from support.gateway import BINARY, environment, run

CASES = catalogue.cases()
TOGETHER = 8  # at a time: those that wait for a timer wait beside each other


def findings_of(body, request, settings):
    """What the oracle says of a stream. Of an upstream that told no usage none can be had."""
    include_usage = (request.get("stream_options") or {}).get("include_usage", False)
    found = lint.validate_chat.validate(lint.without_heartbeats(body), include_usage,
                                        request.get("n", 1))
    allowed = ["CHAT-24 no usage chunk"]
    if settings.get("reasoning_field") == "both":
        allowed.append("CHAT-11 mixed delta ['reasoning_content', 'reasoning']")
    return [f for f in found if f not in allowed]


class Catalogue(case.CommandLineTest):
    def each(self, all_cases, check):
        """Runs `check` for each case; it returns None or what is wrong."""
        with concurrent.futures.ThreadPoolExecutor(TOGETHER) as pool:
            results = list(pool.map(lambda one: self.outcome(check, one), all_cases))
        if wrong := [why for why in results if why]:
            self.fail("\n\n".join([f"{len(wrong)} of {len(results)} cases", *wrong]))

    @staticmethod
    def outcome(check, one):
        try:
            why = check(one)
        except Exception as problem:  # pylint: disable=broad-except
            why = f"{type(problem).__name__}: {problem}"
        return why and f"{one.name}: {one.title}\n{why}"

    # --- weir repair ------------------------------------------------------------------------------

    def test_repair(self):
        # It knows no status of an upstream, and has no timer for a stall.
        self.each([c for c in CASES if c.status == 200 and not c.stalls], self.check_repair)

    def check_repair(self, one):
        request = one.request()
        arguments = ["repair", "--request", self.file(f"{one.name}.json", request)]
        for name, value in one.settings.items():
            arguments += ["--set", f"{name}={catalogue.word(value)}"]
        if one.end == "open":
            code, out = self.repair_open(one.body, arguments)
        else:
            code, out, _ = run(*arguments, stdin=one.body)
            out = out.encode()
        expected = one.expect if request["stream"] else one.document
        if code != (1 if "error" in expected else 0):
            return f"exit code {code}"
        if not request["stream"]:
            return catalogue.difference(expected, catalogue.view_of_document(json.loads(out)))
        if found := findings_of(out, request, one.settings):
            return f"{found} in {out.decode()}"
        return catalogue.difference(expected, catalogue.view_of_stream(out))

    def repair_open(self, body, arguments):
        """The input stays open: the filter has to end by itself."""
        with subprocess.Popen([BINARY, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL,
                              env=environment(self.directory)) as process:
            late = threading.Timer(case.client.PATIENCE, process.kill)
            late.start()
            process.stdin.write(body)
            process.stdin.flush()
            out = process.stdout.read()
            late.cancel()
            return process.wait(), out

    # --- the gateway ------------------------------------------------------------------------------

    def before_all(self):
        up = self.upstream()
        up.always(catalogue.Replay(CASES))
        return self.gateway(catalogue.configuration(CASES, up.url))

    def test_gateway(self):
        weir = self.before_all()
        for stream in (True, False):
            with self.subTest(stream=stream):
                self.each(CASES, lambda one: self.check_answer(weir, one, stream))

    def check_answer(self, weir, one, stream):
        request = one.request(model=one.name, stream=stream)
        with weir.connect() as client:
            response = client.chat(request, [f"x-weir-timeout: {2 if one.stalls else 20}s"])
            body = response.read()
        expected = one.expect if stream else one.document
        if response.status != 200 or not stream:
            seen = catalogue.view_of_document(json.loads(body))
            if response.status != 200:
                seen["status"] = response.status
            else:
                lint.completion(json.loads(body), request.get("n", 1))
            return catalogue.difference(expected, seen)
        if found := findings_of(body, request, one.settings):
            return f"{found} in {body.decode()}"
        return catalogue.difference(expected, catalogue.view_of_stream(body))


if __name__ == "__main__":
    case.main()
