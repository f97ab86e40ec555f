// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * watch_alarms: what is new since the last look, compared with the log of alarms.
 *
 * The engine's changes follow from the chain and nothing else; the log says which of them were
 * found when. An alarm of the log holds if it was raised and not withdrawn since. Each look
 * withdraws what holds no longer, since its block is gone, and raises what is not in the log.
 */
#include "config.h"

#include "monitor/mem.h"
#include "monitor/watch_internal.h"
#include "monitor/words.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/** Blocks after its alarm in which a change may still be found to have recovered: the engine's 8
 * weeks. */
#define RECOVERY_BLOCKS (4 * 2016)
/** A silence speaks for itself where luck alone makes one as long less often than this: else the
 * block is waited for, which brings onset and size. */
#define SILENCE_P 0.02
/** So many blocks below the tip an alarm of a silence is still looked at after a start. */
#define SILENCE_BLOCKS 144

/* ---- The log ------------------------------------------------------------ */

static struct watch_known *find_known(struct watch *watch, enum change_direction direction,
                                      bool silent, uint32_t height, const struct hash256 *hash)
{
    for (size_t i = watch->known_count; i-- > 0;) {
        struct watch_known *known = &watch->known[i];

        if (known->height == height && known->direction == direction && known->silent == silent &&
            hash256_equal(&known->hash, hash))
            return known;
    }
    return NULL;
}

/* A silence of the target's chain that the log holds, and that a fall is the end of: the fall began
 * with it or before, and a later block has raised it. NULL if there is none. */
static struct watch_known *find_silence(struct watch *watch, const struct engine_change *fall)
{
    struct tree *tree = headerfile_tree(watch->file);

    for (size_t i = watch->known_count; i-- > 0;) {
        struct watch_known *known = &watch->known[i];
        struct hash256 hash;

        if (known->silent && known->direction == fall->direction && known->height < fall->alarm &&
            known->height + 1 >= fall->verdict.onset && known->height >= tree_base_height(tree) &&
            tree_hash(tree, &hash, tree_ancestor(tree, watch->target, known->height)) &&
            hash256_equal(&known->hash, &hash))
            return known;
    }
    return NULL;
}

/* What the log holds of a change whose alarm is at a block of the target's chain: raised by that
 * block, or by a silence before it; NULL where it holds nothing. False if the block cannot be
 * read. */
static bool known_change(struct watch *watch, struct watch_known **known, struct hash256 *hash,
                         const struct engine_change *change)
{
    struct tree *tree = headerfile_tree(watch->file);
    uint32_t index = tree_ancestor(tree, watch->target, change->alarm);

    if (!tree_hash(tree, hash, index))
        return false;
    *known = find_known(watch, change->direction, false, change->alarm, hash);
    if (*known == NULL)
        *known = find_silence(watch, change);
    return true;
}

/* An alarm that is raised now. */
static struct watch_known fresh_known(const struct watch *watch, enum change_direction direction,
                                      uint32_t height)
{
    return (struct watch_known){.direction = direction,
                                .height = height,
                                .false_alarms_per_year = watch->options.false_alarms_per_year,
                                .daily_sd = watch->options.daily_sd};
}

static void add_known(struct watch *watch, const struct watch_known *known)
{
    if (watch->known_count == watch->known_room) {
        watch->known_room = watch->known_room * 2 + 16;
        watch->known = mem_resize(watch->known, watch->known_room, sizeof *watch->known);
    }
    watch->known[watch->known_count++] = *known;
}

static void drop_known(struct watch *watch, struct watch_known *known)
{
    size_t at = (size_t)(known - watch->known);

    for (; at + 1 < watch->known_count; at++)
        watch->known[at] = watch->known[at + 1];
    watch->known_count--;
}

static bool on_row(void *context, const struct observation_alarm *row)
{
    struct watch *watch = context;
    enum change_direction direction = row->rise ? CHANGE_RISE : CHANGE_FALL;
    struct watch_known *known = find_known(watch, direction, row->silent, row->height, &row->hash);

    switch (row->event) {
    case OBSERVATIONS_RAISED:
        if (known == NULL)
            add_known(watch,
                      &(struct watch_known){.direction = direction,
                                            .silent = row->silent,
                                            .height = row->height,
                                            .hash = row->hash,
                                            .false_alarms_per_year = row->false_alarms_per_year,
                                            .daily_sd = row->daily_sd});
        break;
    case OBSERVATIONS_WITHDRAWN:
        if (known != NULL)
            drop_known(watch, known);
        break;
    case OBSERVATIONS_RECOVERED:
        if (known != NULL)
            known->recovered = true;
        break;
    }
    return true;
}

void watch_load_known(struct watch *watch)
{
    if (watch->rows != NULL && !observations_each_alarm(watch->rows, on_row, watch))
        log_write(watch->log, LOG_UNUSUAL, "%s; alarms may be said again",
                  observations_error(watch->rows));
}

