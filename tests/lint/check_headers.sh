#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Goal of this test: each header compiles alone, after config.h and nothing else.

set -u

failed=0
count=0
cd "${HASHTIDE_SRCDIR:?}" || exit 1
for header in $(find chain analysis alerts monitor tests -name '*.h' -not -path '*/node_modules/*' |
    sort); do
    count=$((count + 1))
    # HASHTIDE_CPP_COMMAND is a compiler with its options, split on purpose.
    # shellcheck disable=SC2086
    if ! printf '#include "config.h"\n#include "%s"\n' "$header" |
        ${HASHTIDE_CPP_COMMAND:?} -fsyntax-only -x c -; then
        echo "$header does not compile alone"
        failed=1
    fi
done
echo "$count headers"
[ "$count" -gt 0 ] && exit $failed
exit 1
