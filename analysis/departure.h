// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure: what a change of the network's hash rate was made of: luck, price, season, dated
 * events, a passing part, AI, trend, and what nobody can say.
 *
 * y_t = ln(mean hash rate of epoch t). What it would have been without AI is y_t + delta_t,
 * delta_t = ln(1 + x_t / Hs_t), with x a path of site.h and Hs the running median of five epochs'
 * hash rates. That counterfactual is Gaussian (dense covariance, n epochs, t = 0..n-1):
 *
 *     K = 25 11' + .02^2 tt' + ss^2 L2 L2'                trend (with the level's unknown start)
 *       + sl^2 L L'                                       unexplained: a level that wanders
 *       + .15^2 Z Z' (+ errors of reconstructed prices)   price: ln(price x subsidy), three lags
 *       + .015^2 S S'                                     season: two harmonics of the year
 *       + sum_e sd_e^2 (diag(w_e^2) + .5 w_e w_e')        dated events, w: share of epoch t
 *       + sa^2 phi^|i-j|                                  transient
 *       + I / 2016                                        luck: exactly known
 *
 * (L lower triangle of ones, L2 = L L). The four scales ss, sl, sa, phi are fitted (maximum
 * likelihood with weak priors). Each path k then has the weight
 *     ln w_k = -delta_k' Ki e - .5 delta_k' Ki delta_k,   e = y - mean(y), Ki = K^-1,
 * and mean w is the Bayes factor against 'no AI at all'. What is measured on real data: the chain
 * says next to nothing about the AI share (effective sample size 98 % of the draws); the answer IS
 * the list of sites, and departure_posterior.adds_nothing says when to print so.
 *
 * Use, for everything on one screen (errors left out):
 *
 *     struct departure_data data = {.epochs = epochs, .count = n, .price = true};
 *     struct site_options options;
 *     struct departure_scales scales;
 *     size_t at = n - 1, from;
 *
 *     data.events = departure_events(&data.event_count);       // or those of a file
 *     data.choice = DEPARTURE_EVENTS_ALL;
 *     if ((fault = departure_data_fault(&data)) != NULL) ...    // 'fewer than 40 epochs'
 *     site_options_init(&options);                              // then site_priors_set() ...
 *     for (i = 0; i < n; i++) times[i] = departure_epoch_mid(&epochs[i]);
 *     paths = site_paths_new(sites, count, times, n, &options); // NULL: no memory
 *     departure_fit(&scales, &data);                            // once; reuse it for all choices
 *     model = departure_model_new(&data, &scales);
 *     post = departure_posterior_new(model, paths);
 *
 *     departure_figure(&prior, post, SITE_NET, at, false);      // 29.0 [11.4, 51.7] EH/s
 *     departure_figure(&posterior, post, SITE_NET, at, true);   // 29.9 [11.8, 53.1]
 *     departure_share(&share, post, at, true);                  // of the counterfactual
 *     departure_find(&from, &data, year_ago);                   // year on year
 *     departure_decompose(&parts, post, from, at, DEPARTURE_ENDS);
 *     for (part = 0; part < DEPARTURE_PARTS; part++)            // they add up to parts.total
 *         print(departure_part_name(part), parts.part[part].mean, .lo90, .hi90);
 *     departure_statement(text, post);                          // always shown with the figure
 *
 *     departure_placebo_shifts(&shifts, post);                  // rank p of the real schedule
 *     departure_replay(&replay, post, "China ban");             // AI credited: exactly 0
 *     departure_posterior_free(post); departure_model_free(model); site_paths_free(paths);
 *
 * and again with choice = DEPARTURE_EVENTS_NONE and _EXOGENOUS, since events are chosen by people.
 * Pure: no file, no clock, no global state. Everything is deterministic. GSL's error handler is to
 * be off, as it is in the program and has to be in a test: gsl_set_error_handler_off().
 */
#ifndef HASHTIDE_ANALYSIS_DEPARTURE_H
#define HASHTIDE_ANALYSIS_DEPARTURE_H

#include "analysis/site.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- what goes in ---- */

/** Terms of the price: mean of ln(price x subsidy) over epochs t-1..t-3, t-4..t-13, t-14..t-39. */
#define DEPARTURE_PRICES 3
/** Epochs before an epoch that its price terms look at. */
#define DEPARTURE_PRICE_LAGS 39
/** sd to give the ln price of an epoch whose price is reconstructed. */
#define DEPARTURE_PRICE_ERROR 0.05

/** An epoch of 2016 blocks. Epochs follow one another without a gap. */
struct departure_epoch {
    double start, end;              /* decimal years; end = next start */
    double log_rate;                /* ln EH/s, mean over the epoch */
    double price[DEPARTURE_PRICES]; /* not centred; NaN where unknown */
    double price_error; /* sd of the error of this epoch's own ln price; 0: observed. Errors of
                           different epochs are taken for one common error, which is the careful
                           reading of prices reconstructed from a few points */
};

/** The middle, at which season and AI paths are taken. */
double departure_epoch_mid(const struct departure_epoch *epoch);
/** The three terms of epoch 'index' from ln(price x subsidy) by epoch (NaN: unknown). False, and
 *  NaNs, where index < DEPARTURE_PRICE_LAGS or one of them is unknown. */
bool departure_price_terms(double out[DEPARTURE_PRICES], const double *log_reward, size_t index);

/** A dated shock from an outside source (weather service, grid operator, law), never dated by the
 *  hash rate itself. */
struct departure_event {
    const char *name;
    double start, end; /* decimal years */
    double sd;         /* of the epoch's log dip */
    bool exogenous;    /* nothing of price, halving or AI in it */
    const char *source;
};

/** Events that are known to this program, oldest first; static. */
const struct departure_event *departure_events(size_t *count);
/** Share of the epoch that overlaps the event, 0 to 1. */
double departure_overlap(const struct departure_epoch *epoch, const struct departure_event *event);

/** Which of the events the model believes in. */
enum departure_choice {
    DEPARTURE_EVENTS_ALL,
    DEPARTURE_EVENTS_EXOGENOUS,
    DEPARTURE_EVENTS_NONE,
};

/** Bounds on the number of epochs: fewer cannot tell trend from anything; more were not measured
 *  (memory and time grow with the square and cube). */
#define DEPARTURE_LEAST 40
#define DEPARTURE_MOST 1000

/** All borrowed: they outlive what is made of them. */
struct departure_data {
    const struct departure_epoch *epochs;
    size_t count;
    const struct departure_event *events; /* may be NULL with none */
    size_t event_count;
    enum departure_choice choice;
    bool price; /* false: no price term, and that is to be said */
};

/** What is wrong with the data, in a few words, or NULL: too few or too many epochs, a time that
 *  does not increase, a value that is not finite, a price term missing though data->price, an event
 *  that ends before it starts. */
const char *departure_data_fault(const struct departure_data *data);
/** The epoch that holds this time; false, *out untouched, where none does. */
bool departure_find(size_t *out, const struct departure_data *data, double time);

/* ---- the model ---- */

/** What is fitted. */
struct departure_scales {
    double level;       /* sl: sd per epoch of the unexplained level's walk */
    double slope;       /* ss: sd per epoch of the trend's slope */
    double persistence; /* phi: of the transient from epoch to epoch */
    double transient;   /* sa: its sd */
};

/** Centres of the weak priors, where searches begin. */
void departure_scales_init(struct departure_scales *out);
/** Most likely scales of the observed series (taken as if nothing had left: delta = 0), with
 *  log-normal priors. False, *out untouched, without memory. The data has no fault. */
bool departure_fit(struct departure_scales *out, const struct departure_data *data);
/** ln density of the series (with the prior of the scales added or not); -infinity where the
 *  covariance is not positive definite. NaN without memory. */
double departure_log_likelihood(const struct departure_data *data,
                                const struct departure_scales *scales, bool with_prior);

/** What a change is made of. */
enum departure_part {
    DEPARTURE_LUCK,
    DEPARTURE_PRICE,
    DEPARTURE_SEASON,
    DEPARTURE_EVENTS,
    DEPARTURE_TRANSIENT,
    DEPARTURE_AI,
    DEPARTURE_TREND,
    DEPARTURE_UNEXPLAINED,
    DEPARTURE_PARTS, /* how many */
};

/** "luck", "price", "season", "dated events", "transient", "AI", "trend", "unexplained". */
const char *departure_part_name(enum departure_part part);

/** The factored covariance of a series. Opaque. */
struct departure_model;

/** NULL without memory, or where the covariance is not positive definite (scales that are not
 *  finite and positive, |persistence| >= 1). Keeps a copy of data (what it points to is
 *  borrowed). */
struct departure_model *departure_model_new(const struct departure_data *data,
                                            const struct departure_scales *scales);
void departure_model_free(struct departure_model *model); /* NULL: nothing */

/** Figures of a model, for tests and curious readers. */
struct departure_facts {
    size_t count;
    double mean;                         /* of y */
    double log_determinant;              /* of K */
    double quadratic;                    /* e' Ki e */
    double elasticity[DEPARTURE_PRICES]; /* posterior means; 0 without the price term */
};
void departure_model_facts(struct departure_facts *out, const struct departure_model *model);
/** Running median of five epochs' hash rates, EH/s; edge values repeat. */
double departure_smooth_rate(const struct departure_model *model, size_t epoch);
/** Posterior mean of a part of y_t (no AI: e alone) at each epoch; out has count values. AI is 0.
 */
void departure_smoothed(double *out, const struct departure_model *model, enum departure_part part);

/** How a given path of removed EH/s fits. */
struct departure_test {
    double log_weight; /* ln of how much likelier than 'nothing left' */
    double kappa;      /* scale of its delta that fits best; 0 where the path is zero */
    double se;         /* of kappa; 0 where the path is zero */
};
/** removed: EH/s by epoch, count values >= 0. False without memory. */
bool departure_test_path(struct departure_test *out, const struct departure_model *model,
                         const double *removed);

/* ---- the answer ---- */

/** Above this share of effective draws the chain adds nothing to the list of sites. */
#define DEPARTURE_NOTHING_ADDED 0.9

/** What the series makes of the paths. The pointers are its own or borrowed (model, paths). */
struct departure_posterior {
    const struct departure_model *model;
    const struct site_paths *paths;
    double *weights;        /* by draw, sum 1 */
    double *log_weights;    /* by draw, as they are */
    double *delta;          /* [draw][epoch - paths->first] */
    double bayes_factor;    /* the sites against nothing at all */
    double bayes_error;     /* Monte-Carlo sd of it */
    double ess;             /* effective sample size, 1 to draws */
    bool adds_nothing;      /* ess / draws > DEPARTURE_NOTHING_ADDED */
    double kappa, kappa_se; /* scale of the mean path that fits best; both 0 for a zero path */
    double slow_share;   /* share of the network that would have to leave, on this schedule, to be
                            seen at 2 sd; 0 for a zero path */
    double abrupt_share; /* the same if it left at once and for good, a year before the end */
};

/** NULL without memory. paths->epochs = the model's count; times are the epochs' middles. */
struct departure_posterior *departure_posterior_new(const struct departure_model *model,
                                                    const struct site_paths *paths);
void departure_posterior_free(struct departure_posterior *posterior); /* NULL: nothing */
/** Multiplies the weights by those of other evidence, by draw, which sum to 1; returns how many
 * draws they are worth then. What the posterior has of the chain (ess, adds_nothing, Bayes factor,
 * kappa) stays the chain's. Evidence that contradicts the chain outright, so that no draw is left,
 * is taken alone. */
double departure_posterior_weigh(struct departure_posterior *posterior, const double *weights);

/** A measure in EH/s at an epoch, by the sites alone (posterior false) or weighted by the series.
 *  All of these: false without memory. */
bool departure_figure(struct site_figure *out, const struct departure_posterior *posterior,
                      enum site_measure measure, size_t epoch, bool weighted);
/** EH/s that there would have been: observed + removed at AI sites (SITE_NET, no re-entry). */
bool departure_counterfactual(struct site_figure *out, const struct departure_posterior *posterior,
                              size_t epoch, bool weighted);
/** Net over counterfactual, 0 to 1. */
bool departure_share(struct site_figure *out, const struct departure_posterior *posterior,
                     size_t epoch, bool weighted);

/** Epochs averaged at each end of a comparison, by default. */
#define DEPARTURE_ENDS 3

/** A change of ln(hash rate) and its parts. The parts' means add up to total (to 1e-9). */
struct departure_decomposition {
    size_t from, to;                    /* epochs */
    size_t from_first, to_first, width; /* epochs averaged: from_first to from_first + width - 1 */
    double total;                       /* observed change, log: exact */
    struct site_figure part[DEPARTURE_PARTS]; /* log; sum of means = total */
    double sd[DEPARTURE_PARTS];
};

/** From epoch 'from' to epoch 'to' (any two, in either order), each end the mean of 'width' epochs
 *  about it (moved inwards at the series' edges). width: 1 to count. False without memory. */
bool departure_decompose(struct departure_decomposition *out,
                         const struct departure_posterior *posterior, size_t from, size_t to,
                         size_t width);

/** Room for a statement, NUL included. */
#define DEPARTURE_STATEMENT 640

/** What the series can and cannot say, in plain English, from ESS, kappa with its error, and what
 *  could be seen at all. It begins with "The chain adds no information" if and only if
 *  posterior->adds_nothing and there are sites. */
void departure_statement(char out[DEPARTURE_STATEMENT],
                         const struct departure_posterior *posterior);

/* ---- placebos ---- */

/** Shifts that are tried at most. */
#define DEPARTURE_SHIFTS 64

struct departure_shift {
    size_t epochs; /* the whole schedule is so much earlier */
    double years;
    double kappa, se; /* of the mean path's delta, held at its last value once it ends */
    double log_bayes; /* ln Bayes factor of the shifted paths (2,000 of them) against nothing */
};

/** The schedule shifted back in time, when there was no AI to leave for. What is found there is
 *  found by chance, or by booms that end. */
struct departure_shifts {
    struct departure_shift real;
    struct departure_shift shift[DEPARTURE_SHIFTS];
    size_t count;
    double mean_z, rms_z; /* of kappa / se over the shifts */
    double effective;     /* independent shifts that these are worth, 1 to count: neighbours are
                             alike, and the model says how much; 0 without shifts */
    double p; /* (1 + q m) / (1 + m), q: share of shifts whose kappa/se is at least the real one's,
                 m: effective; 1 without shifts. It knows nothing of why the question was asked:
                 after a fall, a schedule that ends in it fits well */
};

/** Shifts from half a year (13 epochs) to as far back as the whole mean path still begins within
 * the series: all of them, or DEPARTURE_SHIFTS evenly chosen. What is shifted is delta, the share
 * of the network of its time. Use a model without events too: dated events take up what a shifted
 * schedule would find. No shift of a zero path. False without memory. */
bool departure_placebo_shifts(struct departure_shifts *out,
                              const struct departure_posterior *posterior);

/** What was said of a dated event when it struck, and when it was over. */
struct departure_replay {
    size_t before, bottom, after; /* epochs: last hardly touched one before, lowest one in it, first
                                     hardly touched one after (bottom itself, if the series ends) */
    struct departure_decomposition fall, rebound; /* before to bottom, bottom to after; width 1 */
};

/** False where no event of the data has this name or it does not touch the series, or without
 *  memory. It need not be among those that the model believes in. */
bool departure_replay(struct departure_replay *out, const struct departure_posterior *posterior,
                      const char *event);

#endif
