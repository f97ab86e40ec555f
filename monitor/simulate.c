// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate: see simulate.h.
 *
 * With a script, the time to the next block is found by letting the hash rate work minute by minute
 * until it has made the hashes that the block takes: an exponential variate times the block's work.
 * So an interval feels each change of the hash rate when it happens.
 *
 * Without one, the hash rate grows by `growth` a year, in a straight line within each year of
 * 365.25 days; an interval is an exponential variate, times work, over the hash rate at the
 * interval's beginning. That way is older, and kept because it keeps the bytes of chains.
 *
 * nBits follow from the header times by tidenet's rules. A header time is the moment found, in
 * whole seconds, cut off, or what noise or a time warp make of it; the rules have the last word.
 *
 * Losing branches: at most one lives at a time. Its blocks are mined beside the best chain's,
 * height by height, and have the same nBits (where they would not, the branch ends), so that with
 * fewer blocks they always lose. In a reorganisation the best chain's blocks are held back until
 * there is one more of them than of the branch's.
 */
#include "config.h"

#include "monitor/simulate.h"

#include "chain/compact.h"
#include "chain/context.h"
#include "chain/mine.h"
#include "chain/params.h"
#include "monitor/mem.h"
#include "monitor/simulate_draw.h"
#include "monitor/simulate_fixed.h"
#include "monitor/simulate_queue.h"

#include <assert.h>
#include <stdlib.h>

#define MINUTE_SECONDS 60
#define MINUTE ((uint64_t)MINUTE_SECONDS << SIMULATE_TIME_BITS)
/** No header can be later than this many seconds after genesis. */
#define SECONDS_MAX (UINT32_MAX - 500000000u - PARAMS_MAX_FUTURE_SECONDS)

/* Of a chain without a script. */
#define YEAR_MINUTES 525960u
/** Fraction bits of its hash rate, of a block's expected hashes, and of a mean interval. */
#define STEADY_RATE_BITS 24
#define STEADY_RATE_MAX ((uint64_t)SIMULATE_RATE_MAX << STEADY_RATE_BITS)
#define STEADY_WORK_BITS 12
#define STEADY_MEAN_BITS 8
/** Expected hashes of a block at the work limit. */
#define LIMIT_WORK 2

/** Fraction bits of a block's expected hashes with a script. */
#define WORK_BITS 32
/** Of a block: what the largest hash rate asks for, and a retarget that overshoots four times. */
#define WORK_MAX ((uint64_t)16 * SIMULATE_RATE_MAX << WORK_BITS)
/** A best block's merkle root comes from the stream that begins at the seed and this, times the
 * height: a random odd number. */
#define ROOT_STREAM UINT64_C(0xd1342543de82ef95)
/** A losing sibling is found that much later or earlier than the winner, on average, in ms; a
 * quarter are earlier. */
#define SIBLING_MS 5000
#define EARLIER_SHARE (UINT64_C(1) << 30)
/** A branch that goes on by chance stops after so many blocks. */
#define STALE_DEPTH_MAX 10

/** A losing branch. */
struct branch {
    struct context tip;
    uint32_t left;           /* blocks to come; 0: there is no branch */
    uint64_t found, arrived; /* of its tip */
};

struct simulate {
    const struct simulate_script *script;
    const struct params *params;
    struct simulate_course *course;
    struct simulate_draw intervals;
    struct context tip;
    uint64_t elapsed; /* when tip was found */
    uint64_t arrived; /* when it arrived */
    uint32_t bits;    /* that work belongs to */
    uint64_t work;
    bool begun; /* genesis has been given away */
    uint32_t below_limit;
    /* of a chain without a script: years since genesis, and the hash rate at their end */
    uint32_t year;
    uint64_t year_rate;
    struct branch branch;
    /* a reorganisation: its best blocks, held back until the last one needed is found */
    uint32_t hold_until; /* height of that; 0: none */
    struct simulate_block held[SIMULATE_REORG_MAX];
    size_t held_count;
    struct simulate_queue queue;
};

/* ---- beginning and end ---- */

static struct simulate_block genesis_block(const struct simulate *s)
{
    struct simulate_block block = {.hash = s->tip.hash,
                                   .time = s->tip.time,
                                   .bits = s->tip.bits,
                                   .best = true,
                                   .parts = *simulate_course_rate(s->course),
                                   .events = ""};

