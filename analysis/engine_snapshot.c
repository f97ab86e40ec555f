// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * engine_snapshot: the engine as bytes, and whether two are equal. See engine.h.
 *
 *   struct snapshot_head      what follows, and from which options it came
 *   struct engine_core        the core
 *   series, batches, rates, alarms, ended      the logs, each as long as the core says
 *   struct engine_core ...    checkpoints, so that a reorg need not begin at the first block
 *   32 bytes                  double SHA-256 of all before
 *
 * Bytes are as the machine has them: a snapshot is for the same machine and version, and made anew
 * from the blocks where it is not. The checksum finds damage, not malice; so that a made-up
 * snapshot does no harm either, numbers are looked at as well: whatever is restored gives figures,
 * if perhaps wrong ones.
 */
#include "config.h"

#include "analysis/engine.h"
#include "analysis/engine_internal.h"
#include "chain/cursor.h"
#include "chain/sha256.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/** "tideeng" and a version: to be raised when a core of the same size and models means something
 *  else. */
#define SNAPSHOT_MAGIC 0x0200676e65656474ULL
/** The largest number in a snapshot: seconds per exahash of a million years and one hash are 1e32.
 */
#define TAME_MAX 1e80

struct snapshot_head {
    uint64_t magic;
    uint64_t core_size; /* a build that has other structures has other sizes */
    uint64_t models;    /* and one of other constants has other models */
    uint64_t arrivals;
    double false_alarms_per_year;
    double daily_sd;
    struct change_offsets offsets;
    uint64_t past_count;
    uint64_t first;
    uint64_t checkpoints;
};

/** A log as bytes. */
struct piece {
    const struct engine_log *log;
    size_t count;
    size_t size; /* of an entry */
};

#define PIECES 5

static void pieces_of(struct piece pieces[PIECES], const struct engine *engine)
{
    pieces[0] = (struct piece){&engine->series, engine->core.count, sizeof(struct engine_sample)};
    pieces[1] =
        (struct piece){&engine->batches, engine_batch_count(engine), sizeof(struct engine_batch)};
    pieces[2] = (struct piece){&engine->rates, engine_rate_count(engine), sizeof(double)};
    pieces[3] = (struct piece){&engine->alarms, engine->core.alarms, sizeof(struct engine_alarm)};
    pieces[4] = (struct piece){&engine->ended, engine->core.scored, sizeof(struct engine_ended)};
}

/** Constants of the models that are looked at. */
#define MODEL_NUMBERS 128

/* A number for all constants that what is in a core rests on: those of another release differ. */
static uint64_t models_of(const struct engine *engine)
{
    static const double sds[] = {0.005, 0.0075, 0.01, 0.015, 0.02};
    double numbers[MODEL_NUMBERS] = {0};
    size_t count = 0;
    struct hash256 hash;
    uint64_t first = 0;

    for (int j = 0; j < NOWCAST_FILTERS; j++) {
        numbers[count++] = engine->bank.keep[j];
        numbers[count++] = engine->bank.log_prior[j];
    }
    numbers[count++] = engine->bank.forget;
    for (enum change_direction way = CHANGE_FALL; way <= CHANGE_RISE; way++) {
        struct change_model model = change_model(way, 0.0);

        numbers[count++] = model.keep;
        for (int k = 0; k < CHANGE_SIZES; k++) {
            numbers[count++] = model.jump[k];
            numbers[count++] = model.threshold[k];
        }
        for (size_t i = 0; i < sizeof sds / sizeof sds[0]; i++)
            numbers[count++] = change_offset(way, sds[i], 1.0);
    }
    sha256d(&hash, numbers, sizeof numbers);
    memcpy(&first, hash.bytes, sizeof first);
    return first;
}

static struct snapshot_head head_of(const struct engine *engine)
{
    const struct engine_options *options = &engine->options;
    struct snapshot_head head = {
        .magic = SNAPSHOT_MAGIC,
        .core_size = sizeof(struct engine_core),
        .models = models_of(engine),
        .arrivals = options->arrivals,
        .false_alarms_per_year = options->false_alarms_per_year,
        .daily_sd = options->daily_sd,
        .offsets = options->offsets,
        .past_count = options->past_count,
        .first = engine->core.count > 0 ? engine->first : 0,
    };

    return head;
}

bool engine_equal(const struct engine *a, const struct engine *b)
{
    struct snapshot_head heads[2] = {head_of(a), head_of(b)};
    struct piece pieces[2][PIECES];

    if (memcmp(&heads[0], &heads[1], sizeof heads[0]) != 0 ||
        memcmp(&a->core, &b->core, sizeof a->core) != 0)
        return false;
    pieces_of(pieces[0], a);
    pieces_of(pieces[1], b);
    for (int i = 0; i < PIECES; i++) {
        const struct piece *piece = &pieces[0][i];

        if (piece->count > 0 &&
            memcmp(piece->log->at, pieces[1][i].log->at, piece->count * piece->size) != 0)
            return false;
    }
    return true;
}

