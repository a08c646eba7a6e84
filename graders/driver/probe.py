"""Opens and closes a room with nothing in it, to find out whether this machine can: exits with 0 where it can."""

import importlib.util
import json
import sys
from pathlib import Path

from graders.driver.confinement import become

if __name__ == "__main__":
    become(json.loads(sys.argv[3])["uid"])
    spec = importlib.util.find_spec("numpy")
    if spec is None or spec.origin is None:
        sys.exit("NumPy cannot be found inside")
    Path(spec.origin).read_bytes()
