// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * change: see change.h.
 */
#include "config.h"

#include "analysis/change.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/** An alternative this near to the null, as a share of its jump, is spent. */
#define CONVERGED 0.1
/** Evidence left to an adopted alternative, in blocks: it was chosen for being extreme. */
#define ADOPTED_SHAPE_MAX 150.0

/** Of the time that the null remembers, no more than this share is taken back. */
#define REVOKED_MOST 0.5

/** Shares of hash rate lost, and the thresholds that make each equally likely to raise a false
 *  alarm: tuned by simulation for one a year at 1.5 % a day. */
static const double fall_size[CHANGE_SIZES] = {0.05, 0.10, 0.18, 0.32, 0.55};
static const double fall_threshold[CHANGE_SIZES] = {5.75, 5.75, 8.25, 9.70, 10.10};
/** Growth feeds the alternatives that rise: 1.5 more keeps their false alarms within reach of the
 *  same offsets. */
static const double rise_threshold[CHANGE_SIZES] = {7.25, 7.25, 9.75, 11.20, 11.60};

struct change_model change_model(enum change_direction direction, double offset)
{
    bool fall = direction == CHANGE_FALL;
    struct change_model model = {.direction = direction, .keep = 1.0 - 1.0 / CHANGE_MEMORY};

    for (int k = 0; k < CHANGE_SIZES; k++) {
        /* A rise is the same way back. */
        model.jump[k] = fall ? log1p(-fall_size[k]) : -log1p(-fall_size[k]);
        model.threshold[k] = (fall ? fall_threshold[k] : rise_threshold[k]) + offset;
    }
    return model;
}

struct change_state change_start(struct gamma_belief null)
{
    struct change_state state;

    memset(&state, 0, sizeof state);
    state.null = null;
    for (int k = 0; k < CHANGE_SIZES; k++) {
        /* Scores of 0 are spent: each begins anew at the next block. */
        state.alternative[k].belief = null;
        state.alternative[k].base = null;
    }
    return state;
}

/* Begins alternative k anew if its score is spent or the null has caught up with it. */
static void begin_anew(struct change_alternative *alternative, struct gamma_belief null,
                       double jump, uint32_t height)
{
    double apart =
        log(alternative->belief.shape * null.rate / (alternative->belief.rate * null.shape));

    if (alternative->score > 0.0 && apart * (jump > 0.0 ? 1.0 : -1.0) >= CONVERGED * fabs(jump))
        return;
    alternative->belief = (struct gamma_belief){null.shape, null.rate * exp(-jump)};
    alternative->base = null;
    alternative->score = 0.0;
    alternative->since = height;
}

/* The alternative that stands out most. */
static struct change_verdict judged(const struct change_state *state,
                                    const struct change_model *model)
{
    struct change_verdict verdict = {.excess = -HUGE_VAL};

    for (int k = 0; k < CHANGE_SIZES; k++) {
        double excess = state->alternative[k].score - model->threshold[k];

        if (excess > verdict.excess) {
            verdict.excess = excess;
            verdict.size = k;
        }
    }
    verdict.alarm = verdict.excess >= 0.0;
    verdict.onset = (uint32_t)state->alternative[verdict.size].since;
    verdict.base = state->alternative[verdict.size].base;
    return verdict;
}

struct change_verdict change_update(struct change_state *state, const struct change_model *model,
                                    uint32_t height, double u, double drift)
{
    double shrink = exp(-drift);
    struct gamma_belief null = gamma_discounted(state->null, model->keep, shrink);
    double null_density = gamma_log_density(null, u);

    assert(u > 0.0);
    for (int k = 0; k < CHANGE_SIZES; k++) {
        struct change_alternative *alternative = &state->alternative[k];

        begin_anew(alternative, state->null, model->jump[k], height);
        alternative->belief = gamma_discounted(alternative->belief, model->keep, shrink);
        alternative->score += gamma_log_density(alternative->belief, u) - null_density;
        alternative->belief = gamma_after(alternative->belief, u);
    }
    state->null = gamma_after(null, u);
    return judged(state, model);
}

struct change_verdict change_silent(const struct change_state *state,
                                    const struct change_model *model, uint32_t height,
                                    double silence, double drift)
{
    double shrink = exp(-drift);
    struct gamma_belief null = gamma_discounted(state->null, model->keep, shrink);
    struct change_state copy = *state;

    assert(silence >= 0.0);
    for (int k = 0; k < CHANGE_SIZES; k++) {
        struct change_alternative *alternative = &copy.alternative[k];

        begin_anew(alternative, state->null, model->jump[k], height);
        alternative->belief = gamma_discounted(alternative->belief, model->keep, shrink);
        alternative->score +=
            gamma_log_silence(alternative->belief, silence) - gamma_log_silence(null, silence);
    }
    return judged(&copy, model);
}

/* A belief's predictions of n intervals, multiplied, depend on their sum by the last belief's rate
 * alone, as rate^-shape: what less time would have said is silence taken back. */
struct change_verdict change_standing(const struct change_state *state,
                                      const struct change_model *model, double hidden)
{
    struct change_state copy = *state;
    double back = -fmin(hidden, REVOKED_MOST * state->null.rate);

    assert(hidden >= 0.0);
    for (int k = 0; k < CHANGE_SIZES && hidden > 0.0; k++)
        copy.alternative[k].score += gamma_log_silence(copy.alternative[k].belief, back) -
                                     gamma_log_silence(state->null, back);
    return judged(&copy, model);
}

struct gamma_belief change_adopted(const struct change_state *state, int size)
{
    struct gamma_belief belief = state->alternative[size].belief;
    double scale = fmin(1.0, ADOPTED_SHAPE_MAX / belief.shape);

    return (struct gamma_belief){belief.shape * scale, belief.rate * scale};
}
