# SPDX-License-Identifier: Apache-2.0
"""An issuer of tokens on loopback, over http or https, that can be told to misbehave. OpenSSL signs."""
import base64
import json
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SigningKey:
    def __init__(self, directory, identifier):
        self.identifier = identifier
        self.path = directory / f"{identifier}.pem"
        subprocess.run(["openssl", "genrsa", "-out", self.path, "2048"], check=True, capture_output=True)
        printed = subprocess.run(["openssl", "rsa", "-in", self.path, "-noout", "-modulus"], check=True,
                                 capture_output=True, text=True).stdout
        modulus = bytes.fromhex(printed.strip().partition("=")[2])
        self.jwk = {"kty": "RSA", "kid": identifier, "alg": "RS256", "use": "sig", "n": base64url(modulus), "e": "AQAB"}

    def token(self, identifier=None, **claims):
        now = int(time.time())
        header = {"alg": "RS256", "typ": "JWT", "kid": identifier or self.identifier}
        claims = {"iss": "https://issuer.example", "aud": "buckler", "sub": "alice", "scope": "infer metadata",
                  "buckler_models": ["*"], "iat": now, "exp": now + 600, **claims}
        signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path], input=signed.encode(),
                                   check=True, capture_output=True).stdout
        return f"{signed}.{base64url(signature)}"


class Issuer:
    """`answer(handler)` may be replaced; by default it publishes `keys`."""

    def __init__(self, keys, port=0, certificates=None):
        self.keys, self.fetches, self.answer = list(keys), [], None
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.fetches.append(self.path)
                try:
                    (issuer.answer or issuer.publish)(self)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        scheme = "http"
        if certificates:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.port = self.server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}/jwks.json"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    @property
    def body(self):
        return json.dumps({"keys": [key.jwk for key in self.keys]}).encode()

    def publish(self, handler):
        send(handler, self.body)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def send(handler, body, status=200, **headers):
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
