#!/bin/sh
# Install what Inkling needs, from requirements.lock, into a virtual environment:
#
#   sh deploy/install.sh /opt/inkling-venv
#   PYTHON=/path/to/python3.12 sh deploy/install.sh /opt/inkling-venv
#
# Root is not needed, nor a home. Done again, it brings what is there up to date. A .venv in the tree
# is the Makefile's; this makes one anywhere, for a server or an image.
set -eu
unset CDPATH  # with it, cd prints

refuse() {
    echo "deploy/install.sh: $*" >&2
    exit 1
}

test $# -eq 1 || refuse "one folder is needed, for the virtual environment, such as /opt/inkling-venv"
case $1 in -*) refuse "one folder is needed, and $1 is none" ;; esac
# Who calls it from elsewhere means a folder there.
case $1 in
    /*) venv=$1 ;;
    *) venv=$PWD/$1 ;;
esac
tree=$(cd "$(dirname "$0")/.." && pwd)
for needed in app.py requirements.lock tools/find_python.sh model ui; do
    test -e "$tree/$needed" || refuse "$tree is not Inkling's folder: it has no $needed"
done
# Nothing of somebody else's is cleared away: what this script made has its mark from the beginning.
if test -L "$venv"; then
    refuse "$venv is a link; name the folder itself"
fi
if test -e "$venv" && ! test -f "$venv/created" && test -n "$(ls -A "$venv" 2>&1)"; then
    refuse "$venv is there, and was not made by this script; name another folder"
fi

# One that was made by a Python which has gone, or is too old, is made anew; so is one with another
# TensorFlow, whose two packages own the same files.
suits='import sys; sys.exit(sys.version_info < (3, 11))'
tensorflow=$(grep '^tensorflow' "$tree/requirements.lock")
if ! "$venv/bin/python" -c "$suits" 2>/dev/null ||
    test "$tensorflow" != "$(cat "$venv/created" 2>/dev/null)"; then
    python=$(sh "$tree/tools/find_python.sh") ||
        refuse "no Python; or say PYTHON=/path/to/python3.12 sh deploy/install.sh $1"
    echo "Making $venv with $python"
    mkdir -p "$venv" && : >"$venv/created" || refuse "$venv cannot be made"
    find "$venv" -mindepth 1 -maxdepth 1 ! -name created -exec rm -rf {} +
    "$python" -m venv "$venv" || refuse "$venv cannot be made"
    printf '%s\n' "$tensorflow" >"$venv/created"
fi

# Only wheels: to build a package, others would be fetched that no hash holds. pip compiles them.
echo "Installing requirements.lock (TensorFlow is large)"
"$venv/bin/python" -m pip install --disable-pip-version-check --quiet --require-hashes \
    --only-binary :all: -r "$tree/requirements.lock" || refuse "not all could be installed"

# A tree that is only read was compiled when it was made, or costs a second at each start.
if test -w "$tree/ui"; then
    "$venv/bin/python" -m compileall -q "$tree/app.py" "$tree/model" "$tree/ui" ||
        refuse "the program cannot be compiled"
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# The page is run once, without a server or a browser. What is kept of it goes with the folder.
first_look='
import os
import app
from streamlit.testing.v1 import AppTest
page = AppTest.from_file(os.path.abspath("ui/page.py"), default_timeout=120).run()
assert not page.exception, page.exception
'
# In a process of its own, as the page never imports it. It may be here and yet not run: its packages
# ask for processors of the last ten years.
training='
import importlib.util
if importlib.util.find_spec("tensorflow"):
    import tensorflow
'
look() {
    (cd "$tree" && HOME=$scratch INKLING_DATA_DIR=$scratch INKLING_STORE_DIR=$scratch \
        PYTHONPATH=. PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" -c "$1") >"$scratch/log" 2>&1
}
look "$first_look" || { cat "$scratch/log" >&2; refuse "the page does not start"; }
look "$training" || {
    cat "$scratch/log" >&2
    refuse "TensorFlow does not start here; INKLING_ENGINE=numpy, set for the server, trains without it"
}
echo "Installed: cd $tree && $venv/bin/python -m streamlit run app.py"
