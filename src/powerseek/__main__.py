"""``python -m powerseek``."""

import sys

from powerseek.cli import main

sys.exit(main())
