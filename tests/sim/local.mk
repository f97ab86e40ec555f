# SPDX-License-Identifier: GPL-3.0-or-later
# tests/sim/: the whole monitor in virtual time, a group of scenarios per file.

check_LIBRARIES += tests/sim/libsim.a
tests_sim_libsim_a_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_sim_libsim_a_SOURCES = \
	tests/sim/sim.c \
	tests/sim/sim.h

SIM_LIBS = tests/sim/libsim.a $(MONITOR_TEST_LIBS)

check_PROGRAMS += tests/sim/sim_follow
tests_sim_sim_follow_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_sim_sim_follow_LDADD = $(SIM_LIBS)

check_PROGRAMS += tests/sim/sim_clock
tests_sim_sim_clock_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_sim_sim_clock_LDADD = $(SIM_LIBS)

check_PROGRAMS += tests/sim/sim_disk
tests_sim_sim_disk_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_sim_sim_disk_LDADD = $(SIM_LIBS)

check_PROGRAMS += tests/sim/sim_peers
tests_sim_sim_peers_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_sim_sim_peers_LDADD = $(SIM_LIBS)

check_PROGRAMS += tests/sim/sim_watch
tests_sim_sim_watch_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_sim_sim_watch_LDADD = $(SIM_LIBS)
