// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_walk: what datasets of estimates share: the engine over the store's best chain.
 */
#include "config.h"

#include "monitor/export.h"

#include <stdio.h>

uint32_t export_tip(const struct export *export)
{
    return tree_get(export->tree, tree_best(export->tree)).height;
}

uint32_t export_time(const struct export *export, uint32_t height)
{
    return tree_get(export->tree, tree_best_at(export->tree, height)).time;
}

static bool fail(struct export *export, const char *why)
{
    snprintf(export->error, sizeof(export->error), "%s", why);
    return false;
}

bool export_walk_begin(struct export_walk *walk, struct export *export)
{
    *walk = (struct export_walk){.export = export};
    if (!replay_arrivals_load(&walk->arrivals, export->observations, export->tree))
        return fail(export, observations_error(export->observations));
    walk->engine = replay_new(&export->options, export->file);
    return walk->engine != NULL || fail(export, "out of memory");
}

bool export_walk_to(struct export_walk *walk, uint32_t to, replay_each_fn each, void *context)
{
    struct export *export = walk->export;

    if (replay_connect(walk->engine, export->tree, &walk->arrivals, to, each, context))
        return true;
    /* Said by the table, if that is what failed. */
    return fail(export, "out of memory");
}

void export_walk_end(struct export_walk *walk)
{
    engine_free(walk->engine);
    replay_arrivals_free(&walk->arrivals);
}

void export_figure(struct table *table, bool known, double value)
{
    if (known)
        table_figure(table, value);
    else
        table_null(table);
}

void export_number(struct table *table, bool known, double value)
{
    char text[TABLE_NUMBER_SIZE];

    if (!known) {
        table_null(table);
        return;
    }
    table_number_text(text, value);
    table_number(table, text);
}

void export_figures(struct table *table, bool known, double value, double low, double high)
{
    export_figure(table, known, value);
    export_figure(table, known, low);
    export_figure(table, known, high);
}