    for (size_t i = 0; i < HEADER_SIZE; i++)
        block.raw[i] = s->params->genesis[i];
    block.hashrate = simulate_fixed_exp(simulate_rate_log(&block.parts));
    block.work = s->work;
    return block;
}

/*
 * 2^256 / (target + 1), with fraction bits: near the limit a whole number, as chain work has it,
 * would be a third too small. Of the target the upper 64 bits are enough.
 */
static uint64_t expected_hashes(uint32_t bits, unsigned fraction)
{
    const unsigned cut = 192;
    struct u256 target = u256_shr(compact_decode(bits).target, cut);

    return u256_div(u256_shl(u256_from_u64(1), 256 - cut + fraction),
                    u256_add(target, u256_from_u64(1)))
        .limb[0];
}

struct simulate *simulate_new(const struct simulate_script *script)
{
    struct simulate *s = mem_zeroed(1, sizeof *s);

    assert(script->blocks > 0 && script->growth <= SIMULATE_GROWTH_MAX);
    s->script = script;
    s->params = params_get(NETWORK_TIDENET);
    s->course = simulate_course_new(script);
    s->intervals.state = script->seed;
    s->year_rate = UINT64_C(1) << STEADY_RATE_BITS;
    context_genesis(&s->tip, s->params);
    s->bits = s->tip.bits;
    s->work = expected_hashes(s->bits, WORK_BITS);
    return s;
}

void simulate_free(struct simulate *simulate)
{
    if (simulate == NULL)
        return;
    simulate_course_free(simulate->course);
    simulate_queue_free(&simulate->queue);
    free(simulate);
}

/* ---- when the next block is found ---- */

/* The hash rate of a chain without a script; 0 when it has grown too large. */
static uint64_t steady_rate(struct simulate *s)
{
    uint64_t minutes = s->elapsed / MINUTE;
    uint64_t growth = s->script->growth;
    uint64_t added = s->year_rate * growth / (100 * SIMULATE_GROWTH_PERCENT);

    while (minutes / YEAR_MINUTES > s->year && s->year_rate < STEADY_RATE_MAX) {
        s->year_rate += added;
        s->year++;
        added = s->year_rate * growth / (100 * SIMULATE_GROWTH_PERCENT);
    }
    if (s->year_rate >= STEADY_RATE_MAX)
        return 0;
    return s->year_rate + added * (minutes % YEAR_MINUTES) / YEAR_MINUTES;
}

static enum simulate_result find_steadily(struct simulate *s, struct simulate_block *block)
{
    uint64_t rate = steady_rate(s);
    uint64_t work = expected_hashes(s->bits, STEADY_WORK_BITS);
    uint64_t variate = 0;
    uint64_t mean = 0;

    if (rate == 0)
        return SIMULATE_TOO_FAST;
    mean = (PARAMS_SPACING_SECONDS * work
            << (STEADY_RATE_BITS + STEADY_MEAN_BITS - STEADY_WORK_BITS)) /
           (LIMIT_WORK * rate);
    variate = simulate_draw_exponential(&s->intervals);
    s->elapsed += variate * mean >> (SIMULATE_DRAW_BITS + STEADY_MEAN_BITS - SIMULATE_TIME_BITS);
    block->hashes = simulate_fixed_multiply(variate, s->work, SIMULATE_DRAW_BITS);
    block->hashrate = rate << (SIMULATE_FIXED_BITS - STEADY_RATE_BITS);
    block->parts.trend = simulate_fixed_ln(block->hashrate);
    block->events = "";
    return SIMULATE_FOUND;
}

/* The hash rate now; 0 with the result that says why not. */
static uint64_t scripted_rate(const struct simulate *s, enum simulate_result *why)
{
    int64_t log = simulate_rate_log(simulate_course_rate(s->course));
    uint64_t rate = 0;

    if (log < -SIMULATE_FIXED_EXP_MAX)
        *why = SIMULATE_TOO_SLOW;
    else if (log > SIMULATE_FIXED_EXP_MAX)
        *why = SIMULATE_TOO_FAST;
    else
        rate = simulate_fixed_exp(log);
    if (rate >= SIMULATE_RATE_MAX * SIMULATE_FIXED_ONE) {
        *why = SIMULATE_TOO_FAST;
        return 0;
    }
    if (rate > 0 && rate <= SIMULATE_FIXED_ONE / SIMULATE_RATE_MAX) {
        *why = SIMULATE_TOO_SLOW;
        return 0;
    }
    return rate;
}

