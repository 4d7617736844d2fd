"""`python -m taxi`."""

import sys

from taxi.cli import main

sys.exit(main())
