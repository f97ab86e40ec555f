// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * engine: see engine.h; this part connects and disconnects.
 *
 * A block is first put at the end of the series, then advance() takes it into the core. Taking
 * blocks back is: an older core, then advance() over the series up to where it is to stand.
 */
#include "config.h"

#include "analysis/engine.h"

#include "analysis/engine_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MS_PER_S 1000
/** EH/s: more than the largest work in the shortest interval, 1e59 / 0.6 ms. */
#define RATE_MAX 1e64
/** Where nothing is known of the epochs before, difficulty itself says what the hash rate may be,
 *  and is believed as if it were this many blocks. */
#define GUESS_SHAPE 16.0
/** Room that a log begins with, and the part of itself by which it then grows. */
#define LOG_ROOM_FIRST 64
#define LOG_ROOM_GROWTH 8
/** Fewer measured blocks are not an epoch's mean rate. */
#define EPOCH_BLOCKS_LEAST (ENGINE_EPOCH_BLOCKS / 2)

/** Header times that a median is taken of, as consensus does, and how far back the block is that it
 *  is of when they are in order. */
#define MEDIAN_BLOCKS 11
#define MEDIAN_LAG 5
/** Stamps are whole seconds. */
#define STAMP_S 1.0
/** Blocks among which the latest header time is: half a day's, for stamps may be hours ahead. */
#define AHEAD_BLOCKS 72
/** Blocks that are heard on whether stamps before them were ahead: a quarter of a day's. */
#define WITNESSES 36

struct engine_options engine_defaults(void)
{
    return (struct engine_options){
        .false_alarms_per_year = 1.0,
    };
}

bool engine_log_reserve(struct engine_log *log, size_t count, size_t entry_size)
{
    size_t room = log->room + log->room / LOG_ROOM_GROWTH + LOG_ROOM_FIRST;
    void *at;

    if (count < log->room)
        return true;
    at = realloc(log->at, room * entry_size);
    if (at == NULL)
        return false;
    log->at = at;
    log->room = room;
    return true;
}

/* What cannot be a rate counts as not known: no chain's blocks lie outside these limits. */
static double rate_or_unknown(double rate)
{
    return rate >= 1.0 / RATE_MAX && rate <= RATE_MAX ? rate : 0.0;
}

/* The log of rates begins with those that were given. */
static bool copy_past(struct engine *engine)
{
    size_t count = engine->options.past_count;

    if (engine->options.past_rates == NULL)
        engine->options.past_count = count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!engine_log_reserve(&engine->rates, i, sizeof(double)))
            return false;
        engine_rates(engine)[i] = rate_or_unknown(engine->options.past_rates[i]);
    }
    engine->options.past_rates = NULL;
    return true;
}

struct engine *engine_new(const struct engine_options *options)
{
    struct engine *engine = calloc(1, sizeof *engine);

    assert(options->false_alarms_per_year > 0.0);
    if (engine == NULL)
        return NULL;
    engine->options = *options;
    engine->bank =
        nowcast_model(options->arrivals ? NOWCAST_BATCH_ARRIVALS : NOWCAST_BATCH_HEADERS);
    engine->widths.at = calloc(ENGINE_WIDTHS, sizeof(struct window_width));
    if (engine->widths.at == NULL || !copy_past(engine)) {
        engine_free(engine);
        return NULL;
    }
    return engine;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    free(engine->series.at);
    free(engine->batches.at);
    free(engine->rates.at);
    free(engine->alarms.at);
    free(engine->ended.at);
    free(engine->judged.at);
    free(engine->traced.at);
    free(engine->widths.at);
    free(engine);
}

void engine_set_detectors(struct engine *engine)
{
    for (enum change_direction way = CHANGE_FALL; way <= CHANGE_RISE; way++)
        engine->detector[way] = change_model(way, engine->core.offset[way]);
}

bool engine_time_s(double *time_s, const struct engine *engine, size_t i)
{
    const struct engine_sample *sample = &engine_samples(engine)[i];

    if (engine->options.arrivals && sample->offset_ms == ENGINE_NO_OFFSET)
        return false;
    *time_s = (double)sample->time;
    if (engine->options.arrivals)
        *time_s += (double)sample->offset_ms / MS_PER_S;
    return true;
}

