// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerting_observe: the snapshots that rules look at.
 */
#include "config.h"

#include "monitor/alerting_internal.h"

/** What waits in the outbox is counted this often, in ms: it takes a query. */
#define COUNT_MS 30000

static void forget_all(struct metrics *metrics, enum metric_class subject)
{
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        if (metric_info((enum metric_id)i)->subject == subject)
            metrics->values[i] = (struct metric_value){.known = false};
    }
}

static void observe_peers(struct alerting *alerting)
{
    const struct alerting_health *health = &alerting->moment.health;
    struct metrics *metrics = &alerting->metrics;
    int64_t since_ms = alerting->moment.now.mono_ms - alerting->best_ms;

    metrics_set(metrics, METRIC_SYNC_SYNCED, alerting->moment.synced);
    metrics_set(metrics, METRIC_SYNC_PEERS, (double)health->peers);
    if (health->peers_wanted > 0)
        metrics_set(metrics, METRIC_SYNC_PEERS_SHARE,
                    (double)health->peers / (double)health->peers_wanted);
    metrics_set(metrics, METRIC_SYNC_GROUPS, (double)health->groups);
    metrics_set(metrics, METRIC_SYNC_DISAGREEING_GROUPS, (double)health->disagreeing_groups);
    metrics_set(metrics, METRIC_SYNC_TIP_AGE_S, (double)since_ms / 1000.0);
}

static void observe_delivery(struct alerting *alerting)
{
    struct metrics *metrics = &alerting->metrics;
    int64_t wall_ms = alerting->moment.now.wall_ms;
    double age_ms = 0;

    if (alerting->moment.now.mono_ms >= alerting->count_ms) {
        alerting->counted = outbox_counts(alerting->outbox, &alerting->counts);
        alerting->count_ms = alerting->moment.now.mono_ms + COUNT_MS;
    }
    if (!alerting->counted)
        return;
    if (alerting->counts.any && alerting->counts.oldest_ms < wall_ms)
        age_ms = (double)(wall_ms - alerting->counts.oldest_ms);
    metrics_set(metrics, METRIC_DELIVERY_OLDEST_S, age_ms / 1000.0);
    metrics_set(metrics, METRIC_DELIVERY_QUEUED, (double)alerting->counts.queued);
    metrics_set(metrics, METRIC_DELIVERY_DEAD, (double)alerting->counts.dead);
}

void alerting_figures(struct alerting *alerting, const struct alerting_figure *figures,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        alerting->given[figures[i].id] = figures[i].value;
}

static void observe_given(struct alerting *alerting, enum metric_class subject)
{
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        if (alerting->given[i].known && metric_info((enum metric_id)i)->subject == subject)
            alerting->metrics.values[i] = alerting->given[i];
    }
}

static void observe_health(struct alerting *alerting)
{
    const struct alerting_health *health = &alerting->moment.health;
    struct metrics *metrics = &alerting->metrics;

    forget_all(metrics, METRIC_HEALTH);
    observe_peers(alerting);
    if (health->clock_known)
        metrics_set(metrics, METRIC_CLOCK_ERROR_MS, (double)health->clock_error_us / 1000.0);
    metrics_set(metrics, METRIC_CLOCK_SUSPECT, health->clock_suspect);
    metrics_set(metrics, METRIC_STORE_TROUBLE,
                health->store_trouble || alerting_trouble(alerting) != NULL);
    metrics_set(metrics, METRIC_STORE_DROPPED, (double)health->store_dropped);
    observe_delivery(alerting);
    observe_given(alerting, METRIC_HEALTH);
}

/* When a block that was missed came, as far as anybody knows: never after now, never going back. */
static int64_t late_time(struct alerting *alerting, const struct engine *engine)
{
    struct engine_block block = engine_block_at(engine, engine_tip(engine));
    int64_t time_ms = block.arrival_ms != ENGINE_NO_ARRIVAL ? block.arrival_ms : block.time_ms;
    int64_t now_ms = alerting_steady(alerting);

    time_ms = time_ms < alerting->late_ms ? alerting->late_ms : time_ms;
    time_ms = time_ms < now_ms ? time_ms : now_ms;
    alerting->late_ms = time_ms;
    return time_ms;
}

static void observe_engine(struct alerting *alerting, const struct alerting_view *view)
{
    struct metrics *metrics = &alerting->metrics;
    /* A block that came late ended whatever silence there was. */
    struct observe_moment moment = {
        .now_ms = metrics->wall_ms,
        .listening = view->late || alerting->moment.listening,
        .retargets = !tree_params(alerting->tree)->no_retarget,
        .reorg_depth = view->reorg.disconnected,
    };

    observe_chain(metrics, view->engine, &alerting->wanted, &moment);
}

bool alerting_snapshot(struct alerting *alerting, const struct alerting_view *view)
{
    struct metrics *metrics = &alerting->metrics;
    const struct alerting_moment *moment = &alerting->moment;

    metrics->late = view->late;
    metrics->steady_ms = view->late ? late_time(alerting, view->engine) : alerting_steady(alerting);
    metrics->wall_ms = view->late ? metrics->steady_ms : moment->now.wall_ms;
    metrics->uptime_ms = moment->now.mono_ms - alerting->start.mono_ms;
    metrics->synced = moment->synced;
    metrics->reorged = view->reorg.disconnected > 0;
    metrics->fork_height = view->reorg.fork_height;
    metrics->has_tip = view->index != TREE_NONE;
    if (metrics->has_tip) {
        metrics->height = tree_get(alerting->tree, view->index).height;
        if (!tree_hash(alerting->tree, &metrics->hash, view->index))
            return false;
    }
    observe_health(alerting);
    forget_all(metrics, METRIC_CHAIN);
    if (view->engine != NULL)
        observe_engine(alerting, view);
    if (view->engine != NULL && !view->late)
        observe_given(alerting, METRIC_CHAIN);
    return true;
}
