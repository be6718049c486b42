"""The server: moto's WSGI application with this package's CloudFormation and patches."""

import gc
import os

from werkzeug.serving import BaseWSGIServer, make_server

from local_aws.extensions import account

from . import clients, service_models


def build(host: str, port: int) -> BaseWSGIServer:
    """A server that is bound and not yet serving; port 0 takes a free one (`server.server_port`).

    Only one per process: moto's state is the process's.
    """
    # moto reads this when it makes an account's IAM; without it there is no ReadOnlyAccess and the like.
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    gc.disable()
    service_models.keep()
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app

    from .cloudformation.api import CloudFormationApi
    from .in_process import answering
    from .lambda_code import serving_bundles
    from .moto_patches import install
    from .public_buckets import stock

    install(CloudFormationApi)
    stock(account().public_buckets())
    application = serving_bundles(DomainDispatcherApplication(create_backend_app))
    server = make_server(host, port, application, threaded=True, request_handler=MotoRequestHandler)
    reachable = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    clients.use_endpoint(f"http://{reachable}:{server.server_port}", answering(application))
    # What has been imported stays: no collection is to look through it.
    gc.freeze()
    gc.enable()
    return server
