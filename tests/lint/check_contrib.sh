#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Goal of this test: the example configuration holds nothing that the program would refuse, neither
# as it is nor with any of the lines that it proposes, and it proposes every key there is.

set -u

example=${HASHTIDE_SRCDIR:?}/contrib/hashtide.conf.example
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failed=0

refuses() {
    ! "${HASHTIDE_BIN:?}" config check --datadir="$folder" --conf="$1" >"$folder/out" 2>&1
}

if refuses "$example"; then
    cat "$folder/out"
    failed=1
fi
# A proposed section goes to the next empty line, and holds only as a whole.
awk '/^#\[/ { section = 1 } /^$/ { section = 0 } !section && sub(/^#/, "") && /^[a-z0-9._]*=/' \
    "$example" >"$folder/proposed"
# What stands in one paragraph holds together.
awk -v name="$folder/paragraph" '/^#\[/ { section = 1 } /^$/ { section = 0; paragraph++ }
    !section && sub(/^#/, "") && /^[a-z0-9._]*=/ { print >(name paragraph ".conf") }' "$example"
awk '/^#\[/ { section = 1 } /^$/ { section = 0 } section && sub(/^#/, "")' \
    "$example" >"$folder/sections.conf"
if ! grep -q '^\[alert ' "$folder/sections.conf" || refuses "$folder/sections.conf"; then
    echo "the sections that the example proposes"
    cat "$folder/sections.conf" "$folder/out"
    failed=1
fi
for paragraph in "$folder"/paragraph*.conf; do
    if refuses "$paragraph"; then
        echo "the example proposes"
        cat "$paragraph" "$folder/out"
        failed=1
    fi
done

# Not in an example: where the file itself is, and what loglevel and network already say.
"$HASHTIDE_BIN" config check --datadir="$folder" | sed -n 's/^\([a-z0-9._]*\)=.*/\1/p' |
    grep -vx -e conf -e debug >"$folder/keys"
while read -r key; do
    if ! grep -q "^$key=" "$folder/proposed"; then
        echo "the example has no $key"
        failed=1
    fi
done <"$folder/keys"

echo "$(wc -l <"$folder/proposed") lines proposed, $(wc -l <"$folder/keys") keys"
[ -s "$folder/proposed" ] && [ -s "$folder/keys" ] && exit $failed
exit 1
