"""Requests that two servers in a row may read differently. `{hidden}` is a whole request with a mark of its own that
one of the readings would let out of the other's body; it must never reach an upstream.

`want` is what weir answers by itself: the statuses, one after the other. Whatever it refuses it closes."""

import dataclasses

@dataclasses.dataclass
class Form:
    name: str
    head: str           # behind the request line and Host, unless it is a whole request
    body: str = ""
    want: str = "400"
    line: str = "POST /v1/chat/completions HTTP/1.1"
    host: str = "Host: gateway.test\r\n"


CL = "Content-Length: {length}\r\n"
TE = "Transfer-Encoding: chunked\r\n"
CUT = "0\r\n\r\n{hidden}"          # the end of a chunked body, and more
ONE = "1\r\na\r\n0\r\n\r\n{hidden}"


def disguise(name, field, want="400"):
    """A Transfer-Encoding that some take for `chunked`, with a length that covers everything."""
    return Form(f"TE.TE: {name}", CL + field + "\r\n", CUT, want)


def length(name, field, want="400"):
    return Form(f"Content-Length: {name}", field + "\r\n", "{hidden}", want)


def chunks(name, body):
    return Form(f"chunks: {name}", TE, body)


FORMS = [
    Form("CL.TE", CL + TE, CUT),
    Form("TE.CL", TE + "Content-Length: 4\r\n", "5c\r\n{hidden}\r\n0\r\n\r\n"),
    Form("CL.0: length 0 and chunked", "Content-Length: 0\r\n" + TE, CUT),
    Form("TE on HTTP/1.0", TE, CUT, line="POST /v1/chat/completions HTTP/1.0"),
    disguise("two fields", TE + "Transfer-Encoding: cow"),
    disguise("two fields, the other way", "Transfer-Encoding: cow\r\n" + TE.strip()),
    disguise("chunked twice", "Transfer-Encoding: chunked, chunked"),
    disguise("chunked, identity", "Transfer-Encoding: chunked, identity"),
    disguise("identity, chunked", "Transfer-Encoding: identity, chunked"),
    disguise("xchunked", "Transfer-Encoding: xchunked"),
    disguise("quoted", "Transfer-Encoding: \"chunked\""),
    disguise("a parameter", "Transfer-Encoding: chunked;q=1"),
    disguise("an empty element", "Transfer-Encoding: ,chunked"),
    disguise("space before the colon", "Transfer-Encoding : chunked"),
    disguise("tab before the colon", "Transfer-Encoding\t: chunked"),
    disguise("vertical tab", "Transfer-Encoding: \x0bchunked"),
    disguise("form feed behind", "Transfer-Encoding: chunked\x0c"),
    disguise("no-break space", "Transfer-Encoding: \xa0chunked"),
    disguise("NUL behind", "Transfer-Encoding: chunked\x00"),
    disguise("NUL in the name", "Transfer-\x00Encoding: chunked"),
    disguise("obs-fold", "Transfer-Encoding:\r\n chunked"),
    disguise("folded into another field", "X: y\r\n Transfer-Encoding: chunked"),
    disguise("behind a bare LF", "X: y\nTransfer-Encoding: chunked"),
    disguise("behind a bare CR", "X: y\rTransfer-Encoding: chunked"),
    disguise("space before the name", " Transfer-Encoding: chunked"),
    length("two that differ", "Content-Length: 0\r\nContent-Length: {length}"),
    length("a list that differs", "Content-Length: 0, {length}"),
    length("two that agree", "Content-Length: {length}\r\nContent-Length: {length}"),
    length("a plus sign", "Content-Length: +{length}"),
    length("negative", "Content-Length: -1"),
    length("hexadecimal", "Content-Length: 0x{length}"),
    length("a fraction", "Content-Length: {length}.0"),
    length("empty", "Content-Length:"),
    length("two numbers", "Content-Length: 0 {length}"),
    length("2^64", "Content-Length: 18446744073709551616"),
    length("space before the colon", "Content-Length : {length}"),
    length("behind a bare LF", "X: y\nContent-Length: {length}"),
    length("behind a bare CR", "X: y\rContent-Length: {length}"),
    length("folded", "Content-Length:\r\n {length}"),
    chunks("a size beyond 2^64", "10000000000000001\r\na\r\n" + CUT),
    chunks("a size beyond 2^63", "8000000000000000\r\na\r\n" + CUT),
    chunks("0x", "0x1\r\na\r\n" + CUT),
    chunks("a plus sign", "+1\r\na\r\n" + CUT),
    chunks("a space before", " 1\r\na\r\n" + CUT),
    chunks("an extension with a bare LF", "1;x\na\r\n" + CUT),
    chunks("an extension with a bare CR", "1;x\ry\r\na\r\n" + CUT),
    chunks("a quoted extension across lines", "1;x=\"\r\na\r\n0\r\n\r\n{hidden}\"\r\na\r\n0\r\n\r\n"),
    chunks("a line of 64 KiB", "1;" + "x" * 65536 + "\r\na\r\n" + CUT),
    chunks("more than its size", "1\r\nab\r\n" + CUT),
    chunks("bare LF behind the size", "1\na\r\n" + CUT),
    chunks("bare LF behind the data", "1\r\na\n" + CUT),
    chunks("bare CR behind the size", "1\ra\r\n" + CUT),
    chunks("the last one ends in LF", "1\r\na\r\n0\n\n{hidden}"),
    chunks("a folded trailer", "1\r\na\r\n0\r\nX: y\r\n z\r\n\r\n{hidden}"),
    chunks("the hidden request as trailers", "1\r\na\r\n0\r\n{hidden}"),
    chunks("no size", "\r\n" + CUT),
    Form("two Hosts", "Host: other.test\r\n" + CL, "{hidden}"),
    Form("no Host", CL, "{hidden}", host=""),
    Form("a path in Host", CL, "{hidden}", host="Host: gateway.test/x\r\n"),
    Form("two names in Host", CL, "{hidden}", host="Host: gateway.test, other.test\r\n"),
    Form("absolute-form", CL, "{hidden}",
         line="POST http://other.test/v1/chat/completions HTTP/1.1"),
    Form("authority-form", CL, "{hidden}", line="POST other.test:80 HTTP/1.1"),
    Form("CONNECT", "", "{hidden}", "501", line="CONNECT other.test:80 HTTP/1.1"),
    Form("whitespace before the request line", CL, "{hidden}",
         line=" POST /v1/chat/completions HTTP/1.1"),
    Form("two spaces in the request line", CL, "{hidden}",
         line="POST  /v1/chat/completions HTTP/1.1"),
    Form("a bare CR in the request line", CL, "{hidden}",
         line="POST /v1/chat/completions\r HTTP/1.1"),
    Form("NUL in the target", CL, "{hidden}", line="POST /v1/chat/completions\x00 HTTP/1.1"),
    Form("HTTP/1.2", CL, "{hidden}", "505", line="POST /v1/chat/completions HTTP/1.2"),
    Form("HTTP/0.9", "", "{hidden}", line="GET /v1/models", host=""),
    Form("HTTP/2.0", CL, "{hidden}", "505", line="POST /v1/chat/completions HTTP/2.0"),
    Form("bare LF everywhere", "X: y\n", "{hidden}", line="GET /v1/models HTTP/1.1\nX: y"),
    Form("a space in a name", "X Y: z\r\n" + CL, "{hidden}"),
    Form("no colon", "X\r\n" + CL, "{hidden}"),
    Form("an empty name", ": y\r\n" + CL, "{hidden}"),
    # Legal, each with one reading: the hidden request is a body.
    Form("legal: it is the body", CL, "{hidden}"),
    Form("legal: it is a chunk", TE, "{size}\r\n{hidden}\r\n0\r\n\r\n"),
    Form("legal: forbidden trailers are dropped", TE,
         "{size}\r\n{hidden}\r\n0\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
    Form("legal: h2c is not switched to",
         "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n" + CL,
         "{hidden}"),
    Form("legal: a WebSocket is not switched to", "Connection: Upgrade\r\nUpgrade: websocket\r\n" + CL, "{hidden}"),
    Form("legal: Connection names Content-Length", "Connection: Content-Length\r\n" + CL,
         "{hidden}"),
    Form("legal: Expect", "Expect: 100-continue\r\n" + CL, "{hidden}", "100 400"),
]


def bytes_of(form, mark):
    """The form on the wire, with the hidden request marked."""
    document = '{"model":"m-1","messages":[{"role":"user","content":"hi"}],"user":"%s"}' % mark
    hidden = ("POST /v1/chat/completions HTTP/1.1\r\nHost: gateway.test\r\n"
              f"Content-Type: application/json\r\nContent-Length: {len(document)}\r\n\r\n{document}")
    fill = {"{hidden}": hidden, "{size}": f"{len(hidden):x}"}
    body, head = form.body, form.head
    for name, text in fill.items():
        body = body.replace(name, text)
    head = head.replace("{length}", str(len(body)))
    return f"{form.line}\r\n{form.host}{head}\r\n{body}".encode("latin-1")
