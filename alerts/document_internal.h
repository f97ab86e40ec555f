// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * document_internal: what document.c and document_summary.c share.
 */
#ifndef HASHTIDE_ALERTS_DOCUMENT_INTERNAL_H
#define HASHTIDE_ALERTS_DOCUMENT_INTERNAL_H

#include <stdint.h>

#define DOCUMENT_TIME_SIZE 40
/** ISO 8601 in UTC with milliseconds: "2026-11-23T16:20:00.000Z". Years 0 to 9999; other times are
 *  clamped. */
void document_time(char out[DOCUMENT_TIME_SIZE], int64_t wall_ms);

#endif
