#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Fetch npm packages for the functional tests:
#
#     install-npm.sh NPM NODE PACKAGE_JSON DIRECTORY MODULE...
#
# What PACKAGE_JSON names goes into DIRECTORY; each MODULE must load then. Without npm or a registry
# this says so and succeeds, and leaves no stamp, so that the next `make check` tries again; the
# tests that need them see that they are not there and are skipped. No lock file is kept: it would
# name the registry of the machine it was made on. Install scripts are not run: those of bcoin would
# build native code that NODE_BACKEND=js does without.

set -eu

npm=$1
node=$2
package=$3
directory=$4
shift 4

skip() {
    echo "$directory: $1; the tests that need $modules will be skipped" >&2
    exit 0
}

modules="$*"
[ "$npm" != no ] || skip "npm is not installed"
[ "$node" != no ] || skip "node is not installed"

mkdir -p "$directory"
cp "$package" "$directory/package.json"
chmod u+w "$directory/package.json"
if ! (cd "$directory" && "$npm" install --ignore-scripts --no-audit --no-fund --no-package-lock \
    --loglevel=error) >"$directory/npm.log" 2>&1; then
    cat "$directory/npm.log" >&2
    skip "npm could not fetch it"
fi
for module in "$@"; do
    (cd "$directory" && NODE_BACKEND=js "$node" -e 'require(process.argv[1])' "$module") ||
        skip "$module was fetched, but $node does not load it"
done
: >"$directory/stamp"
