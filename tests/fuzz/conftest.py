"""The fuzzer's modules, which lie beside this file and are a program of their own, too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
