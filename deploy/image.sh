#!/bin/sh
# Build the image `inkling` with Docker, Podman or Buildah, whichever runs here (make image).
set -eu
unset CDPATH  # with it, cd prints
cd "$(dirname "$0")/.."

missing=
for builder in docker podman buildah; do
    if ! command -v "$builder" >/dev/null 2>&1; then
        missing="$missing$builder is not here, "
    elif ! "$builder" info >/dev/null 2>&1; then
        missing="$missing$builder does not run (\`$builder info\` says why), "
    else
        # The form of the others has no place for a HEALTHCHECK.
        case $builder in docker) form= ;; *) form=--format=docker ;; esac
        exec "$builder" build $form --tag inkling .
    fi
done
echo "No image was built: ${missing}and one of the three is needed." >&2
exit 1