static double cached_work(struct engine *engine, uint32_t bits)
{
    if (bits != engine->work_bits) {
        engine->work_eh = interval_work_eh(bits);
        engine->work_bits = bits;
    }
    assert(engine->work_eh > 0.0);
    return engine->work_eh;
}

/* Mean rate of the epoch `back` before the last of `count` in the log; 0 where it is not known. */
static double past_rate(const struct engine *engine, size_t count, size_t back)
{
    return back < count ? engine_rates(engine)[count - 1 - back] : 0.0;
}

static double drift_of(const struct engine *engine, size_t count)
{
    return nowcast_drift(past_rate(engine, count, 0), past_rate(engine, count, ENGINE_YEAR_EPOCHS));
}

size_t engine_rate_count_at(const struct engine *engine, uint32_t height)
{
    return engine->options.past_count +
           (height / ENGINE_EPOCH_BLOCKS - engine->first / ENGINE_EPOCH_BLOCKS);
}

double engine_drift_at(const struct engine *engine, uint32_t height)
{
    return drift_of(engine, engine_rate_count_at(engine, height));
}

static struct gamma_belief weakened(struct gamma_belief belief)
{
    double scale = fmin(1.0, GUESS_SHAPE / belief.shape);

    return (struct gamma_belief){belief.shape * scale, belief.rate * scale};
}

/* What is believed before the first block. */
static void begin(struct engine *engine, double work_eh)
{
    struct engine_core *core = &engine->core;
    double rate = past_rate(engine, engine->options.past_count, 0);
    bool guessed = rate <= 0.0;

    memset(core, 0, sizeof *core);
    if (guessed)
        rate = work_eh / INTERVAL_SPACING_S;
    core->nowcast = nowcast_start(&engine->bank, rate);
    for (int j = 0; j < NOWCAST_FILTERS && guessed; j++) {
        core->nowcast.filter[j] = weakened(core->nowcast.filter[j]);
        core->nowcast.before[j] = core->nowcast.filter[j];
    }
    for (enum change_direction way = CHANGE_FALL; way <= CHANGE_RISE; way++)
        core->detector[way] = change_start(core->nowcast.filter[NOWCAST_FILTERS - 1]);
    core->batch_blocks = ENGINE_BATCH_BROKEN;
    core->epoch_work_eh = work_eh;
    core->drift = drift_of(engine, engine_rate_count(engine));
    engine_set_thresholds(engine);
}

/* A block at a new difficulty: what the epoch before came to is filed. Not before the first block
 * of all, of whose past all is known that will be. */
static void turn_epoch(struct engine *engine, double work_eh)
{
    struct engine_core *core = &engine->core;
    size_t count = engine_rate_count(engine);

    engine_forecast_end(engine, work_eh);
    engine_rates(engine)[count] = core->epoch_blocks >= EPOCH_BLOCKS_LEAST
                                      ? rate_or_unknown(core->epoch_blocks / core->epoch_sum)
                                      : 0.0;
    core->epochs++;
    core->epoch_sum = 0.0;
    core->epoch_blocks = 0;
    core->previous_work_eh = core->epoch_work_eh;
    core->epoch_work_eh = work_eh;
    core->drift = drift_of(engine, engine_rate_count(engine));
    engine_set_thresholds(engine);
}

/* A block that begins a batch: the entry for it. */
static void enter_batch(struct engine *engine, uint32_t height)
{
    struct engine_core *core = &engine->core;
    size_t i = height / VOLATILITY_BATCH - engine->first / VOLATILITY_BATCH;

    if (height % VOLATILITY_BATCH != 0 && core->count > 0)
        return;
    engine_batches(engine)[i] = (struct engine_batch){
        .sum = NAN,
        .start_s = core->running != 0 ? core->latest_s : NAN,
        .ehs = core->detector[CHANGE_FALL].null.shape / core->detector[CHANGE_FALL].null.rate,
    };
    core->batch_sum = 0.0;
    core->batch_blocks = height % VOLATILITY_BATCH == 0 ? 0 : ENGINE_BATCH_BROKEN;
}