static struct observation_alarm row_of(const struct watch *watch, const struct watch_known *known,
                                       enum observations_alarm_event event, int64_t wall_ms)
{
    return (struct observation_alarm){
        .wall_ms = wall_ms,
        .event = event,
        .rise = known->direction == CHANGE_RISE,
        .silent = known->silent,
        .live = watch->live,
        .height = known->height,
        .hash = known->hash,
        .false_alarms_per_year = watch->options.false_alarms_per_year,
        .daily_sd = watch->options.daily_sd,
    };
}

static void write_row(struct watch *watch, const struct observation_alarm *row)
{
    if (watch->rows != NULL)
        observations_alarm(watch->rows, row);
}

/* ---- Withdrawn ---------------------------------------------------------- */

/* Blocks above the target may come back yet, after a loss of headers. */
static bool is_gone(const struct watch *watch, const struct watch_known *known)
{
    struct tree *tree = headerfile_tree(watch->file);
    struct hash256 hash;
    uint32_t index;

    if (known->height < tree_base_height(tree) ||
        known->height > watch_height(watch, watch->target))
        return false;
    index = tree_ancestor(tree, watch->target, known->height);
    return tree_hash(tree, &hash, index) && !hash256_equal(&hash, &known->hash);
}

static void withdraw(struct watch *watch, size_t at, int64_t now_ms, const char *why)
{
    struct watch_known known = watch->known[at];
    struct observation_alarm row = row_of(watch, &known, OBSERVATIONS_WITHDRAWN, now_ms);
    char height[WORDS_SIZE];

    drop_known(watch, &watch->known[at]);
    write_row(watch, &row);
    words_count(height, sizeof height, known.height);
    watch_say(watch, LOG_UNUSUAL, "hash rate: the %s found %s block %s is withdrawn: %s",
              known.direction == CHANGE_FALL ? "fall" : "rise", known.silent ? "after" : "at",
              height, why);
}

static void withdraw_gone(struct watch *watch, int64_t now_ms)
{
    for (size_t i = watch->known_count; i-- > 0;) {
        if (is_gone(watch, &watch->known[i]))
            withdraw(watch, i, now_ms, "a reorg has replaced the block");
    }
}

/* A silence after a block is followed by one that is as good evidence for a fall, and it or a later
 * one raises it; unless headers say that it was shorter than it looked. */
static bool is_confirmed(const struct watch *watch, uint32_t height)
{
    for (size_t i = engine_change_count(watch->engine); i-- > 0;) {
        struct engine_change change = engine_change(watch->engine, i);

        if (change.alarm <= height)
            break;
        if (change.direction == CHANGE_FALL && change.verdict.onset <= height + 1)
            return true;
    }
    return engine_fall_pending(watch->engine);
}

/* With others, that no block raises an alarm says nothing of the silence. */
static bool same_settings(const struct watch *watch, const struct watch_known *known)
{
    return known->false_alarms_per_year == watch->options.false_alarms_per_year &&
           known->daily_sd == watch->options.daily_sd;
}

static void withdraw_unconfirmed(struct watch *watch, int64_t now_ms)
{
    uint32_t tip = engine_tip(watch->engine);

    for (size_t i = watch->known_count; i-- > 0;) {
        const struct watch_known *known = &watch->known[i];

        if (known->silent && known->height < tip && known->height + SILENCE_BLOCKS > tip &&
            same_settings(watch, known) && !is_confirmed(watch, known->height))
            withdraw(watch, i, now_ms, "by the next blocks' times the silence was shorter");
    }
}

/* ---- Raised ------------------------------------------------------------- */

static void fill_extent(struct observation_alarm *row, const struct figures_change *change)
{
    const struct change_extent *extent = &change->extent.extent;

    if (change->extent.status != ENGINE_OK)
        return;
    row->onset = extent->onset;
    row->onset_lo = extent->onset_lo;
    row->onset_hi = extent->onset_hi;
    row->ratio = exp(extent->log_size);
    row->ratio_lo = exp(extent->log_size_lo);
    row->ratio_hi = exp(extent->log_size_hi);
}

/* The engine's change i, if the log does not hold it. True if it is new. */
static bool raise_new(struct watch *watch, size_t i, int64_t now_ms)
{
    struct engine_change change = engine_change(watch->engine, i);
    struct watch_known fresh = fresh_known(watch, change.direction, change.alarm);
    struct watch_known *known = NULL;
    struct observation_alarm row;
    struct figures_change figures;

    if (!known_change(watch, &known, &fresh.hash, &change))
        return false;
    if (known != NULL && watch->looked && known->silent) {
        figures = figures_change_at(watch->engine, i);
        watch_say_over(watch, &figures, now_ms);
    }
    if (known != NULL)
        return false;
    figures = figures_change_at(watch->engine, i);
    row = row_of(watch, &fresh, OBSERVATIONS_RAISED, now_ms);
    fill_extent(&row, &figures);
    write_row(watch, &row);
    if (watch->looked)
        watch_say_found(watch, &figures, now_ms);
    add_known(watch, &fresh);
    return true;
}

