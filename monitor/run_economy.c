// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * run_economy: see run_economy.h.
 */
#include "config.h"

#include "monitor/run_economy.h"

static const struct tree *synced_tree(void *context)
{
    struct run_economy *economy = context;

    return app_is_synced(economy->options.app) ? app_tree(economy->options.app) : NULL;
}

static void on_figures(void *context, const struct alerting_figure *figures, size_t count)
{
    struct run_economy *economy = context;

    alerting_figures(economy->options.alerting, figures, count);
}

static void on_priced(void *context)
{
    struct run_economy *economy = context;

    appraiser_priced(economy->appraiser);
}

void run_economy_start(struct run_economy *economy, const struct run_economy_options *options)
{
    struct appraiser_options appraiser = {.loop = options->loop,
                                          .log = options->log,
                                          .settings = options->settings,
                                          .tree = synced_tree,
                                          .done = on_figures,
                                          .context = economy};
    struct pricing_options pricing = {.loop = options->loop,
                                      .log = options->log,
                                      .settings = options->settings,
                                      .priced = on_priced,
                                      .figures = on_figures,
                                      .context = economy};

    *economy = (struct run_economy){.options = *options};
    if (options->settings->params->network != NETWORK_MAIN)
        return;
    economy->appraiser = appraiser_new(&appraiser);
    economy->pricing = pricing_new(&pricing);
    if (economy->pricing == NULL)
        log_write(options->log, LOG_BROKEN,
                  "prices are not asked for: the network library cannot be used");
}

void run_economy_reconfigure(struct run_economy *economy, const struct settings *settings)
{
    if (economy->appraiser != NULL)
        appraiser_reconfigure(economy->appraiser, settings);
    if (economy->pricing != NULL)
        pricing_reconfigure(economy->pricing, settings);
}

const struct settings *run_economy_uses(const struct run_economy *economy)
{
    return appraiser_uses(economy->appraiser);
}

bool run_economy_stop(struct run_economy *economy)
{
    pricing_stop(economy->pricing);
    return appraiser_stop(economy->appraiser);
}

void run_economy_free(struct run_economy *economy)
{
    pricing_free(economy->pricing);
    appraiser_free(economy->appraiser);
}
