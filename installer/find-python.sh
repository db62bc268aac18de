#!/usr/bin/env bash
# Print the path of a Python 3.11 that can make virtual environments; exit 1 when there is none.
# $PYTHON goes first, so that a person can choose.
set -euo pipefail

check='import ensurepip, sys, venv; print(sys.executable); sys.exit(sys.version_info[:2] != (3, 11))'
for candidate in "${PYTHON:-}" python3.11 python3 /usr/bin/python3.11; do
    if [ -n "$candidate" ] && found=$("$candidate" -c "$check" 2>/dev/null); then
        printf '%s\n' "$found"
        exit 0
    fi
done
exit 1
