"""`python -m kkassist` is the command line."""

import sys

from kkassist.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
