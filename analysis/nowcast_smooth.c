// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * nowcast_smooth: history as it is known afterwards. See nowcast.h.
 *
 * The backward filters' states are wanted in the order of blocks, which is against the order in
 * which they come about. So one pass keeps a state at each end of a stretch of about sqrt(n)
 * blocks, and a stretch's states are worked out again, all at once, when the first of them is
 * wanted.
 */
#include "config.h"

#include "analysis/nowcast.h"
#include "analysis/nowcast_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Blocks that a backward filter sees before it is scored: an empty belief cannot be. */
#define BACKWARD_SCORED_FROM 30

/** The filters that run backwards. Before block i they have seen the blocks after it. */
struct backward {
    uint32_t filled; /* blocks of the present batch, or NOWCAST_BROKEN */
    uint32_t blocks; /* seen */
    double batch_sum;
    struct gamma_belief filter[NOWCAST_FILTERS];
    struct gamma_belief before[NOWCAST_FILTERS]; /* as it was before the batch */
    double score[NOWCAST_FILTERS];
};

struct nowcast_smoother {
    struct nowcast_model model;
    struct nowcast_series series;
    size_t length;           /* blocks of a stretch */
    struct backward *kept;   /* [k]: has seen the blocks from k * length on */
    struct backward *states; /* [i]: has seen the blocks after the stretch's block i */
    size_t stretch;          /* that states are of */
};

/** No stretch has been worked out yet. */
#define NO_STRETCH SIZE_MAX

static void score(struct backward *back, const struct nowcast_model *model)
{
    for (int j = 0; j < NOWCAST_FILTERS; j++)
        back->score[j] = model->forget * back->score[j] +
                         gamma_log_density_of_sum(back->before[j], model->batch, back->batch_sum);
}

/* Takes block i of the series. Batches are those of the forward filters. */
static void take(struct backward *back, const struct nowcast_smoother *smoother, size_t i)
{
    const struct nowcast_model *model = &smoother->model;
    uint32_t position = (smoother->series.first_height + (uint32_t)i) % model->batch;
    double u = smoother->series.u[i];
    double grow = smoother->series.drift != NULL ? exp(smoother->series.drift[i]) : 1.0;

    if (position == model->batch - 1) {
        memcpy(back->before, back->filter, sizeof back->before);
        back->batch_sum = 0.0;
        back->filled = back->blocks >= BACKWARD_SCORED_FROM ? 0 : NOWCAST_BROKEN;
    }
    for (int j = 0; j < NOWCAST_FILTERS; j++)
        back->filter[j] = gamma_discounted(gamma_after(back->filter[j], u), model->keep[j], grow);
    back->blocks++;
    if (back->filled == NOWCAST_BROKEN)
        return;
    back->batch_sum += u;
    if (++back->filled == model->batch) {
        score(back, model);
        back->filled = NOWCAST_BROKEN;
    }
}

/* Keeps a state at the end of each stretch. */
static void run_backwards(struct nowcast_smoother *smoother)
{
    struct backward back;

    memset(&back, 0, sizeof back);
    back.filled = NOWCAST_BROKEN;
    for (size_t i = smoother->series.count;; i--) {
        if (i == smoother->series.count || i % smoother->length == 0)
            smoother->kept[(i + smoother->length - 1) / smoother->length] = back;
        if (i == 0)
            return;
        take(&back, smoother, i - 1);
    }
}

struct nowcast_smoother *nowcast_smoother_new(const struct nowcast_model *model,
                                              const struct nowcast_series *series)
{
    struct nowcast_smoother *smoother = calloc(1, sizeof *smoother);

    if (smoother == NULL)
        return NULL;
    smoother->model = *model;
    smoother->series = *series;
    smoother->stretch = NO_STRETCH;
    smoother->length = (size_t)sqrt((double)series->count) + 1;
    smoother->kept = calloc(series->count / smoother->length + 2, sizeof *smoother->kept);
    smoother->states = calloc(smoother->length, sizeof *smoother->states);
    if (smoother->kept == NULL || smoother->states == NULL) {
        nowcast_smoother_free(smoother);
        return NULL;
    }
    run_backwards(smoother);
    return smoother;
}

void nowcast_smoother_free(struct nowcast_smoother *smoother)
{
    if (smoother == NULL)
        return;
    free(smoother->kept);
    free(smoother->states);
    free(smoother);
}

static void work_out(struct nowcast_smoother *smoother, size_t stretch)
{
    size_t begin = stretch * smoother->length;
    size_t end = begin + smoother->length;
    struct backward back;

    if (end > smoother->series.count)
        end = smoother->series.count;
    back = smoother->kept[stretch + 1];
    for (size_t i = end; i-- > begin;) {
        smoother->states[i - begin] = back;
        take(&back, smoother, i);
    }
    smoother->stretch = stretch;
}

struct nowcast_estimate nowcast_smoothed(struct nowcast_smoother *smoother,
                                         const struct nowcast_state *forward, size_t i)
{
    const struct nowcast_model *model = &smoother->model;
    struct gamma_belief belief[NOWCAST_FILTERS];
    double log_weight[NOWCAST_FILTERS];
    const struct backward *back;

    assert(i < smoother->series.count);
    if (i / smoother->length != smoother->stretch)
        work_out(smoother, i / smoother->length);
    back = &smoother->states[i % smoother->length];
    for (int j = 0; j < NOWCAST_FILTERS; j++) {
        belief[j].shape = forward->filter[j].shape + back->filter[j].shape;
        belief[j].rate = forward->filter[j].rate + back->filter[j].rate;
        log_weight[j] = model->log_prior[j] + forward->score[j] + back->score[j];
    }
    return nowcast_mixture(model, belief, log_weight);
}
