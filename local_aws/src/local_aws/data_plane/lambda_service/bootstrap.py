"""What stands at /var/runtime/bootstrap.py in Lambda: starts AWS's own runtime client for the function's handler.

A copy of this file is put into LAMBDA_RUNTIME_DIR and run there by itself.
"""

import os
import sys

if __name__ == "__main__":
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    from awslambdaric.__main__ import main

    main([sys.argv[0], os.environ["_HANDLER"]])
