// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * tree: nodes in chunks, runs, checkpoints of work, and tips.
 *
 * - Nodes: 12 bytes a header in chunks of 64 Ki, so that growth copies nothing and leaves no slack.
 * - Runs, sorted by their first index: a run ends where the next one begins. In a run each header's
 *   parent is the index before; the first header's parent is anywhere before it. Ends of runs have
 *   no child in their own run; so every tip is one.
 * - Each run knows its parent run and one jump run further up (the jump pointers of Myers, "An
 *   applicative random-access stack", 1983): any ancestor run is O(log runs) steps away.
 * - Work: through each index that is a multiple of 1024, and before each run; the rest is added up
 *   when asked for. An ordinary header, which makes the best branch longer, asks for none.
 * - Tips are sorted by index. The newest header is always one.
 * - The index of hashes is in tree_slots.c.
 */
#include "config.h"

#include "chain/tree.h"

#include "chain/compact.h"
#include "chain/tree_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/** Indices between two checkpoints of work. */
#define CHECKPOINT_STEP 1024u
/** Slots of a tree of which nothing is expected. */
#define SLOTS_MIN 1024u

/* ---- nodes ---- */

/* Makes room for one more element in *array; false when memory is short (nothing changed). */
static bool reserve(void **array, size_t *capacity, size_t count, size_t size)
{
    size_t wanted;
    void *grown;

    if (count < *capacity)
        return true;
    wanted = *capacity + *capacity / 2 + 4;
    if (wanted > SIZE_MAX / size)
        return false;
    grown = realloc(*array, wanted * size);
    if (grown == NULL)
        return false;
    *array = grown;
    *capacity = wanted;
    return true;
}

static bool reserve_node(struct tree *tree)
{
    void *chunks = tree->chunks;
    struct node *chunk;

    if (tree->count < tree->chunk_count << TREE_CHUNK_BITS)
        return true;
    if (!reserve(&chunks, &tree->chunk_capacity, tree->chunk_count, sizeof(*tree->chunks)))
        return false;
    tree->chunks = chunks;
    chunk = malloc(TREE_CHUNK_NODES * sizeof(*chunk));
    if (chunk == NULL)
        return false;
    tree->chunks[tree->chunk_count++] = chunk;
    return true;
}

static bool reserve_run(struct tree *tree)
{
    void *runs = tree->runs;

    if (!reserve(&runs, &tree->run_capacity, tree->run_count, sizeof(*tree->runs)))
        return false;
    tree->runs = runs;
    return true;
}

static bool reserve_tip(struct tree *tree)
{
    void *tips = tree->tips;

    if (!reserve(&tips, &tree->tip_capacity, tree->tip_count, sizeof(*tree->tips)))
        return false;
    tree->tips = tips;
    return true;
}

static bool reserve_checkpoint(struct tree *tree)
{
    void *checkpoints = tree->checkpoints;

    if (!reserve(&checkpoints, &tree->checkpoint_capacity, tree->count / CHECKPOINT_STEP,
                 sizeof(*tree->checkpoints)))
        return false;
    tree->checkpoints = checkpoints;
    return true;
}

/* ---- runs ---- */

static uint32_t run_of(const struct tree *tree, uint32_t index)
{
    uint32_t low = 0;
    uint32_t high = tree->run_count - 1;

    if (index >= tree->runs[high].first)
        return high;
    while (high - low > 1) { /* runs[low].first <= index < runs[high].first */
        uint32_t middle = low + (high - low) / 2;

        if (tree->runs[middle].first <= index)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint32_t run_end(const struct tree *tree, uint32_t run)
{
    return (run + 1 < tree->run_count ? tree->runs[run + 1].first : tree->count) - 1;
}

static uint32_t height_in(const struct run *run, uint32_t index)
{
    return run->height + (index - run->first);
}

/* Work through a header, from the checkpoint or the run's beginning before it. */
static struct u256 add_up_work(const struct tree *tree, uint32_t index)
{
    uint32_t checkpoint = index - index % CHECKPOINT_STEP;
    const struct run *run;
    struct u256 total;
    struct u256 work = u256_from_u64(0);
    uint32_t bits = 0;
    uint32_t next;

    run = &tree->runs[run_of(tree, index)];
    total = run->work;
    next = run->first;
    if (checkpoint >= run->first) {
        total = tree->checkpoints[checkpoint / CHECKPOINT_STEP];
        next = checkpoint + 1;
    }
    for (; next <= index; next++) {
        const struct node *node = node_at(tree, next);

        if (node->bits != bits) {
            bits = node->bits;
            work = compact_work(bits);
        }
        total = u256_add_saturating(total, work);
    }
    return total;
}

static void add_run(struct tree *tree, uint32_t parent)
{
    uint32_t parent_run = run_of(tree, parent);
    const struct run *up = &tree->runs[parent_run];
    const struct run *far = &tree->runs[up->jump];
    struct run run = {
        .first = tree->count,
        .parent = parent,
        .height = height_in(up, parent) + 1,
        .parent_run = parent_run,
        .jump = parent_run,
        .depth = up->depth + 1,
        .work = tree_chainwork(tree, parent),
    };

    /* Two jumps of one length make one of twice the length and a step. */
    if (up->depth - far->depth == far->depth - tree->runs[far->jump].depth)
        run.jump = far->jump;
    tree->runs[tree->run_count++] = run;
}

/* ---- tips ---- */

/* Place of the first tip that is not before index. */
static size_t tip_place(const struct tree *tree, uint32_t index)
{
    size_t low = 0;
    size_t high = tree->tip_count;

    if (high > 0 && tree->tips[high - 1].index <= index)
        return tree->tips[high - 1].index < index ? high : high - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (tree->tips[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct tip *tip_find(const struct tree *tree, uint32_t index)
{
    size_t place = tip_place(tree, index);

    return place < tree->tip_count && tree->tips[place].index == index ? &tree->tips[place] : NULL;
}

/* For headers that are laid bare again: they may be older than other tips. */
static void insert_tip(struct tree *tree, struct tip tip)
{
    size_t place = tip_place(tree, tip.index);

    memmove(&tree->tips[place + 1], &tree->tips[place], (tree->tip_count - place) * sizeof(tip));
    tree->tips[place] = tip;
    tree->tip_count++;
}

/* The place of a new tip, newer than all others: in it, its parent no longer counts if that was
 * one. To be filled. */
static struct tip *renew_tip(struct tree *tree, uint32_t parent)
{
    struct tip *old = tip_find(tree, parent);
    struct tip *end = &tree->tips[tree->tip_count];

    if (old == NULL) {
        tree->tip_count++;
        return end;
    }
    if (old + 1 != end)
        memmove(old, old + 1, (size_t)(end - old - 1) * sizeof(*old));
    return end - 1;
}

/* Most work; of equals the lowest index, which came first. */
static void choose_best(struct tree *tree)
{
    struct u256 best_work = tree_chainwork(tree, tree->tips[0].index);

    tree->best = tree->tips[0].index;
    for (size_t i = 1; i < tree->tip_count; i++) {
        struct u256 work = tree_chainwork(tree, tree->tips[i].index);

        if (u256_cmp(work, best_work) > 0) {
            best_work = work;
            tree->best = tree->tips[i].index;
        }
    }
}

/* ---- making, adding, taking back ---- */

/* The base: the first run's first header. */
static bool add_base(struct tree *tree)
{
    const struct context *base = &tree->base;

    if (!reserve_node(tree) || !reserve_run(tree) || !reserve_tip(tree) ||
        !reserve_checkpoint(tree))
        return false;
    *node_at(tree, 0) = (struct node){base->time, base->bits, tree_slots_tag(tree, &base->hash)};
    tree->runs[0] = (struct run){.parent = TREE_NONE, .height = base->height};
    tree->checkpoints[0] = base->chainwork;
    tree->count = 1;
    tree->newest_work = base->chainwork;
    tree->run_count = 1;
    insert_tip(tree, (struct tip){.hash_known = true, .hash = base->hash});
    choose_best(tree);
    return true;
}

struct tree *tree_new(const struct params *params, const struct context *base,
                      const uint8_t base_raw[HEADER_SIZE], struct tree_source source,
                      size_t expected)
{
    struct tree *tree = calloc(1, sizeof(*tree));
    uint64_t slots = tree_slots_for(expected);

    if (tree == NULL)
        return NULL;
    tree->params = params;
    tree->source = source;
    tree->base = *base;
    memcpy(tree->base_raw, base_raw, HEADER_SIZE);
    if (slots < SLOTS_MIN)
        slots = SLOTS_MIN;
    tree->slots = calloc(1, sizeof(*tree->slots));
    if (tree->slots == NULL || slots > INT32_MAX || !tree_slots_renew(tree, (uint32_t)slots) ||
        !add_base(tree)) {
        tree_free(tree);
        return NULL;
    }
    return tree;
}

void tree_free(struct tree *tree)
{
    if (tree == NULL)
        return;
    for (size_t i = 0; i < tree->chunk_count; i++)
        free(tree->chunks[i]);
    free(tree->chunks);
    free(tree->runs);
    free(tree->checkpoints);
    free(tree->tips);
    if (tree->slots != NULL)
        free(tree->slots->slot);
    free(tree->slots);
    free(tree);
}

void tree_expect(struct tree *tree, uint32_t count)
{
    uint64_t slots = tree_slots_for(count);

    if (slots > tree->slots->slot_count && slots <= INT32_MAX)
        (void)tree_slots_renew(tree, (uint32_t)slots);
}

void tree_salt(struct tree *tree, uint64_t salt)
{
    assert(tree->count == 1);
    tree_slots_truncate(tree, 0);
    tree->salt = salt;
    node_at(tree, 0)->tag = tree_slots_tag(tree, &tree->base.hash);
}

/* Makes room for one more header, whatever it is. False when memory is short. */
static bool make_room(struct tree *tree)
{
    size_t room;

    if (!reserve_node(tree) || !reserve_run(tree) || !reserve_tip(tree) ||
        !reserve_checkpoint(tree) || !tree_slots_reserve(tree))
        return false;
    room = tree->chunk_count << TREE_CHUNK_BITS;
    if (room > tree_slots_limit(tree))
        room = tree_slots_limit(tree);
    if (room > tree->checkpoint_capacity * CHECKPOINT_STEP)
        room = tree->checkpoint_capacity * CHECKPOINT_STEP;
    tree->room = room;
    return true;
}

static bool has_room(const struct tree *tree)
{
    return tree->count < tree->room && tree->run_count < tree->run_capacity &&
           tree->tip_count < tree->tip_capacity;
}

uint32_t tree_add(struct tree *tree, uint32_t parent, const struct header *header,
                  const struct hash256 *hash)
{
    uint32_t index = tree->count;
    struct node *node;
    struct tip *tip;

    assert(parent < tree->count);
    if (!has_room(tree) && !make_room(tree))
        return TREE_NONE;
    if (header->bits != tree->last_bits) {
        tree->last_bits = header->bits;
        tree->last_work = compact_work(header->bits);
    }
    if (parent != index - 1) {
        add_run(tree, parent);
        tree->newest_work = tree->runs[tree->run_count - 1].work;
    }
    tree->newest_work = u256_add_saturating(tree->newest_work, tree->last_work);
    if (index % CHECKPOINT_STEP == 0)
        tree->checkpoints[index / CHECKPOINT_STEP] = tree->newest_work;
    node = node_at(tree, index);
    node->time = header->time;
    node->bits = header->bits;
    node->tag = tree_slots_tag(tree, hash);
    tree->count++;
    tip = renew_tip(tree, parent);
    tip->index = index;
    tip->hash_known = true;
    tip->hash = *hash;
    if (parent == tree->best || u256_cmp(tree->newest_work, tree_chainwork(tree, tree->best)) > 0)
        tree->best = index;
    return index;
}

/* True if any header has index as its parent. */
static bool has_child(const struct tree *tree, uint32_t index)
{
    uint32_t run = run_of(tree, index);

    if (index < run_end(tree, run))
        return true;
    while (++run < tree->run_count) {
        if (tree->runs[run].parent == index)
            return true;
    }
    return false;
}

/* Makes index a tip again if nothing stands on it any more. There is room: for each such tip a
 * newer one has gone. */
static void lay_bare(struct tree *tree, uint32_t index)
{
    if (has_child(tree, index) || tip_find(tree, index) != NULL)
        return;
    insert_tip(tree, (struct tip){.index = index});
}

void tree_truncate(struct tree *tree, uint32_t count)
{
    uint32_t old_runs = tree->run_count;

    assert(count >= 1);
    if (count >= tree->count)
        return;
    tree_slots_truncate(tree, count);
    tree->tip_count = tip_place(tree, count);
    tree->count = count;
    while (tree->runs[tree->run_count - 1].first >= count)
        tree->run_count--;
    tree->newest_work = add_up_work(tree, count - 1);
    lay_bare(tree, count - 1);
    /* The runs that are gone still stand in the array behind the others. */
    for (uint32_t run = tree->run_count; run < old_runs; run++) {
        if (tree->runs[run].parent < count)
            lay_bare(tree, tree->runs[run].parent);
    }
    choose_best(tree);
}

/* ---- asking ---- */

const struct params *tree_params(const struct tree *tree)
{
    return tree->params;
}

uint32_t tree_count(const struct tree *tree)
{
    return tree->count;
}

uint32_t tree_base_height(const struct tree *tree)
{
    return tree->base.height;
}

uint32_t tree_find(const struct tree *tree, const struct hash256 *hash, bool *fault)
{
    const struct tip *newest = &tree->tips[tree->tip_count - 1];

    /* The newest header is a tip, the last of them, and the one that is sought most. */
    if (newest->hash_known && hash256_equal(&newest->hash, hash))
        return newest->index;
    return tree_slots_find(tree, hash, fault);
}

struct tree_node tree_get(const struct tree *tree, uint32_t index)
{
    const struct run *run;
    const struct node *node;

    assert(index < tree->count);
    run = &tree->runs[run_of(tree, index)];
    node = node_at(tree, index);
    return (struct tree_node){
        .index = index,
        .parent = index == run->first ? run->parent : index - 1,
        .height = height_in(run, index),
        .time = node->time,
        .bits = node->bits,
    };
}

bool tree_raw(const struct tree *tree, uint8_t raw[HEADER_SIZE], uint32_t index)
{
    assert(index < tree->count);
    if (index == 0) {
        memcpy(raw, tree->base_raw, HEADER_SIZE);
        return true;
    }
    return tree->source.read(tree->source.context, raw, index);
}

bool tree_hash(const struct tree *tree, struct hash256 *out, uint32_t index)
{
    const struct tip *tip = tip_find(tree, index);
    uint8_t raw[HEADER_SIZE];

    if (tip != NULL && tip->hash_known) {
        *out = tip->hash;
        return true;
    }
    if (!tree_raw(tree, raw, index))
        return false;
    header_hash(out, raw);
    return true;
}

struct u256 tree_chainwork(const struct tree *tree, uint32_t index)
{
    assert(index < tree->count);
    return index == tree->count - 1 ? tree->newest_work : add_up_work(tree, index);
}

uint32_t tree_ancestor(const struct tree *tree, uint32_t index, uint32_t height)
{
    const struct run *run;

    assert(index < tree->count);
    run = &tree->runs[run_of(tree, index)];
    if (height < tree->base.height || height > height_in(run, index))
        return TREE_NONE;
    while (run->height > height) {
        const struct run *jump = &tree->runs[run->jump];

        /* Our branch goes through the first header of every run above: no way past the height. */
        run = jump->height >= height ? jump : &tree->runs[run->parent_run];
    }
    return run->first + (height - run->height);
}

/* See context.h: the newest nBits of the epoch that are not the minimum-difficulty exception. */
static uint32_t real_bits(const struct tree *tree, struct tree_node node)
{
    if (!tree->params->min_difficulty) /* all nBits of an epoch are equal */
        return node.bits;
    while (node.bits == tree->params->limit_bits && node.height % PARAMS_RETARGET_BLOCKS != 0)
        node = tree_get(tree, node.parent);
    return node.bits;
}

bool tree_context(const struct tree *tree, struct context *out, uint32_t index)
{
    struct tree_node node = tree_get(tree, index);
    const struct node *first;

    *out = (struct context){
        .height = node.height, .time = node.time, .from_genesis = tree->base.from_genesis};
    if (!tree_hash(tree, &out->hash, index))
        return false;
    context_set_bits(out, node.bits);
    out->real_bits = real_bits(tree, node);
    first = node_at(tree,
                    tree_ancestor(tree, index, node.height - node.height % PARAMS_RETARGET_BLOCKS));
    out->epoch_first_time = first->time;
    out->epoch_first_bits = first->bits;
    out->chainwork = tree_chainwork(tree, index);
    for (;;) {
        out->times[node.height % PARAMS_MEDIAN_BLOCKS] = node.time;
        if (++out->times_known == PARAMS_MEDIAN_BLOCKS || node.parent == TREE_NONE)
            return true;
        node = tree_get(tree, node.parent);
    }
}

uint32_t tree_best(const struct tree *tree)
{
    return tree->best;
}

uint32_t tree_best_at(const struct tree *tree, uint32_t height)
{
    return tree_ancestor(tree, tree->best, height);
}

bool tree_on_best(const struct tree *tree, uint32_t index)
{
    return tree_best_at(tree, tree_get(tree, index).height) == index;
}

size_t tree_tip_count(const struct tree *tree)
{
    return tree->tip_count;
}

struct tree_tip tree_tip_get(const struct tree *tree, size_t i)
{
    struct tree_tip out;

    assert(i < tree->tip_count);
    out.index = tree->tips[i].index;
    out.height = tree_get(tree, out.index).height;
    out.chainwork = tree_chainwork(tree, out.index);
    if (!tree_hash(tree, &out.hash, out.index))
        memset(&out.hash, 0, sizeof(out.hash));
    return out;
}

size_t tree_memory(const struct tree *tree)
{
    return sizeof(*tree) + sizeof(*tree->slots) +
           tree->chunk_count * TREE_CHUNK_NODES * sizeof(struct node) +
           tree->chunk_capacity * sizeof(*tree->chunks) + tree->run_capacity * sizeof(*tree->runs) +
           tree->checkpoint_capacity * sizeof(*tree->checkpoints) +
           tree->tip_capacity * sizeof(*tree->tips) +
           tree->slots->slot_count * sizeof(*tree->slots->slot);
}
