#!/usr/bin/env bash
# Gradescope runs this once, when it builds the image: Python's packages, in exact versions, without CUDA.
set -euo pipefail
source="${AUTOGRADER_ROOT:-/autograder}/source/plumbline"

if ! command -v python3 >/dev/null 2>&1 || ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || ! python3 -m venv --help >/dev/null 2>&1; then
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3 python3-venv
fi
if [ ! -x "$source/.venv/bin/python" ]; then
  python3 -m venv "$source/.venv"
  # PyTorch for processors alone is a tenth of the size; elsewhere the ordinary one does as well.
  "$source/.venv/bin/python" -m pip install --no-cache-dir --constraint "$source/constraints.txt" \
    ${PLUMBLINE_PIP_OPTIONS:-} "$source"
fi
