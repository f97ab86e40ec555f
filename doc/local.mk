# SPDX-License-Identifier: GPL-3.0-or-later
# doc/: the manual.

dist_doc_DATA += doc/METHODS.md doc/PERFORMANCE.md doc/WEBHOOKS.md
dist_man_MANS += doc/hashtide.1 doc/hashtide.conf.5
