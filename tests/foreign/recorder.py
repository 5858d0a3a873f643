"""A server that answers each request with what it was asked, as JSON, and with the number of
the connection that it came on. Prints its port."""

import itertools
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

connections = itertools.count(1)


class Recorder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.connection_number = next(connections)

    def do_GET(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = {
            "version": self.request_version,
            "path": self.path,
            "connection": self.connection_number,
            "headers": headers,
        }
        body = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
print(server.server_address[1], flush=True)
server.serve_forever()