/* A block whose interval is known, u, or is not, 0. */
static void count_block(struct engine *engine, uint32_t height, double u)
{
    struct engine_core *core = &engine->core;
    size_t i = height / VOLATILITY_BATCH - engine->first / VOLATILITY_BATCH;

    if (u > 0.0) {
        core->epoch_sum += u;
        core->epoch_blocks++;
        core->batch_sum += u;
    } else {
        core->batch_blocks = ENGINE_BATCH_BROKEN;
    }
    if (core->batch_blocks == ENGINE_BATCH_BROKEN)
        return;
    if (++core->batch_blocks == VOLATILITY_BATCH)
        engine_batches(engine)[i].sum = core->batch_sum;
}

/* Median time past: of the tip's header time and the ten before it; of the tip's own where there
 * are not so many. */
static uint32_t median_time(const struct engine *engine, size_t tip)
{
    const struct engine_sample *last = &engine_samples(engine)[tip];
    uint32_t sorted[MEDIAN_BLOCKS];

    if (tip + 1 < MEDIAN_BLOCKS)
        return last->time;
    for (size_t k = 0; k < MEDIAN_BLOCKS; k++) {
        size_t place = k;

        for (; place > 0 && sorted[place - 1] > last[-(ptrdiff_t)k].time; place--)
            sorted[place] = sorted[place - 1];
        sorted[place] = last[-(ptrdiff_t)k].time;
    }
    return sorted[MEDIAN_LAG];
}

/* How far the running maximum of header times is ahead of where it stands when all stamps are in
 * order, which is MEDIAN_LAG blocks beyond the median time past; in seconds per exahash. Blocks
 * come at the null's pace, or at that of the last hours where it is slower, as at the end of a
 * fall; which is by medians too. */
static double ahead(const struct engine *engine, size_t tip, double work_eh)
{
    struct gamma_belief null = engine->core.detector[CHANGE_RISE].null;
    const struct engine_sample *last = &engine_samples(engine)[tip];
    uint32_t median = median_time(engine, tip);
    uint32_t latest = last->time;
    double pace = null.rate / null.shape;

    for (size_t k = 1; k <= tip && k < AHEAD_BLOCKS; k++)
        latest = last[-(ptrdiff_t)k].time > latest ? last[-(ptrdiff_t)k].time : latest;
    if (tip >= AHEAD_BLOCKS) {
        double passed_s = (double)median - (double)median_time(engine, tip - AHEAD_BLOCKS);

        pace = fmax(pace, passed_s / AHEAD_BLOCKS / work_eh);
    }
    return (double)(latest - median) / work_eh - MEDIAN_LAG * pace;
}

/*
 * How much more time may have passed since a rise began than the running maximum says, in seconds
 * per exahash. A stamp that is two hours ahead stops it for as long, and lets any number of blocks
 * come in no time at all: so far as it was ahead when the rise began, or is now, it hides time. And
 * the second that stamps are rounded to, always.
 */
static double hidden_time(const struct engine *engine, size_t onset, size_t tip, double work_eh)
{
    if (engine->options.arrivals)
        return 0.0;
    return fmax(fmax(ahead(engine, onset - 1, work_eh), ahead(engine, tip, work_eh)),
                STAMP_S / work_eh);
}

/* An alarm is filed, and the detector believes it. Room in the log is there. */
static void raise_alarm(struct engine *engine, enum change_direction way, uint32_t height,
                        const struct change_verdict *verdict, double hidden)
{
    struct engine_core *core = &engine->core;

    engine_traced(engine)[core->alarms].known = false;
    engine_alarms(engine)[core->alarms++] = (struct engine_alarm){
        .excess = verdict->excess,
        .luck_per_year = engine_luck(engine, way, verdict->excess),
        .walk = nowcast_estimate(&core->nowcast, &engine->bank).walk,
        .hidden = hidden,
        .base = verdict->base,
        .direction = (uint32_t)way,
        .alarm = height,
        .size = (uint32_t)verdict->size,
        .onset = verdict->onset,
    };
    core->detector[way].alternative[verdict->size].belief.rate += hidden;
    core->detector[way] = change_start(change_adopted(&core->detector[way], verdict->size));
}