/* Lets the hash rate work until it has made the hashes. One unit of hash rate makes
 * 1 / SIMULATE_RATE_SECONDS hashes a second; amounts are in its seconds, with SIMULATE_TIME_BITS.
 */
static enum simulate_result find_by_script(struct simulate *s, struct simulate_block *block)
{
    const unsigned cut = SIMULATE_DRAW_BITS + WORK_BITS - SIMULATE_TIME_BITS;
    uint64_t variate = simulate_draw_exponential(&s->intervals);
    uint64_t amount = simulate_fixed_multiply(variate, s->work * SIMULATE_RATE_SECONDS, cut);
    enum simulate_result why = SIMULATE_FOUND;

    for (;;) {
        uint64_t next = (simulate_course_minutes(s->course) + 1) * MINUTE;
        uint64_t rate = scripted_rate(s, &why);
        uint64_t made = 0;

        if (rate == 0)
            return why;
        made = simulate_fixed_multiply(next - s->elapsed, rate, SIMULATE_FIXED_BITS);
        if (amount < made) {
            uint64_t wait = simulate_fixed_divide(amount, rate);

            /* Rounding may not carry it into the next minute. */
            s->elapsed = wait < next - s->elapsed ? s->elapsed + wait : next;
            block->hashrate = rate;
            break;
        }
        amount -= made;
        s->elapsed = next;
        simulate_course_minute(s->course);
        if (next >> SIMULATE_TIME_BITS > SECONDS_MAX)
            return SIMULATE_TOO_LATE;
    }
    block->hashes = simulate_fixed_multiply(variate, s->work, SIMULATE_DRAW_BITS);
    block->parts = *simulate_course_rate(s->course);
    block->events = simulate_course_events(s->course);
    return SIMULATE_FOUND;
}

/* ---- what its header says, and when it arrives ---- */

/* An exponential span with this mean. */
static uint64_t draw_span(struct simulate_draw *draw, uint64_t mean_ms)
{
    uint64_t mean = (mean_ms << SIMULATE_TIME_BITS) / 1000;

    return simulate_fixed_multiply(simulate_draw_exponential(draw), mean, SIMULATE_DRAW_BITS);
}

/* The stamp of a miner who warps time: as early as can be, but the epoch's last one as late. */
static uint64_t warped_stamp(uint32_t height, uint64_t found)
{
    if (height % PARAMS_RETARGET_BLOCKS == PARAMS_RETARGET_BLOCKS - 1)
        return (found >> SIMULATE_TIME_BITS) + PARAMS_MAX_FUTURE_SECONDS;
    return 0;
}

/* Seconds since genesis that the clock of a block's miner shows. */
static uint64_t noisy_stamp(const struct simulate_item *noise, struct simulate_draw *draw,
                            uint64_t found)
{
    uint64_t early = 0;

    if (!simulate_draw_chance(draw, noise->share))
        return (found + draw_span(draw, noise->late_ms)) >> SIMULATE_TIME_BITS;
    early = draw_span(draw, noise->early_ms);
    return (found > early ? found - early : 0) >> SIMULATE_TIME_BITS;
}

/* Seconds since 1970 that the header of parent's child carries: the time, as its miner has it, no
 * further ahead than nodes accept; or the first that is above the median time past. */
static uint32_t header_time(const struct simulate *s, const struct context *parent,
                            struct simulate_draw *stamp, uint64_t found)
{
    const struct simulate_habits *habits = simulate_course_habits(s->course);
    uint32_t height = parent->height + 1;
    struct simulate_draw warp = simulate_draw_stream(s->script->seed, SIMULATE_DRAW_WARP, height);
    uint64_t latest = (found >> SIMULATE_TIME_BITS) + PARAMS_MAX_FUTURE_SECONDS;
    uint64_t seconds = found >> SIMULATE_TIME_BITS;
    struct header genesis;
    uint32_t median = 0;
    uint32_t time = 0;

    if (habits->timewarp != NULL && simulate_draw_chance(&warp, habits->timewarp->share))
        seconds = warped_stamp(height, found);
    else if (habits->noise != NULL)
        seconds = noisy_stamp(habits->noise, stamp, found);
    header_decode(&genesis, s->params->genesis);
    time = genesis.time + (uint32_t)(seconds < latest ? seconds : latest);
    if (context_median_time(&median, parent) && time <= median)
        time = median + 1;
    return time;
}

