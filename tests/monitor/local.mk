# SPDX-License-Identifier: GPL-3.0-or-later
# tests/monitor/: unit tests of monitor/, which link monitor/ and what it may know, and nothing above it.

check_PROGRAMS += tests/monitor/check_alerts_view
tests_monitor_check_alerts_view_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_alerts_view_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_backtest
tests_monitor_check_backtest_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_backtest_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_calibration
tests_monitor_check_calibration_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_calibration_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_compare
tests_monitor_check_compare_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_compare_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_departure_series
tests_monitor_check_departure_series_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_departure_series_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_headerfile
tests_monitor_check_headerfile_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_headerfile_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_http
tests_monitor_check_http_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_http_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_replay
tests_monitor_check_replay_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_replay_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_run_answers
tests_monitor_check_run_answers_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_run_answers_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_simulate
tests_monitor_check_simulate_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_simulate_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_settings
tests_monitor_check_settings_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_settings_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_labels
tests_monitor_check_labels_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_labels_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_log
tests_monitor_check_log_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_log_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_options
tests_monitor_check_options_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_options_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_worker
tests_monitor_check_worker_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_worker_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_text
tests_monitor_check_text_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_text_LDADD = $(MONITOR_TEST_LIBS)

check_PROGRAMS += tests/monitor/check_powerloss
tests_monitor_check_powerloss_SOURCES = \
	tests/monitor/check_powerloss.c \
	tests/support/io_record.c \
	tests/support/io_record.h
tests_monitor_check_powerloss_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_powerloss_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_status
tests_monitor_check_status_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_status_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_net
tests_monitor_check_net_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_net_LDADD = $(MONITOR_TEST_LIBS)

check_PROGRAMS += tests/monitor/check_datadir
tests_monitor_check_datadir_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_datadir_LDADD = $(MONITOR_TEST_LIBS)

check_PROGRAMS += tests/monitor/check_observations
tests_monitor_check_observations_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_observations_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_output
tests_monitor_check_output_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_output_LDADD = $(MONITOR_TEST_LIBS)

check_PROGRAMS += tests/monitor/check_table
tests_monitor_check_table_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_table_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_socket
tests_monitor_check_socket_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_socket_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_control_client
tests_monitor_check_control_client_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_control_client_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_simulate_draw
tests_monitor_check_simulate_draw_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_simulate_draw_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_simulate_script
tests_monitor_check_simulate_script_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_simulate_script_LDADD = $(MONITOR_TEST_LIBS)

check_PROGRAMS += tests/monitor/check_keyfile
tests_monitor_check_keyfile_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_keyfile_LDADD = $(MONITOR_TEST_LIBS)

check_PROGRAMS += tests/monitor/check_words
tests_monitor_check_words_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_words_LDADD = $(MONITOR_TEST_LIBS)
check_PROGRAMS += tests/monitor/check_database
tests_monitor_check_database_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_database_LDADD = $(MONITOR_TEST_LIBS)

check_PROGRAMS += tests/monitor/check_outbox
tests_monitor_check_outbox_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_outbox_LDADD = $(MONITOR_TEST_LIBS)

check_PROGRAMS += tests/monitor/check_outbox_powerloss
tests_monitor_check_outbox_powerloss_SOURCES = \
	tests/monitor/check_outbox_powerloss.c \
	tests/support/io_record.c \
	tests/support/io_record.h \
	tests/support/io_vfs.c \
	tests/support/io_vfs.h
tests_monitor_check_outbox_powerloss_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_outbox_powerloss_LDADD = $(MONITOR_TEST_LIBS)

check_PROGRAMS += tests/monitor/check_alerting
tests_monitor_check_alerting_SOURCES = \
	tests/monitor/check_alerting.c \
	tests/support/alerting_rig.c \
	tests/support/alerting_rig.h \
	tests/support/io_record.c \
	tests/support/io_record.h \
	tests/support/io_vfs.c \
	tests/support/io_vfs.h
tests_monitor_check_alerting_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_alerting_LDADD = $(MONITOR_TEST_LIBS)

check_PROGRAMS += tests/monitor/check_alerting_powerloss
tests_monitor_check_alerting_powerloss_SOURCES = \
	tests/monitor/check_alerting_powerloss.c \
	tests/support/alerting_rig.c \
	tests/support/alerting_rig.h \
	tests/support/io_record.c \
	tests/support/io_record.h \
	tests/support/io_vfs.c \
	tests/support/io_vfs.h
tests_monitor_check_alerting_powerloss_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_alerting_powerloss_LDADD = $(MONITOR_TEST_LIBS)

check_PROGRAMS += tests/monitor/check_market
tests_monitor_check_market_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_monitor_check_market_LDADD = $(MONITOR_TEST_LIBS)