/* A rise must stand even if clocks have hidden time. */
static void detect_rise(struct engine *engine, uint32_t height, double u, double work_eh)
{
    struct change_state *state = &engine->core.detector[CHANGE_RISE];
    const struct change_model *model = &engine->detector[CHANGE_RISE];
    /* Thresholds were found by detectors that are told of no growth. */
    struct change_verdict verdict = change_update(state, model, height, u, 0.0);
    double hidden = 0.0;

    if (verdict.alarm) {
        hidden =
            hidden_time(engine, verdict.onset - engine->first, height - engine->first, work_eh);
        verdict = change_silent(state, model, height + 1, hidden, 0.0);
    }
    if (verdict.alarm)
        raise_alarm(engine, CHANGE_RISE, height, &verdict, hidden);
}

/*
 * How much time stamps before this block have told of that later ones contradict, in seconds per
 * exahash: so far blocks of the last hours lay below the running maximum when they came. A clock
 * that is behind does so too, if seldom by much; so the second farthest counts, and one alone does
 * not.
 */
static double contradicted(const struct engine *engine, size_t tip, double work_eh)
{
    const struct engine_sample *samples = engine_samples(engine);
    size_t from = tip > WITNESSES + AHEAD_BLOCKS ? tip - WITNESSES - AHEAD_BLOCKS : 0;
    uint32_t latest = samples[from].time;
    uint32_t farthest = 0;
    uint32_t second = 0;

    for (size_t i = from; i <= tip; i++) {
        uint32_t below = latest > samples[i].time ? latest - samples[i].time : 0;

        if (i + WITNESSES > tip && below > second) {
            second = below < farthest ? below : farthest;
            farthest = below > farthest ? below : farthest;
        }
        latest = samples[i].time > latest ? samples[i].time : latest;
    }
    return second / work_eh;
}

/*
 * A silence that a stamp tells of may be one that was not: the stamp is ahead of time, and the next
 * blocks' are not later. So by header times a fall is raised only by a block whose stamp is later
 * than all before it: those between have said that the silence did not last. And it must stand even
 * if as much of the time has not passed as was contradicted, for the later stamp may be of the same
 * clock. An arrival is when it was, and needs no witness.
 */
static void detect_fall(struct engine *engine, uint32_t height, double u, double work_eh,
                        bool later)
{
    struct change_state *state = &engine->core.detector[CHANGE_FALL];
    const struct change_model *model = &engine->detector[CHANGE_FALL];
    bool arrivals = engine->options.arrivals;
    struct change_verdict verdict = change_standing(state, model, 0.0);

    if (!arrivals && later && verdict.alarm) {
        double hidden = contradicted(engine, height - engine->first, work_eh);

        if (change_standing(state, model, hidden).alarm)
            raise_alarm(engine, CHANGE_FALL, height, &verdict, 0.0);
    }
    verdict = change_update(state, model, height, u, 0.0);
    if (arrivals && verdict.alarm)
        raise_alarm(engine, CHANGE_FALL, height, &verdict, 0.0);
}

/* Estimators take the interval u before a block of this work; later: its time is later than all
 * before it. */
static void estimate(struct engine *engine, uint32_t height, double u, double work_eh, bool later)
{
    struct engine_core *core = &engine->core;

    nowcast_update(&core->nowcast, &engine->bank, height, u, core->drift);
    detect_fall(engine, height, u, work_eh, later);
    detect_rise(engine, height, u, work_eh);
}

/* Measures the interval before block i on the clock in use: u, or 0 where it is not known. */
static double measure(struct engine *engine, size_t i, double work_eh)
{
    struct engine_core *core = &engine->core;
    struct interval_clock clock = {.latest_s = core->latest_s, .running = core->running != 0};
    struct interval interval = {0};
    double time_s = 0.0;
    bool known = engine_time_s(&time_s, engine, i);

    if (known)
        (void)interval_next(&interval, &clock, time_s, work_eh);
    core->latest_s = known ? clock.latest_s : 0.0;
    core->running = known;
    return interval.u;
}

void engine_keep(struct engine *engine, const struct engine_core *core)
{
    size_t distance = ENGINE_LEVEL_FIRST;

    for (size_t level = 0; level < ENGINE_LEVELS && core->count % distance == 0; level++) {
        size_t slot = level * ENGINE_LEVEL_SLOTS + core->count / distance % ENGINE_LEVEL_SLOTS;

        if (engine->checkpoint[slot].count < core->count)
            engine->checkpoint[slot] = *core;
        distance *= ENGINE_LEVEL_FACTOR;
    }
}

