// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_internal: what the files of departure share.
 *
 * A *design* is what the data alone says: centred prices, season, overlaps. A *kernel* applies the
 * parts of the covariance to vectors; the dense matrix is built once per set of scales. Vectors
 * have n values, matrices n x n by rows. Nothing is larger than DEPARTURE_MOST squared (8 MB).
 *
 * A *schedule* says which column of the paths an epoch takes: column j belongs to epoch
 * first - shift + j, and the last column to all later epochs as well. So a schedule that is shifted
 * back has as many unknowns as the real one, and quadratic forms in delta fold to columns squared.
 */
#ifndef HASHTIDE_ANALYSIS_DEPARTURE_INTERNAL_H
#define HASHTIDE_ANALYSIS_DEPARTURE_INTERNAL_H

#include "analysis/departure.h"

#include <stdbool.h>
#include <stddef.h>

/** Two harmonics of the year. */
#define DEPARTURE_SEASONS 4
/** Standard deviations that are not fitted (log). The start of the level and the growth per epoch
 *  are as good as unknown; an elasticity of .15 per term; 1.5 % per harmonic. */
#define DEPARTURE_START_SD 5.0
#define DEPARTURE_GROWTH_SD 0.02
#define DEPARTURE_ELASTICITY_SD 0.15
#define DEPARTURE_SEASON_SD 0.015
/** Of an event's variance, how much all its epochs share. */
#define DEPARTURE_EVENT_SHARED 0.5
/** Luck: a mean over 2016 blocks. */
#define DEPARTURE_LUCK_VARIANCE (1.0 / 2016.0)

struct departure_design {
    size_t n;
    struct departure_data data;
    double mean;         /* of y */
    double *e;           /* y - mean */
    double *rate;        /* running median of hash rates, EH/s */
    double *price;       /* [term][epoch], centred; zero without the price term */
    double *price_error; /* [term][epoch] */
    double *season;      /* [harmonic][epoch] */
    double *overlap;     /* [used event][epoch] */
    double *event_sd;    /* [used event] */
    size_t events;       /* used */
    double *block;       /* all of the above in one allocation */
};

struct departure_model {
    struct departure_design design;
    struct departure_scales scales;
    double *inverse; /* Ki */
    double *alpha;   /* Ki e */
    double log_determinant, quadratic;
};

/** False without memory. */
bool departure_design_init(struct departure_design *out, const struct departure_data *data);
void departure_design_clear(struct departure_design *design);
/** The part of K that needs no scales. */
void departure_kernel_base(double *matrix, const struct departure_design *design);
/** K = base + what the scales make. */
void departure_kernel_fill(double *matrix, const double *base,
                           const struct departure_design *design,
                           const struct departure_scales *scales);
/** out = K_part in, for every part but DEPARTURE_AI; out and in differ. */
void departure_kernel_apply(double *out, const struct departure_design *design,
                            const struct departure_scales *scales, enum departure_part part,
                            const double *in);
bool departure_scales_sound(const struct departure_scales *scales);
/** Factors matrix in place (its lower triangle becomes the factor) and gives ln |K| and e' Ki e.
 *  work: n values, lost. False where it is not positive definite. */
bool departure_factor(double *matrix, size_t n, const double *e, double *work,
                      double *log_determinant, double *quadratic);

double departure_dot(const double *a, const double *b, size_t n);
/** out = Ki in. */
void departure_solve(double *out, const struct departure_model *model, const double *in);

/* ---- schedules ---- */

/** The likelihood of delta on a schedule: -linear' d - d' square d / 2. */
struct departure_schedule {
    size_t columns, begin; /* column j to epoch begin + j, and on from the last */
    double *linear;        /* [columns] */
    double *square;        /* [columns][columns] */
};

/** Of columns columns from epoch begin on. False without memory. */
bool departure_schedule_init(struct departure_schedule *out, const struct departure_model *model,
                             size_t columns, size_t begin);
void departure_schedule_clear(struct departure_schedule *schedule);
double departure_schedule_log_weight(const struct departure_schedule *schedule,
                                     const double *delta);
/** Folds a vector over epochs to one over columns: out' d = in' (schedule of d). */
void departure_schedule_fold(double *out, const struct departure_schedule *schedule,
                             const double *in, size_t n);
/** kappa and its se for one delta; both 0 where it is zero. */
void departure_schedule_kappa(double *kappa, double *se, const struct departure_schedule *schedule,
                              const double *delta);
/** ln of the mean of exp(log_weights), and the same less 'relative', its Monte-Carlo sd. */
double departure_log_mean(const double *log_weights, size_t count, double *relative);
/** Mean path's delta by column, equally weighted. */
void departure_mean_delta(double *out, const struct departure_posterior *posterior);

#endif
