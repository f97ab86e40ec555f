# SPDX-License-Identifier: GPL-3.0-or-later
# tests/functional/: the built binary against real and misbehaving peers, in Python.

test_modules += \
	tests/support/bcoin/bcoin_node.js \
	tests/support/hashtide_test/__init__.py \
	tests/support/hashtide_test/bcoin.py \
	tests/support/hashtide_test/chain.py \
	tests/support/hashtide_test/node.py \
	tests/support/hashtide_test/peer.py \
	tests/support/hashtide_test/protocol.py \
	tests/support/hashtide_test/receiver.py \
	tests/support/hashtide_test/socks.py

test_scripts += tests/functional/test_alert_schema.py
test_scripts += tests/functional/test_alerts_chaos.py
test_scripts += tests/functional/test_alerts_control.py
test_scripts += tests/functional/test_alerts_dead_sink.py
test_scripts += tests/functional/test_alerts_run.py
test_scripts += tests/functional/test_alerts_trouble.py
test_scripts += tests/functional/test_backtest.py
test_scripts += tests/functional/test_bcoin.py
test_scripts += tests/functional/test_calibrate.py
test_scripts += tests/functional/test_claims.py
test_scripts += tests/functional/test_cli.py
test_scripts += tests/functional/test_compare.py
test_scripts += tests/functional/test_departure.py
test_scripts += tests/functional/test_discovery.py
test_scripts += tests/functional/test_economy.py
test_scripts += tests/functional/test_evidence.py
test_scripts += tests/functional/test_export.py
test_scripts += tests/functional/test_export_analysis.py
test_scripts += tests/functional/test_flood.py
test_scripts += tests/functional/test_future.py
test_scripts += tests/functional/test_import.py
test_scripts += tests/functional/test_incentive.py
test_scripts += tests/functional/test_kill9.py
test_scripts += tests/functional/test_ledger.py
test_scripts += tests/functional/test_market.py
test_scripts += tests/functional/test_outbox.py
test_scripts += tests/functional/test_peers.py
test_scripts += tests/functional/test_proxy.py
test_scripts += tests/functional/test_run.py
test_scripts += tests/functional/test_simulate.py
test_scripts += tests/functional/test_sinks.py
test_scripts += tests/functional/test_store.py
test_scripts += tests/functional/test_support.py
test_scripts += tests/functional/wire_bitcoinlib.py
test_scripts += tests/functional/test_sync.py
test_scripts += tests/functional/test_verify.py
test_scripts += tests/functional/test_webhooks_doc.py

# `make chaos`: the long form of test_alerts_chaos.py, some minutes.
chaos: hashtide
	@$(AM_TESTS_ENVIRONMENT) \
	HASHTIDE_CHAOS=full $(PYTHON) -B $(srcdir)/tests/functional/test_alerts_chaos.py
.PHONY: chaos
