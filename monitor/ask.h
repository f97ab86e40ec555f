// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ask: how commands ask the monitor that runs on their data directory and network.
 */
#ifndef HASHTIDE_MONITOR_ASK_H
#define HASHTIDE_MONITOR_ASK_H

#include "monitor/control_client.h"
#include "monitor/settings.h"
#include "monitor/store/outbox.h"

#include <jansson.h>

/** Takes over the reference to request; NULL: memory was short. The answer is the caller's to free.
 *  On CONTROL_REFUSED and CONTROL_FAILED command_error() has said why. */
enum control_result ask_monitor(json_t **answer, const struct settings *settings, json_t *request);

/** Opens the outbox to be read. False after command_error(); *out NULL: there is none yet. */
bool ask_outbox(struct outbox **out, const struct settings *settings);

#endif