static void put(uint8_t **at, const void *from, size_t len)
{
    if (len > 0)
        memcpy(*at, from, len);
    *at += len;
}

static uint64_t checkpoints_of(const struct engine *engine)
{
    uint64_t count = 0;

    for (size_t i = 0; i < ENGINE_CHECKPOINTS; i++)
        count += engine->checkpoint[i].count > 0;
    return count;
}

uint8_t *engine_snapshot(const struct engine *engine, size_t *len)
{
    struct snapshot_head head = head_of(engine);
    struct piece pieces[PIECES];
    struct hash256 sum;
    uint8_t *bytes = NULL;
    uint8_t *at = NULL;

    head.checkpoints = checkpoints_of(engine);
    pieces_of(pieces, engine);
    *len = sizeof head + (1 + head.checkpoints) * sizeof engine->core + sizeof sum.bytes;
    for (int i = 0; i < PIECES; i++)
        *len += pieces[i].count * pieces[i].size;
    bytes = malloc(*len);
    if (bytes == NULL)
        return NULL;
    at = bytes;
    put(&at, &head, sizeof head);
    put(&at, &engine->core, sizeof engine->core);
    for (int i = 0; i < PIECES; i++)
        put(&at, pieces[i].log->at, pieces[i].count * pieces[i].size);
    for (size_t i = 0; i < ENGINE_CHECKPOINTS; i++)
        if (engine->checkpoint[i].count > 0)
            put(&at, &engine->checkpoint[i], sizeof engine->core);
    sha256d(&sum, bytes, *len - sizeof sum.bytes);
    put(&at, sum.bytes, sizeof sum.bytes);
    return bytes;
}

/* ---- back again ---------------------------------------------------------- */

/* Within what any chain can lead to, with room: no sum or product of them leaves a double. */
static bool tame(double x)
{
    return fabs(x) <= TAME_MAX;
}

static bool positive(double x)
{
    return tame(x) && x >= 1.0 / TAME_MAX;
}

static bool not_negative(double x)
{
    return tame(x) && x >= 0.0;
}

static bool belief_sound(struct gamma_belief belief)
{
    return positive(belief.shape) && positive(belief.rate);
}

static bool nowcast_sound(const struct nowcast_state *state)
{
    bool sound = not_negative(state->batch_sum);

    for (int j = 0; j < NOWCAST_FILTERS; j++)
        sound = sound && belief_sound(state->filter[j]) && belief_sound(state->before[j]) &&
                tame(state->score[j]);
    return sound;
}

/* A score that has something to say began at a block that there is. */
static bool detector_sound(const struct change_state *state, uint32_t first, uint32_t tip)
{
    bool sound = belief_sound(state->null);

    for (int k = 0; k < CHANGE_SIZES; k++) {
        const struct change_alternative *alternative = &state->alternative[k];

        sound = sound && belief_sound(alternative->belief) && belief_sound(alternative->base) &&
                tame(alternative->score) &&
                (alternative->score <= 0.0 ||
                 (alternative->since > first && alternative->since <= tip));
    }
    return sound;
}

static bool pending_sound(const struct engine_pending *pending)
{
    return belief_sound(pending->rate) && positive(pending->work_eh) &&
           not_negative(pending->elapsed_s) && positive(pending->linear) &&
           positive(pending->mempool);
}

/* Whether a core can be one after its count of blocks of this engine. */
static bool core_sound(const struct engine_core *core, const struct engine *engine)
{
    uint32_t first = engine->first;
    uint32_t tip = first + core->count - 1;
    uint32_t done = tip % ENGINE_EPOCH_BLOCKS;
    bool sound = core->count > 0 && core->count <= ENGINE_HEIGHT_MAX &&
                 core->epochs == tip / ENGINE_EPOCH_BLOCKS - first / ENGINE_EPOCH_BLOCKS &&
                 core->scored <= core->epochs && core->alarms <= 2 * (uint64_t)core->count &&
                 core->running <= 1;

    sound = sound && nowcast_sound(&core->nowcast) && positive(core->daily_sd) &&
            not_negative(core->drift) && tame(core->latest_s) && not_negative(core->batch_sum) &&
            not_negative(core->epoch_sum) && positive(core->epoch_work_eh) &&
            not_negative(core->previous_work_eh);
    for (int way = CHANGE_FALL; way <= CHANGE_RISE; way++)
        sound =
            sound && tame(core->offset[way]) && detector_sound(&core->detector[way], first, tip);
    for (int k = 0; k < ENGINE_MILESTONES && done < core->count; k++)
        sound = sound && (engine_milestones[k] > done || pending_sound(&core->pending[k]));
    return sound;
}

static bool series_sound(const struct engine *engine)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < engine->core.count; i++) {
        uint32_t here = engine_samples(engine)[i].bits;

        if ((i == 0 || here != bits) && !positive(interval_work_eh(here)))
            return false;
        bits = here;
    }
    return true;
}

