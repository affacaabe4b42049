"""nginx and HAProxy in front of the gateway, as plain as they come, with connections that are used again. Each puts a
`traceparent` on what it takes for a request; weir passes it on, so that the upstream sees who made the request."""

import os
import shutil
import socket
import subprocess
import tempfile
import time

from support import PATIENCE

NGINX = """
pid {room}/pid; error_log {room}/log crit; daemon off; master_process off;
events {{}}
http {{
  access_log off;
  client_body_temp_path {room}/a; proxy_temp_path {room}/b; fastcgi_temp_path {room}/c;
  uwsgi_temp_path {room}/d; scgi_temp_path {room}/e;
  upstream weir {{ server 127.0.0.1:{to}; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://weir; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header traceparent $request_id;
      proxy_request_buffering off;
    }}
  }}
}}
"""
HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
  http-reuse always
frontend front
  bind 127.0.0.1:{port}
  http-request set-header traceparent %[uuid]
  default_backend weir
backend weir
  server weir 127.0.0.1:{to}
"""
COMMANDS = {"nginx": (NGINX, lambda path: ["nginx", "-c", path]),
            "HAProxy": (HAPROXY, lambda path: ["haproxy", "-db", "-q", "-f", path])}


def program(name):
    return shutil.which(name.lower(), path=os.environ.get("PATH", "") + ":/usr/sbin")


class Front:
    def __init__(self, name, to):
        self.room = tempfile.mkdtemp(prefix="weir-front-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        text, command = COMMANDS[name]
        path = os.path.join(self.room, "conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.format(room=self.room, port=self.port, to=to))
        self.process = subprocess.Popen([program(name)] + command(path)[1:],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    self.stop()
                    raise AssertionError(f"{name} did not start") from None
                time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.room, ignore_errors=True)
