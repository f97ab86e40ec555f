# SPDX-License-Identifier: GPL-3.0-or-later
# doc/: the manual.

dist_doc_DATA += doc/PERFORMANCE.md
