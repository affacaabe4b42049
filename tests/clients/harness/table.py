"""The one table of clients, and of what a client cannot ask for or show by itself."""

import dataclasses

NO_CHOICES = "cannot ask for several choices"
NO_FUNCTIONS = "cannot ask with the legacy `functions`"
NO_AUDIO = "cannot ask for audio"
AI_CANNOT_ASK = {"n": NO_CHOICES, "functions": NO_FUNCTIONS, "audio": NO_AUDIO}

READS_ARGUMENTS = "reads the arguments of a call as JSON, and has its own way with those cut off"


@dataclasses.dataclass(frozen=True)
class Client:
    name: str
    manifest: str              # folder of the pinned package.json or requirements.txt
    driver: str
    package: str               # whose version names the client
    modes: dict                # name of the mode -> arguments of the driver
    cannot_ask: dict = dataclasses.field(default_factory=dict)   # member of a request -> why
    cannot_show: dict = dataclasses.field(default_factory=dict)  # (mode, trait of judge) -> why
    refuses: dict = dataclasses.field(default_factory=dict)      # case -> why it cannot be
    node: int = 18             # the oldest Node that it runs on
    tool: tuple = ()           # of an agent: the tool that runs commands, and its argument


def _both(trait, why):
    return {("stream", trait): why, ("document", trait): why}


def _openai_node(major):
    modes = {m: [m] for m in ("raw", "stream", "document")}
    return Client(f"openai-node-{major}", f"openai-node/{major}", "openai-node/driver.mjs",
                  "openai", modes)


def _ai(name, package, provider, **more):
    modes = {m: [provider, m] for m in ("stream", "document")}
    return Client(f"ai-{name}", f"ai/{name}", "ai/driver.mjs", package, modes, AI_CANNOT_ASK,
                  **more)


SHOWS_REFUSAL = _both("refusal", "shows a refusal as text")

CLIENTS = {client.name: client for client in (
    _openai_node(4),
    _openai_node(5),
    _openai_node(6),
    Client("openai-python", "openai-python", "openai-python/driver.py", "openai",
           {m: [m] for m in ("raw", "stream", "document")},
           cannot_show={("stream", "cut short"):
                        "`.stream()` raises at the end of an answer that was cut off or filtered"}),
    _ai("compatible-0.2", "@ai-sdk/openai-compatible", "compatible",
        cannot_show=_both("half a call", READS_ARGUMENTS)),
    _ai("compatible-1", "@ai-sdk/openai-compatible", "compatible"),
    _ai("compatible-2", "@ai-sdk/openai-compatible", "compatible", cannot_show=SHOWS_REFUSAL),
    _ai("openai", "@ai-sdk/openai", "openai", cannot_show=SHOWS_REFUSAL,
        refuses={"A1x-annotations": "refuses an answer with an annotation that is no "
                                    "`url_citation`; weir leaves out nothing that a server says"}),
    Client("langchain", "langchain", "langchain/driver.mjs", "@langchain/openai",
           {m: [m] for m in ("stream", "document")}, {"n": NO_CHOICES},
           {("stream", "half a call"): READS_ARGUMENTS}, node=22),
)}


def _agent(name, package, tool, **more):
    return Client(name, f"agents/{name}", "", package, {"headless": []}, tool=tool, **more)


#: Run by themselves, each request a process of its own; on the worst cases only.
AGENTS = {client.name: client for client in (
    _agent("opencode", "opencode-ai", ("bash", "command")),
    _agent("cline", "@cline/cli-linux-x64", ("run_commands", "commands")),
    _agent("qwen-code", "@qwen-code/qwen-code", ("run_shell_command", "command"), node=22),
)}

#: What agents fail on without weir: by one chunk that is refused, by a call that is lost, by a
#: hang, or by asking again and again. No errors: agents answer those by asking again for minutes.
WORST = (
    "C3-text-parts", "E4-created-string", "E7-choices-null", "E20-error-null", "F3-single-lf",
    "F4-data-at-the-end", "F9-ping-without-data", "F11-empty-data", "F16-bom-each", "F28-ndjson",
    "F29-json", "F30-json-in-an-event", "F34-unlabelled-gzip", "FR3-never-done", "FR8-end-turn",
    "K1-index-missing", "K2-index-zero", "K6-id-missing", "K7-id-late", "K14-arguments-object",
    "K27-function-call-for-tools", "K28-calls-in-message", "R3-role-empty-everywhere",
    "T3-open-behind-done", "U10-strings",
)
