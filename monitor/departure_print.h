// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_print: what `hashtide departure` prints: one screen of 80 columns for people, or JSON.
 */
#ifndef HASHTIDE_MONITOR_DEPARTURE_PRINT_H
#define HASHTIDE_MONITOR_DEPARTURE_PRINT_H

#include "analysis/companies.h"
#include "monitor/departure_report.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/** What a reader must be told of the inputs. */
struct departure_story {
    int64_t from_s, to_s;            /* ends of the epochs compared, UNIX seconds */
    uint32_t from_height, to_height; /* last blocks of them */
    bool year_on_year;               /* the default; else selected by who asks */
    bool peak;                       /* `from` is the highest epoch: marked as selected */
    const char *ledger;              /* "built in, as of 2026-11-01", or a file's name */
    const char *known_on;            /* "2026-05-01", or NULL: as known now */
    const char *price;               /* of the price series, one phrase: "built in, reconstructed
                                        after 2026-01-17"; NULL: none, the model runs without */
    const char *series;              /* "built in", "built in and the store's chain" */
    const char *evidence;            /* the table of companies that was asked, or NULL */
    const char *evidence_fault;      /* why it does not count, or NULL */
    const struct companies_weighing *weighing; /* if it counts */
    size_t set_count;                          /* priors changed by --set or the configuration */
    const char *const *sets;                   /* "relocated.mean=0.2" */
};

void departure_print(FILE *out, const struct departure_report *report,
                     const struct departure_question *question,
                     const struct departure_story *story);
void departure_print_tornado(FILE *out, const struct site_swing *swings, size_t count,
                             const struct departure_report *report);
void departure_print_placebo(FILE *out, const struct departure_placebo *placebo,
                             const struct departure_question *question);
/** New reference; tornado and placebo may be NULL. NULL when memory is short. */
json_t *departure_json(const struct departure_report *report,
                       const struct departure_question *question,
                       const struct departure_story *story, const struct site_swing *swings,
                       const struct departure_placebo *placebo);

#endif