/* When a block that was found then is known to the network, which has its parent first. */
static uint64_t arrival(const struct simulate *s, struct simulate_draw *draw, uint64_t found,
                        uint64_t parent_arrived)
{
    const struct simulate_item *delay = simulate_course_habits(s->course)->delay;
    uint64_t then = delay != NULL ? found + draw_span(draw, delay->late_ms) : found;

    return then > parent_arrived ? then : parent_arrived;
}

static struct hash256 draw_root(struct simulate_draw draw)
{
    struct hash256 root;

    for (size_t i = 0; i < HASH256_SIZE; i += 8) {
        uint64_t word = simulate_draw_bits(&draw);

        for (size_t j = 0; j < 8; j++)
            root.bytes[i + j] = (uint8_t)(word >> (8 * j));
    }
    return root;
}

/* Mines the child of *tip, moves *tip on to it, and writes what its header says into block. */
static void mine(const struct simulate *s, struct context *tip, struct simulate_block *block,
                 struct hash256 root, uint32_t time)
{
    struct header header = {.merkle_root = root};

    block->prev = tip->hash;
    while (!mine_child(&header, &block->hash, s->params, tip, time))
        header.merkle_root.bytes[0]++; /* no nonce of this one will do: once in e^32768 blocks */
    context_advance(tip, s->params, &header, &block->hash);
    header_encode(block->raw, &header);
    block->height = tip->height;
    block->time = header.time;
    block->bits = header.bits;
    block->work = s->work;
}

/* ---- losing branches ---- */

static void start_branch(struct simulate *s, uint32_t depth)
{
    s->branch =
        (struct branch){.tip = s->tip, .left = depth, .found = s->elapsed, .arrived = s->arrived};
}

/* A reorganisation if one is due and there is room for it: it begins when the script says, and a
 * branch that has gone on by chance ends there. Else a losing sibling by chance. */
static void maybe_start_branch(struct simulate *s)
{
    const struct simulate_habits *habits = simulate_course_habits(s->course);
    uint32_t height = s->tip.height + 1;
    uint32_t room = s->script->blocks - height; /* the winner needs a block more */
    struct simulate_draw draw = simulate_draw_stream(s->script->seed, SIMULATE_DRAW_STALE, height);
    uint32_t depth = 1;

    if (s->hold_until > 0)
        return;
    if (habits->reorg != NULL && habits->reorg->depth <= room) {
        s->hold_until = height + habits->reorg->depth;
        start_branch(s, habits->reorg->depth);
        simulate_course_take_reorg(s->course);
        return;
    }
    if (s->branch.left > 0 || habits->stale == NULL ||
        !simulate_draw_chance(&draw, habits->stale->share))
        return;
    while (depth < STALE_DEPTH_MAX && simulate_draw_chance(&draw, habits->stale->deeper))
        depth++;
    if (room > 0)
        start_branch(s, depth < room ? depth : room);
}

/* When the branch's next block is found: near the best chain's of the same height, after its
 * parent. */
static uint64_t sibling_found(const struct simulate *s, struct simulate_draw *draw,
                              const struct simulate_block *winner)
{
    bool earlier = simulate_draw_chance(draw, EARLIER_SHARE);
    uint64_t away = draw_span(draw, SIBLING_MS);
    uint64_t found = winner->found + away;

    if (earlier)
        found = winner->found > away ? winner->found - away : 0;
    return found > s->branch.found ? found : s->branch.found;
}

/*
 * The branch's block of winner's height. parent_found is when the best block below was found: what
 * is found later has not been given away yet. A branch that goes beyond a retarget takes all stamps
 * of the winner until then: the rules allow them there too, and the next nBits are the same.
 */
static void follow_branch(struct simulate *s, const struct simulate_block *winner,
                          uint64_t parent_found)
{
    struct branch *branch = &s->branch;
    struct simulate_draw root =
        simulate_draw_stream(s->script->seed, SIMULATE_DRAW_ROOT, winner->height);
    struct simulate_draw draw =
        simulate_draw_stream(s->script->seed, SIMULATE_DRAW_SIBLING, winner->height);
    struct simulate_block block = *winner;
    uint32_t place = winner->height % PARAMS_RETARGET_BLOCKS;
    uint32_t after = branch->left - 1; /* blocks to come after this one */
    uint32_t time = 0;

    if (branch->found < parent_found)
        branch->found = parent_found;
    block.found = sibling_found(s, &draw, winner);
    time = header_time(s, &branch->tip, &draw, block.found);
    if (after > PARAMS_RETARGET_BLOCKS - 1 - place)
        time = winner->time;
    mine(s, &branch->tip, &block, draw_root(root), time);
    assert(block.bits == winner->bits);
    block.arrived = arrival(s, &draw, block.found, branch->arrived);
    block.hashes = 0;
    block.best = false;
    branch->found = block.found;
    branch->arrived = block.arrived;
    branch->left--;
    simulate_queue_put(&s->queue, &block);
}