/* ---- Recovered ---------------------------------------------------------- */

/* Only the last change's way is followed: the one before it has been overtaken. */
static void look_for_recovery(struct watch *watch, int64_t now_ms)
{
    size_t count = engine_change_count(watch->engine);
    struct engine_change change;
    struct engine_extent extent;
    struct watch_known *known = NULL;
    struct observation_alarm row;
    struct hash256 hash;
    char height[WORDS_SIZE];

    if (count == 0)
        return;
    change = engine_change(watch->engine, count - 1);
    if (!known_change(watch, &known, &hash, &change) || known == NULL || known->recovered ||
        engine_tip(watch->engine) - change.alarm > RECOVERY_BLOCKS)
        return;
    extent = engine_extent(watch->engine, count - 1);
    if (extent.status != ENGINE_OK || extent.recovered_height == 0)
        return;
    known->recovered = true;
    row = row_of(watch, known, OBSERVATIONS_RECOVERED, now_ms);
    write_row(watch, &row);
    words_count(height, sizeof height, change.alarm);
    if (watch->looked)
        watch_say(watch, LOG_INFO,
                  "hash rate: at least half of the %s found at block %s has been undone",
                  change.direction == CHANGE_FALL ? "fall" : "rise", height);
}

/* ---- The look ----------------------------------------------------------- */

void watch_look(struct watch *watch, const struct watch_moment *moment)
{
    int64_t now_ms = moment->now.wall_ms;
    size_t found[2] = {0, 0};

    if (!watch->looked || watch->disconnected)
        withdraw_gone(watch, now_ms);
    withdraw_unconfirmed(watch, now_ms);
    for (size_t i = 0; i < engine_change_count(watch->engine); i++) {
        struct engine_change change = engine_change(watch->engine, i);

        /* Changes are in order of alarm: those before the last look were compared then. */
        if ((!watch->looked || change.alarm > watch->seen) && raise_new(watch, i, now_ms))
            found[change.direction == CHANGE_RISE]++;
    }
    look_for_recovery(watch, now_ms);
    if (!watch->looked)
        watch_say_summary(watch, moment, found[0], found[1]);
    else
        watch_say_epoch(watch, moment, watch->seen + 1);
    watch->looked = true;
    watch->moved = false;
    watch->disconnected = false;
    watch->seen = engine_tip(watch->engine);
}

/* Whether a silence has been said already and its fall is still to be raised: blocks have come, but
 * none yet that shows that their stamps were right. */
static bool silence_pends(const struct watch *watch)
{
    uint32_t tip = engine_tip(watch->engine);

    if (!engine_fall_pending(watch->engine))
        return false;
    for (size_t i = 0; i < watch->known_count; i++)
        if (watch->known[i].silent && watch->known[i].height <= tip &&
            watch->known[i].height + SILENCE_BLOCKS > tip && !is_gone(watch, &watch->known[i]))
            return true;
    return false;
}

void watch_listen(struct watch *watch, const struct watch_moment *moment)
{
    struct tree *tree = headerfile_tree(watch->file);
    struct watch_known fresh = fresh_known(watch, CHANGE_FALL, engine_tip(watch->engine));
    struct engine_block tip = engine_block_at(watch->engine, fresh.height);
    struct observation_alarm row;
    char silence[WORDS_SIZE];
    char height[WORDS_SIZE];
    double seconds;

    /* Since the tip came we have been there, and the clock was right. */
    if (watch->silent_said == watch->target || tip.arrival_ms == ENGINE_NO_ARRIVAL ||
        tip.arrival_ms < moment->since_ms ||
        engine_hashrate(watch->engine, moment->now.wall_ms).silence_p > SILENCE_P ||
        silence_pends(watch) || !engine_silent_alarm(watch->engine, moment->now.wall_ms).alarm)
        return;
    watch->silent_said = watch->target;
    fresh.silent = true;
    if (!tree_hash(tree, &fresh.hash, watch->target) ||
        find_known(watch, CHANGE_FALL, true, fresh.height, &fresh.hash) != NULL)
        return;
    watch->live = true;
    row = row_of(watch, &fresh, OBSERVATIONS_RAISED, moment->now.wall_ms);
    write_row(watch, &row);
    add_known(watch, &fresh);
    seconds = engine_silence_s(watch->engine, moment->now.wall_ms);
    words_duration(silence, sizeof silence, seconds);
    words_count(height, sizeof height, fresh.height);
    watch_say(watch, LOG_UNUSUAL,
              "hash rate has probably fallen: there is no block since block %s, for %s", height,
              silence);
}
