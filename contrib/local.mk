# SPDX-License-Identifier: GPL-3.0-or-later
# contrib/: what goes beside the program.

dist_doc_DATA += contrib/hashtide.conf.example

EXTRA_DIST += contrib/hashtide.service.in contrib/make-epochs.py contrib/make-prices.py
CLEANFILES += contrib/hashtide.service
contrib/hashtide.service: contrib/hashtide.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) contrib && \
	$(SED) -e 's|@bindir[@]|$(bindir)|' -e 's|@SERVICE_TYPE[@]|$(SERVICE_TYPE)|' \
		$(srcdir)/contrib/hashtide.service.in >$@.new && mv $@.new $@
if INSTALL_UNIT
systemdsystemunit_DATA = contrib/hashtide.service
endif

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = contrib/bash-completion/hashtide
