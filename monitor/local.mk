# SPDX-License-Identifier: GPL-3.0-or-later
# monitor/: the program. main.c is the only object outside a library, so that tests can link the rest.

noinst_LIBRARIES += monitor/libmonitor.a
monitor_libmonitor_a_CPPFLAGS = $(MONITOR_CPPFLAGS)
monitor_libmonitor_a_SOURCES = \
	monitor/analysis.c \
	monitor/analysis.h \
	monitor/app.c \
	monitor/app.h \
	monitor/app_internal.h \
	monitor/app_report.c \
	monitor/cmd_config_check.c \
	monitor/cmd_export.c \
	monitor/cmd_import.c \
	monitor/cmd_run.c \
	monitor/cmd_simulate.c \
	monitor/cmd_status.c \
	monitor/cmd_sync.c \
	monitor/cmd_version.c \
	monitor/command.c \
	monitor/command.h \
	monitor/control_client.c \
	monitor/control_client.h \
	monitor/export.h \
	monitor/export_blocks.c \
	monitor/export_changes.c \
	monitor/export_epochs.c \
	monitor/export_fingerprint.c \
	monitor/export_forecasts.c \
	monitor/export_forks.c \
	monitor/export_hashrate.c \
	monitor/export_headers.c \
	monitor/export_intervals.c \
	monitor/export_volatility.c \
	monitor/export_walk.c \
	monitor/figures.c \
	monitor/figures.h \
	monitor/figures_json.c \
	monitor/help.c \
	monitor/help.h \
	monitor/hostport.c \
	monitor/hostport.h \
	monitor/log.c \
	monitor/log.h \
	monitor/mem.c \
	monitor/mem.h \
	monitor/net/addrbook.c \
	monitor/net/addrbook.h \
	monitor/net/clock.c \
	monitor/net/clock.h \
	monitor/net/control.c \
	monitor/net/control.h \
	monitor/net/entropy.c \
	monitor/net/entropy.h \
	monitor/net/library.c \
	monitor/net/library.h \
	monitor/net/loop.c \
	monitor/net/loop.h \
	monitor/net/resolver.c \
	monitor/net/resolver.h \
	monitor/net/select.c \
	monitor/net/select.h \
	monitor/net/socket.c \
	monitor/net/socket.h \
	monitor/net/socks5.c \
	monitor/net/socks5.h \
	monitor/net/supervisor.c \
	monitor/net/supervisor.h \
	monitor/net/textfile.c \
	monitor/net/textfile.h \
	monitor/number.c \
	monitor/number.h \
	monitor/options.c \
	monitor/options.h \
	monitor/output.c \
	monitor/output.h \
	monitor/peers.c \
	monitor/peers.h \
	monitor/peers_internal.h \
	monitor/peers_manual.c \
	monitor/peers_seeds.c \
	monitor/pipeline.c \
	monitor/pipeline.h \
	monitor/ports.h \
	monitor/progress.c \
	monitor/progress.h \
	monitor/replay.c \
	monitor/replay.h \
	monitor/service.c \
	monitor/service.h \
	monitor/settings.c \
	monitor/settings.h \
	monitor/settings_internal.h \
	monitor/settings_keys.c \
	monitor/simulate.c \
	monitor/simulate.h \
	monitor/status.c \
	monitor/status.h \
	monitor/status_print.c \
	monitor/store/aside.c \
	monitor/store/aside.h \
	monitor/store/datadir.c \
	monitor/store/datadir.h \
	monitor/store/gzread.c \
	monitor/store/gzread.h \
	monitor/store/headerfile.c \
	monitor/store/headerfile.h \
	monitor/store/headerfile_format.c \
	monitor/store/headerfile_internal.h \
	monitor/store/headerfile_repair.c \
	monitor/store/io.c \
	monitor/store/io.h \
	monitor/store/library.c \
	monitor/store/library.h \
	monitor/store/observations.c \
	monitor/store/observations.h \
	monitor/table.c \
	monitor/table.h \
	monitor/tally.c \
	monitor/tally.h \
	monitor/text.c \
	monitor/text.h \
	monitor/watch.c \
	monitor/watch.h \
	monitor/watch_alarms.c \
	monitor/watch_internal.h \
	monitor/watch_say.c \
	monitor/when.c \
	monitor/when.h \
	monitor/words.c \
	monitor/words.h

MONITOR_CPPFLAGS = $(AM_CPPFLAGS) $(LIBUV_CFLAGS) $(SQLITE_CFLAGS) $(JANSSON_CFLAGS) \
	$(GSL_CFLAGS) $(SYSTEMD_CFLAGS) $(ZLIB_CFLAGS)

bin_PROGRAMS += hashtide
hashtide_SOURCES = monitor/main.c
hashtide_LDADD = $(MONITOR_LIBS) $(MONITOR_SYSLIBS)