/* ---- blocks ---- */

/* Gives away what was held back, with the block that settles it. */
static void release(struct simulate *s, struct simulate_block *block)
{
    if (block->arrived < s->branch.arrived)
        block->arrived = s->branch.arrived;
    for (size_t i = 0; i < s->held_count; i++) {
        s->held[i].arrived = block->arrived;
        simulate_queue_put(&s->queue, &s->held[i]);
    }
    s->held_count = 0;
    s->hold_until = 0;
    simulate_course_end_reorg(s->course);
}

static void give_away(struct simulate *s, struct simulate_block *block)
{
    if (s->hold_until > block->height) {
        s->held[s->held_count++] = *block;
        return;
    }
    if (s->hold_until > 0)
        release(s, block);
    s->arrived = block->arrived;
    simulate_queue_put(&s->queue, block);
}

/* Finds the best chain's next block, and the branch's beside it. */
static enum simulate_result find_next(struct simulate *s)
{
    uint32_t height = s->tip.height + 1;
    uint64_t parent_found = s->elapsed;
    /* tidenet has no rule by which nBits depend on the block's own time. */
    uint32_t bits = context_next_bits(&s->tip, s->params, s->tip.time);
    struct simulate_block block = {.best = true};
    struct simulate_draw root = {s->script->seed + ROOT_STREAM * height};
    struct simulate_draw stamp = simulate_draw_stream(s->script->seed, SIMULATE_DRAW_STAMP, height);
    struct simulate_draw delay = simulate_draw_stream(s->script->seed, SIMULATE_DRAW_DELAY, height);
    enum simulate_result result = SIMULATE_FOUND;

    if (bits != s->bits) {
        s->bits = bits;
        s->work = expected_hashes(bits, WORK_BITS);
    }
    if (s->work > WORK_MAX)
        return SIMULATE_TOO_FAST;
    simulate_course_block(s->course, height);
    maybe_start_branch(s);
    result = s->script->steady ? find_steadily(s, &block) : find_by_script(s, &block);
    if (result == SIMULATE_FOUND && s->elapsed >> SIMULATE_TIME_BITS > SECONDS_MAX)
        result = SIMULATE_TOO_LATE;
    if (result != SIMULATE_FOUND)
        return result;
    s->below_limit += block.hashrate < SIMULATE_FIXED_ONE;
    block.found = s->elapsed;
    mine(s, &s->tip, &block, draw_root(root), header_time(s, &s->tip, &stamp, s->elapsed));
    block.arrived = arrival(s, &delay, block.found, s->arrived);
    if (s->branch.left > 0)
        follow_branch(s, &block, parent_found);
    give_away(s, &block);
    return SIMULATE_FOUND;
}

enum simulate_result simulate_next(struct simulate *simulate, struct simulate_block *out)
{
    if (!simulate->begun) {
        simulate->begun = true;
        *out = genesis_block(simulate);
        return SIMULATE_FOUND;
    }
    for (;;) {
        bool last = simulate->tip.height == simulate->script->blocks;
        enum simulate_result result = SIMULATE_END;

        /* What is yet to be found is found after now. */
        if (simulate_queue_take(&simulate->queue, out, last ? UINT64_MAX : simulate->elapsed))
            return SIMULATE_FOUND;
        if (!last)
            result = find_next(simulate);
        if (result != SIMULATE_FOUND)
            return result;
    }
}

/* ---- looks ---- */

uint32_t simulate_height(const struct simulate *simulate)
{
    return simulate->tip.height;
}

unsigned simulate_blame(const struct simulate *simulate, enum simulate_result result)
{
    return simulate_course_blame(simulate->course, result == SIMULATE_TOO_FAST);
}

const struct simulate_item *simulate_waiting(const struct simulate *simulate)
{
    return simulate_course_waiting(simulate->course);
}

uint32_t simulate_below_limit(const struct simulate *simulate)
{
    return simulate->below_limit;
}