bool engine_caches_reserve(struct engine *engine)
{
    size_t scored = engine->core.scored;
    size_t alarms = engine->core.alarms;

    for (size_t i = 0; i <= scored; i++)
        if (!engine_log_reserve(&engine->judged, i,
                                ENGINE_MILESTONES * sizeof(struct engine_judged)))
            return false;
    for (size_t i = 0; i <= alarms; i++)
        if (!engine_log_reserve(&engine->traced, i, sizeof(struct engine_traced)))
            return false;
    memset(engine->judged.at, 0, scored * ENGINE_MILESTONES * sizeof(struct engine_judged));
    memset(engine->traced.at, 0, alarms * sizeof(struct engine_traced));
    return true;
}

/* What was made of alarms by blocks that are taken back. */
static void forget_traces(struct engine *engine)
{
    for (size_t i = 0; i < engine->core.alarms; i++)
        if (engine_traced(engine)[i].next > engine->core.count)
            engine_traced(engine)[i].known = false;
}

/* Takes the next block of the series into the core. False, and nothing changed, without memory. */
static bool advance(struct engine *engine)
{
    struct engine_core *core = &engine->core;
    const struct engine_sample *sample = &engine_samples(engine)[core->count];
    uint32_t height = engine->first + core->count;
    double work_eh = cached_work(engine, sample->bits);
    double latest_s = core->latest_s;
    double u = 0.0;

    if (!engine_log_reserve(&engine->batches, engine_batch_count(engine),
                            sizeof(struct engine_batch)) ||
        !engine_log_reserve(&engine->rates, engine_rate_count(engine), sizeof(double)) ||
        !engine_log_reserve(&engine->ended, core->scored, sizeof(struct engine_ended)) ||
        !engine_log_reserve(&engine->judged, core->scored,
                            ENGINE_MILESTONES * sizeof(struct engine_judged)) ||
        !engine_log_reserve(&engine->alarms, core->alarms + 1, sizeof(struct engine_alarm)) ||
        !engine_log_reserve(&engine->traced, core->alarms + 1, sizeof(struct engine_traced)))
        return false;
    if (core->count == 0)
        begin(engine, work_eh);
    else if (height % ENGINE_EPOCH_BLOCKS == 0)
        turn_epoch(engine, work_eh);
    core->epoch_work_eh = fmax(core->epoch_work_eh, work_eh);
    if (core->count == 0 || sample->time > core->header_latest)
        core->header_latest = sample->time;
    enter_batch(engine, height);
    u = measure(engine, core->count, work_eh);
    count_block(engine, height, u);
    if (u > 0.0)
        estimate(engine, height, u, work_eh, core->latest_s > latest_s);
    else
        nowcast_skip(&core->nowcast);
    core->count++;
    engine_forecast_note(engine);
    engine_keep(engine, core);
    return true;
}

/* Arrival minus header time, if it fits. */
static int32_t offset_of(uint32_t time, int64_t arrival_ms)
{
    int64_t stamped_ms = (int64_t)time * MS_PER_S;

    /* Comparisons that no arrival can make overflow. */
    if (arrival_ms == ENGINE_NO_ARRIVAL || arrival_ms > stamped_ms + INT32_MAX ||
        arrival_ms <= stamped_ms + ENGINE_NO_OFFSET)
        return ENGINE_NO_OFFSET;
    return (int32_t)(arrival_ms - stamped_ms);
}

bool engine_connect(struct engine *engine, const struct engine_block *block)
{
    uint32_t count = engine->core.count;
    uint32_t time = (uint32_t)(block->time_ms / MS_PER_S);

    assert(block->time_ms >= 0 && block->time_ms / MS_PER_S <= UINT32_MAX);
    assert(block->height <= ENGINE_HEIGHT_MAX);
    assert(count == 0 || block->height == engine->first + count);
    if (!engine_log_reserve(&engine->series, count, sizeof(struct engine_sample)))
        return false;
    if (count == 0)
        engine->first = block->height;
    engine_samples(engine)[count] = (struct engine_sample){
        .time = time,
        .bits = block->bits,
        .offset_ms = offset_of(time, block->arrival_ms),
    };
    return advance(engine);
}

