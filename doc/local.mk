# SPDX-License-Identifier: GPL-3.0-or-later
# doc/: the manual.

dist_doc_DATA += doc/METHODS.md doc/PERFORMANCE.md doc/WEBHOOKS.md
dist_man_MANS += doc/hashtide.1 doc/hashtide.conf.5 doc/hashtide-claims.5 doc/hashtide-ledger.5 doc/hashtide-script.5

examplesdir = $(docdir)/examples
dist_examples_DATA = \
	doc/examples/calm.script \
	doc/examples/departures.script \
	doc/examples/hostile.script \
	doc/examples/storm.script