static bool logs_sound(const struct engine *engine, const struct engine *fresh)
{
    bool sound = true;
    uint32_t tip = engine_height(engine);

    for (size_t i = 0; i < engine_batch_count(engine); i++) {
        const struct engine_batch *batch = &engine_batches(engine)[i];

        sound = sound && (isnan(batch->sum) || positive(batch->sum)) && !isinf(batch->start_s) &&
                positive(batch->ehs);
    }
    for (size_t i = 0; i < engine_rate_count(engine); i++)
        sound = sound && not_negative(engine_rates(engine)[i]);
    if (fresh->options.past_count > 0)
        sound = sound && memcmp(engine_rates(engine), engine_rates(fresh),
                                fresh->options.past_count * sizeof(double)) == 0;
    for (size_t i = 0; i < engine->core.alarms; i++) {
        const struct engine_alarm *alarm = &engine_alarms(engine)[i];

        sound = sound && alarm->direction <= CHANGE_RISE && alarm->size < CHANGE_SIZES &&
                alarm->onset > engine->first && alarm->onset <= alarm->alarm &&
                alarm->alarm <= tip && (i == 0 || alarm[-1].alarm <= alarm->alarm) &&
                belief_sound(alarm->base) && not_negative(alarm->walk) &&
                not_negative(alarm->hidden) && tame(alarm->excess) &&
                not_negative(alarm->luck_per_year);
    }
    for (size_t i = 0; i < engine->core.scored; i++) {
        const struct engine_ended *ended = &engine_ended(engine)[i];

        sound = sound && positive(ended->actual) && ended->epoch <= tip;
        for (int k = 0; k < ENGINE_MILESTONES; k++)
            sound = sound && pending_sound(&ended->forecast[k]);
    }
    return sound;
}

static bool take(void *out, struct cursor *cursor, size_t len)
{
    if (len > 0)
        cursor_copy(cursor, out, len);
    return cursor_ok(cursor);
}

/* A log of this many entries, with the room that the next block may need. */
static bool take_log(struct engine_log *log, struct cursor *cursor, size_t count, size_t size)
{
    if (cursor->left / size < count)
        return false;
    free(log->at);
    *log = (struct engine_log){malloc((count + 1) * size), count + 1};
    if (log->at == NULL) {
        log->room = 0;
        return false;
    }
    return take(log->at, cursor, count * size);
}

static bool take_checkpoints(struct engine *engine, struct cursor *cursor, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct engine_core core;

        if (!take(&core, cursor, sizeof core) || !core_sound(&core, engine) ||
            core.count > engine->core.count || core.alarms > engine->core.alarms ||
            core.scored > engine->core.scored)
            return false;
        engine_keep(engine, &core);
    }
    return true;
}

static bool take_all(struct engine *engine, struct cursor *cursor, const struct engine *fresh,
                     uint64_t checkpoints)
{
    struct piece pieces[PIECES];

    if (!take(&engine->core, cursor, sizeof engine->core))
        return false;
    if (engine->core.count > 0 && !core_sound(&engine->core, engine))
        return false;
    if (engine->core.count == 0) /* as it was made */
        return memcmp(&engine->core, &fresh->core, sizeof engine->core) == 0;
    pieces_of(pieces, engine);
    /* The same in pieces_of()'s order. */
    if (!take_log(&engine->series, cursor, pieces[0].count, pieces[0].size) ||
        !take_log(&engine->batches, cursor, pieces[1].count, pieces[1].size) ||
        !take_log(&engine->rates, cursor, pieces[2].count, pieces[2].size) ||
        !take_log(&engine->alarms, cursor, pieces[3].count, pieces[3].size) ||
        !take_log(&engine->ended, cursor, pieces[4].count, pieces[4].size) ||
        !engine_caches_reserve(engine) || !series_sound(engine) || !logs_sound(engine, fresh) ||
        !take_checkpoints(engine, cursor, checkpoints))
        return false;
    engine_set_detectors(engine);
    return cursor_done(cursor);
}

struct engine *engine_restore(const struct engine_options *options, const uint8_t *bytes,
                              size_t len)
{
    struct engine *engine = engine_new(options);
    struct engine *fresh = engine_new(options);
    struct snapshot_head head;
    struct snapshot_head wanted;
    struct hash256 sum;
    struct cursor cursor = cursor_of(bytes, len);
    bool restored = engine != NULL && fresh != NULL && len > sizeof head + sizeof sum.bytes;

    if (restored) {
        cursor = cursor_of(bytes, len - sizeof sum.bytes);
        sha256d(&sum, bytes, cursor.left);
        restored = memcmp(sum.bytes, bytes + cursor.left, sizeof sum.bytes) == 0 &&
                   take(&head, &cursor, sizeof head);
    }
    if (restored) {
        wanted = head_of(fresh);
        wanted.first = head.first;
        wanted.checkpoints = head.checkpoints;
        restored = memcmp(&head, &wanted, sizeof head) == 0 && head.first <= ENGINE_HEIGHT_MAX;
    }
    if (restored) {
        engine->first = (uint32_t)head.first;
        restored = take_all(engine, &cursor, fresh, head.checkpoints);
    }
    engine_free(fresh);
    if (!restored) {
        engine_free(engine);
        return NULL;
    }
    return engine;
}