/* The core as it was after at most count blocks, from what has been kept. */
static void restore_checkpoint(struct engine *engine, uint32_t count)
{
    const struct engine_core *best = NULL;
    size_t batches = 0;

    for (size_t i = 0; i < ENGINE_CHECKPOINTS; i++) {
        struct engine_core *kept = &engine->checkpoint[i];

        if (kept->count > count)
            kept->count = 0; /* of a branch that is given up */
        if (kept->count > 0 && (best == NULL || kept->count > best->count))
            best = kept;
    }
    engine->core.count = 0;
    engine->core.epochs = 0;
    if (best != NULL)
        engine->core = *best;
    else
        memset(&engine->core, 0, sizeof engine->core);
    engine_set_detectors(engine);
    memset(engine->quantiles.known, 0, sizeof engine->quantiles.known);
    forget_traces(engine);
    engine_volatility_rewind(engine, engine->first + count);
    /* The batch that it stands in is not complete again. */
    batches = engine_batch_count(engine);
    if (batches > 0 && (engine_height(engine) + 1) % VOLATILITY_BATCH != 0)
        engine_batches(engine)[batches - 1].sum = NAN;
}

/* Back to what was after `known` blocks, then the series again until there are count blocks. */
static bool replay(struct engine *engine, uint32_t known, uint32_t count)
{
    restore_checkpoint(engine, known);
    while (engine->core.count < count)
        if (!advance(engine))
            return false;
    return true;
}

void engine_disconnect(struct engine *engine, uint32_t height)
{
    uint32_t count = 0;
    bool done = false;

    assert(engine->core.count > 0 && height >= engine->first);
    count = height - engine->first + 1;
    if (count >= engine->core.count)
        return;
    /* Logs have been as long before, and so have room. */
    done = replay(engine, count, count);
    assert(done);
    (void)done;
}

bool engine_arrived(struct engine *engine, uint32_t height, int64_t arrival_ms)
{
    uint32_t count = engine->core.count;
    struct engine_sample *sample = NULL;

    if (count == 0 || height < engine->first || height > engine_height(engine))
        return true;
    sample = &engine_samples(engine)[height - engine->first];
    if (sample->offset_ms != ENGINE_NO_OFFSET)
        return true;
    sample->offset_ms = offset_of(sample->time, arrival_ms);
    if (!engine->options.arrivals || sample->offset_ms == ENGINE_NO_OFFSET)
        return true;
    if (replay(engine, height - engine->first, count))
        return true;
    /* As it was: logs have had room for that. */
    sample->offset_ms = ENGINE_NO_OFFSET;
    (void)replay(engine, height - engine->first, count);
    return false;
}

size_t engine_count(const struct engine *engine)
{
    return engine->core.count;
}

uint32_t engine_first(const struct engine *engine)
{
    assert(engine->core.count > 0);
    return engine->first;
}

uint32_t engine_tip(const struct engine *engine)
{
    assert(engine->core.count > 0);
    return engine_height(engine);
}

struct engine_block engine_block_at(const struct engine *engine, uint32_t height)
{
    const struct engine_sample *sample = &engine_samples(engine)[height - engine->first];
    struct engine_block block = {
        .height = height,
        .bits = sample->bits,
        .time_ms = (int64_t)sample->time * MS_PER_S,
        .arrival_ms = ENGINE_NO_ARRIVAL,
    };

    assert(height >= engine->first && height - engine->first < engine->core.count);
    if (sample->offset_ms != ENGINE_NO_OFFSET)
        block.arrival_ms = block.time_ms + sample->offset_ms;
    return block;
}

size_t engine_memory(const struct engine *engine)
{
    return sizeof *engine + engine->series.room * sizeof(struct engine_sample) +
           engine->batches.room * sizeof(struct engine_batch) +
           engine->rates.room * sizeof(double) + engine->alarms.room * sizeof(struct engine_alarm) +
           engine->ended.room * sizeof(struct engine_ended) +
           engine->judged.room * ENGINE_MILESTONES * sizeof(struct engine_judged) +
           engine->traced.room * sizeof(struct engine_traced);
}
