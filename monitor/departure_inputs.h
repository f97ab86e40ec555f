// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_inputs: what the model of departures is fed with: epochs, prices and sites, from what
 * is built in, from the files of the configuration, and from the store.
 */
#ifndef HASHTIDE_MONITOR_DEPARTURE_INPUTS_H
#define HASHTIDE_MONITOR_DEPARTURE_INPUTS_H

#include "analysis/departure.h"
#include "analysis/price.h"
#include "monitor/departure_report.h"
#include "monitor/departure_series.h"
#include "monitor/efficiencyfile.h"
#include "monitor/ledgerfile.h"
#include "monitor/settings.h"

#include <stdbool.h>
#include <stddef.h>

/** The first middle of an epoch that the model looks at, unless told otherwise: when the hash rate
 *  had come to rest after the ban of mining in China. */
#define DEPARTURE_INPUTS_SINCE 2021.62

struct departure_inputs_options {
    const struct settings *settings;
    const struct departure_series *epochs; /* all that there are: departure_series_read() */
    double since;                          /* decimal year */
    int32_t known_on;                      /* a day, or LEDGER_LATEST */
    bool force;                 /* rows of the ledger with a fault are left out, not refused */
    struct site_priors *priors; /* gets the efficiency of the settings' table */
    tablefile_say_fn say;       /* is told faults of tables; NULL: nobody */
    void *context;
};

#define DEPARTURE_INPUTS_TEXT_SIZE 256
struct departure_inputs {
    struct departure_series series; /* with prices, where `price` */
    bool price;
    char price_text[DEPARTURE_INPUTS_TEXT_SIZE];
    struct ledgerfile ledger;         /* origin says where from */
    struct efficiencyfile efficiency; /* its knots are put in the priors */
    struct site *sites;               /* owned; names are the ledger's */
    const char **companies;           /* of each site; owned, the texts are the ledger's */
    size_t site_count;
    struct site *foregone; /* the same of mining that was planned and is not built */
    size_t foregone_count;
};

#define DEPARTURE_INPUTS_MESSAGE_SIZE TABLEFILE_MESSAGE_SIZE
/** Reads tables, from the network where the settings say so. False with message, one line. To be
 *  freed in any case. */
bool departure_inputs_read(struct departure_inputs *out,
                           char message[DEPARTURE_INPUTS_MESSAGE_SIZE],
                           const struct departure_inputs_options *options);
/** The same without epochs and prices: efficiency, ledger and sites alone. */
bool departure_inputs_read_sites(struct departure_inputs *out,
                                 char message[DEPARTURE_INPUTS_MESSAGE_SIZE],
                                 const struct departure_inputs_options *options);
void departure_inputs_free(struct departure_inputs *inputs);

/** Puts the question that is asked where nothing was chosen: as of the last epoch, and year on
 *  year. It borrows from inputs. NULL, or why the model cannot be put to these epochs: a constant.
 */
const char *departure_inputs_question(struct departure_question *out,
                                      const struct departure_inputs *inputs,
                                      const struct site_options *options);
/** The epoch whose middle is nearest to a year before that of `to`. */
size_t departure_inputs_year_before(const struct departure_inputs *inputs, size_t to);

/** Fills in the price of each epoch. False, and no epoch has one, where the series begins too late
 *  for the lagged means. *reconstructed: the first time that rests on a point which nobody quoted,
 *  UNIX seconds, or INT64_MAX. all: every complete epoch, of which series has the latest. */
bool departure_inputs_price(struct departure_series *series, int64_t *reconstructed,
                            const struct departure_series *all, const struct price_series *prices);

#endif
