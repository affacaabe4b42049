"""Certificates by an authority of our own, made when they are needed."""

import os
import ssl
import subprocess


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


class Authority:
    """A certificate authority of our own, and certificates by it."""

    def __init__(self, directory, name):
        self.directory, self.name = directory, name
        self.certificate, self.key = self.path(f"{name}.pem"), self.path(f"{name}.key")
        openssl("req", "-x509", *self.new_key(self.key), "-subj", f"/CN={name}", "-days", "2",
                "-out", self.certificate, "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign")

    def path(self, name):
        return os.path.join(self.directory, name)

    @staticmethod
    def new_key(path):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path]

    def issue(self, name, days="2"):
        """A certificate for `name` (`DNS:...` or `IP:...`) and its key, as files."""
        stem = self.path(f"{self.name}-{name.replace(':', '-')}-{days}")
        extensions = stem + ".ext"
        with open(extensions, "w", encoding="utf-8") as file:
            file.write(f"subjectAltName={name}\nextendedKeyUsage=serverAuth,clientAuth\n")
        openssl("req", *self.new_key(stem + ".key"), "-subj", "/CN=server", "-out", stem + ".csr")
        openssl("x509", "-req", "-in", stem + ".csr", "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", days, "-extfile", extensions, "-out", stem + ".pem")
        return stem + ".pem", stem + ".key"

    def context(self, name, days="2"):
        """For a server that shows such a certificate."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(*self.issue(name, days))
        return made

    def client(self, shows=None):
        """For a client that trusts it; `shows`: its certificate and key."""
        made = ssl.create_default_context(cafile=self.certificate)
        if shows:
            made.load_cert_chain(*shows)
        return made
