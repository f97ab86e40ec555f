// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_market: what sources of the price have answered, as it was kept.
 */
#include "config.h"

#include "monitor/economy.h"
#include "monitor/export.h"

#include <stdio.h>
#include <string.h>

static bool put_quote(void *context, const struct market_kept *quote)
{
    struct table *table = context;

    table_time_ms(table, quote->fetched_ms);
    table_string(table, quote->source);
    table_string(table, quote->verdict);
    export_number(table, quote->usd > 0.0, quote->usd);
    export_number(table, quote->round_known, quote->round_usd);
    export_figure(table, quote->round_known, quote->spread);
    table_integer(table, quote->sources);
    table_integer(table, quote->agreeing);
    table_string(table, quote->detail);
    table_end_row(table);
    return !table_failed(table);
}

static bool write(struct export *export, struct table *table, enum table_format format)
{
    char message[ECONOMY_MESSAGE_SIZE];
    bool missing = false, good = false;
    struct market_store *store = economy_open_market(export->settings, true, &missing, message);

    (void)format;
    if (store == NULL) {
        snprintf(export->error, sizeof export->error, "%.500s", message);
        return missing; /* nothing was fetched: no rows */
    }
    good = market_store_each(store, 0, put_quote, table);
    if (!good)
        snprintf(export->error, sizeof export->error, "%.500s", market_store_error(store));
    market_store_close(store);
    return good;
}

static const struct table_column columns[] = {
    {"fetched", TABLE_TIME, "When sources were asked."},
    {"source", TABLE_STRING, "Name of the source."},
    {"verdict", TABLE_STRING, "good, or why the answer does not count: see hashtide(1)."},
    {"usd", TABLE_NUMBER, "Price of a bitcoin that it gave; empty if it gave none."},
    {"median_usd", TABLE_NUMBER, "Median of the sources that agreed; empty if too few did."},
    {"spread", TABLE_NUMBER, "Largest of these less the least, over the median."},
    {"sources", TABLE_INTEGER, "How many were asked."},
    {"agreeing", TABLE_INTEGER, "How many agreed."},
    {"detail", TABLE_STRING, "What is to be said of the verdict."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_market = {
    .name = "market",
    .summary = "what sources of the price have answered",
    .columns = columns,
    .store = EXPORT_STORE_UNUSED,
    .whole = true,
    .write = write,
};
