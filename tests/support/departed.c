// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departed: see departed.h.
 */
#include "config.h"

#include "tests/support/departed.h"

#include "tests/support/vectors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns of mainnet-epochs.csv, vectors/E_epochs.csv, ai/ledger.csv and vectors/E_paths.csv. */
enum { HEADER_DIFFICULTY = 2, HEADER_TIME };
enum { EPOCH_PRICE = 6 };
enum { SITE_MW = 1, SITE_ANNOUNCED = 3, SITE_ENERGISED, SITE_FULL, SITE_DELIVERY };
enum { PATH_SHARE = 2 };

#define EPOCH_BLOCKS 2016.0
#define YEAR_SECONDS 31556952.0

static void *checked(void *pointer)
{
    if (pointer == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(EXIT_FAILURE);
    }
    return pointer;
}

/* Times and rates as exact as the headers: the vectors have them rounded, and the share of an epoch
 * that an event overlaps would feel it. */
static void take_epochs(struct departed *out, const struct vectors *table,
                        const struct vectors *headers)
{
    out->count = table->rows;
    out->epochs = checked(calloc(table->rows, sizeof *out->epochs));
    out->times = checked(calloc(table->rows, sizeof *out->times));
    for (size_t i = 0; i < table->rows; i++) {
        struct departure_epoch *epoch = &out->epochs[i];
        size_t row = (size_t)(vectors_at(table, i, 0) / EPOCH_BLOCKS);
        double start = vectors_at(headers, row, HEADER_TIME);
        double end = vectors_at(headers, row + 1, HEADER_TIME);
        double work = vectors_at(headers, row, HEADER_DIFFICULTY) * 0x1p48 / 65535.0;

        epoch->start = 1970.0 + start / YEAR_SECONDS;
        epoch->end = 1970.0 + end / YEAR_SECONDS;
        epoch->log_rate = log(EPOCH_BLOCKS * work / (end - start) / 1e18);
        for (size_t k = 0; k < DEPARTURE_PRICES; k++)
            epoch->price[k] = vectors_at(table, i, EPOCH_PRICE + k);
        out->times[i] = departure_epoch_mid(epoch);
    }
}

/* Whether a site mined in full stands in words in the ledger; the vectors have it as a number. */
static void take_sites(struct departed *out, const struct vectors *ledger,
                       const struct vectors *paths)
{
    out->site_count = ledger->rows < DEPARTED_SITES_MAX ? ledger->rows : DEPARTED_SITES_MAX;
    for (size_t i = 0; i < out->site_count; i++) {
        (void)snprintf(out->names[i], sizeof out->names[i], "site %zu", i);
        out->sites[i] = (struct site){
            .name = out->names[i],
            .mw = vectors_at(ledger, i, SITE_MW),
            .mined = vectors_at(paths, i, PATH_SHARE) > 0.6 ? SITE_MINED_YES : SITE_MINED_PARTLY,
            .announced = vectors_at(ledger, i, SITE_ANNOUNCED),
            .unplugged = NAN,
            .energised = vectors_at(ledger, i, SITE_ENERGISED),
            .full = vectors_at(ledger, i, SITE_FULL),
            .delivery = vectors_at(ledger, i, SITE_DELIVERY),
        };
    }
}

bool departed_read(struct departed *out)
{
    struct vectors epochs = {0};
    struct vectors headers = {0};
    struct vectors ledger = {0};
    struct vectors paths = {0};
    bool there;

    memset(out, 0, sizeof *out);
    there = vectors_read(&epochs, "../vectors/E_epochs.csv") &&
            vectors_read(&headers, "mainnet-epochs.csv") &&
            vectors_read(&ledger, "ai/ledger.csv") &&
            vectors_read(&paths, "../vectors/E_paths.csv") && paths.rows == ledger.rows;
    if (there) {
        take_epochs(out, &epochs, &headers);
        take_sites(out, &ledger, &paths);
    }
    vectors_free(&epochs);
    vectors_free(&headers);
    vectors_free(&ledger);
    vectors_free(&paths);
    return there;
}

void departed_free(struct departed *departed)
{
    free(departed->epochs);
    free(departed->times);
    memset(departed, 0, sizeof *departed);
}

struct departure_data departed_from(const struct departed *departed, double start, size_t *first)
{
    struct departure_data data = {.choice = DEPARTURE_EVENTS_ALL, .price = true};
    size_t skip = 0;

    while (skip + 1 < departed->count && departed->times[skip] < start)
        skip++;
    data.epochs = departed->epochs + skip;
    data.count = departed->count - skip;
    data.events = departure_events(&data.event_count);
    if (first != NULL)
        *first = skip;
    return data;
}
