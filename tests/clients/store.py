"""A server that speaks S3 and is not ours, on a free port of this machine, which it prints.

`--ignore HEADER` takes a header out of every request before the server sees it: then it is one of those stores that take
whatever they are sent, without looking at the condition.
"""

import sys

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

ignored = [f"HTTP_{name.upper().replace('-', '_')}" for name in sys.argv[2:]] if sys.argv[1:2] == ["--ignore"] else []
served = DomainDispatcherApplication(create_backend_app)


def app(environ, start_response):
    for name in ignored:
        environ.pop(name, None)
    return served(environ, start_response)


server = make_server("127.0.0.1", 0, app, threaded=True)
print(f"127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
