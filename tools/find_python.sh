#!/bin/sh
# Print the path of a Python that can run Inkling: 3.11 or newer, with venv and ensurepip.
# Each candidate is run, not only looked up: a shim on PATH may stand for a Python that is not there.
# Given as $1 or in $PYTHON, one candidate is used or refused; nothing else is tried.
set -u

suits='
import sys
if sys.version_info < (3, 11):
    sys.exit("is Python %d.%d; Inkling runs on 3.11 and newer" % sys.version_info[:2])
try:
    import ensurepip, venv
except ImportError as error:
    sys.exit("cannot make virtual environments (%s); on Debian and Ubuntu: apt install python3-venv" % error)
print(sys.executable)
'

wanted=${1:-${PYTHON:-}}
refused=
if [ -n "$wanted" ]; then
    set -- "$wanted"
else # those first for which there is a TensorFlow
    set -- python3.13 python3.12 python3.11 python3 python
fi
for name; do
    command -v "$name" >/dev/null 2>&1 || continue
    if answer=$("$name" -c "$suits" 2>&1); then
        echo "$answer"
        exit 0
    fi
    refused="$refused
  $name: $(printf '%s\n' "$answer" | tail -n 1)"
done

if [ -n "$wanted" ] && [ -z "$refused" ]; then
    refused="
  $wanted: not found"
fi
echo "No Python to run Inkling with: 3.11 or newer is needed.${refused}
Install one (python.org, your package manager, pyenv), or name it: make PYTHON=/path/to/python3.12" >&2
exit 1
