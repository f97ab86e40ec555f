// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * volatility: see volatility.h.
 */
#include "config.h"

#include "analysis/volatility.h"

#include "analysis/gamma.h"
#include "analysis/volatility_internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define DAY_BLOCKS 144.0
/** Batches whose mean starts the level, and which are not scored. */
#define START_BATCHES 5
/** The curve's ends. */
#define SD_MIN 1e-4
#define SD_MAX 0.2
/** Half of the 95 % point of chi-square with one freedom. */
#define DROP95 1.9207294103470605
/** A filter whose variance moves less than this, relative, stands still. */
#define SETTLED 1e-13
/** Limits of the transient: beyond them it is none, or a walk. */
#define TRANSIENT_MIN 1e-4
#define TRANSIENT_MAX 1.0
#define PERSISTENCE_MAX 0.99
/** First and last step of a search, in units of its coordinates. */
#define SEARCH_STEP 0.8
#define SEARCH_STEP_LAST 0.01
/** Sweeps through all coordinates after which a search is given up where it is. */
#define SEARCH_SWEEPS_MAX 200

double volatility_log_rate(double sum, unsigned batch)
{
    return gamma_psi(batch) - log(sum);
}

size_t volatility_batches(const struct volatility_series *series)
{
    size_t batches = 0;

    for (size_t i = 0; i < series->count; i++)
        batches += isnan(series->log_rate[i]) ? 0 : 1;
    return batches;
}

/** Level m and transient x, what is known of them, and what the next observation will do. */
struct filter {
    double m, x;
    double pmm, pmx, pxx;            /* covariance after the last observation */
    double f, log_f, gain_m, gain_x; /* of the next one */
    bool settled;                    /* they are the same as last time */
};

/** Constants of a run. */
struct model {
    double walk;      /* Q: variance of the walk over a batch */
    double luck;      /* R */
    double phi;       /* persistence */
    double transient; /* its variance */
    double growth;    /* d k */
};

static struct model model_of(const struct volatility_series *series,
                             const struct volatility_parts *parts)
{
    return (struct model){
        .walk = parts->daily_sd * parts->daily_sd * series->batch / DAY_BLOCKS,
        .luck = gamma_psi1(series->batch),
        .phi = parts->persistence,
        .transient = parts->transient_sd * parts->transient_sd,
        .growth = series->drift * series->batch,
    };
}

/* Starts from the first batches; *next is the first one to be scored. */
static struct filter started(const struct volatility_series *series, const struct model *model,
                             size_t *next)
{
    struct filter filter = {
        .pmm = 0.5 * model->luck + 3.0 * model->walk + model->transient,
        .pxx = model->transient,
    };
    unsigned taken = 0;

    for (*next = 0; *next < series->count && taken < START_BATCHES; ++*next) {
        if (isnan(series->log_rate[*next]))
            continue;
        filter.m += series->log_rate[*next] / START_BATCHES;
        taken++;
    }
    return filter;
}

/* Carries the variances over a batch, with an observation of it or without. */
static void carry(struct filter *filter, const struct model *model, bool observed)
{
    double pxx =
        model->phi * model->phi * filter->pxx + (1.0 - model->phi * model->phi) * model->transient;
    double pmx = model->phi * filter->pmx;
    double f = filter->pmm + 2.0 * pmx + pxx + model->walk / 3.0 + model->luck;
    double cm = filter->pmm + pmx + model->walk / 2.0;
    double cx = pmx + pxx;

    filter->settled = observed && fabs(f - filter->f) <= SETTLED * f;
    filter->f = f;
    filter->log_f = log(2.0 * M_PI * f);
    filter->gain_m = observed ? cm / f : 0.0;
    filter->gain_x = observed ? cx / f : 0.0;
    filter->pmm += model->walk - filter->gain_m * cm;
    filter->pmx = pmx - filter->gain_m * cx;
    filter->pxx = pxx - filter->gain_x * cx;
}

double volatility_log_likelihood(const struct volatility_series *series,
                                 const struct volatility_parts *parts)
{
    struct model model = model_of(series, parts);
    size_t i = 0;
    struct filter filter = started(series, &model, &i);
    double sum = 0.0;

    for (; i < series->count; i++) {
        double y = series->log_rate[i];
        bool observed = !isnan(y);
        double x = model.phi * filter.x;
        double error = observed ? y - filter.m - model.growth / 2.0 - x : 0.0;

        if (!filter.settled || !observed)
            carry(&filter, &model, observed);
        if (observed)
            sum -= 0.5 * (filter.log_f + error * error / filter.f);
        filter.m += model.growth + filter.gain_m * error;
        filter.x = x + filter.gain_x * error;
    }
    return sum;
}

double volatility_grid_sd(size_t index)
{
    return SD_MIN * pow(SD_MAX / SD_MIN, (double)index / (VOLATILITY_GRID - 1));
}

/* The daily sd between two neighbours of the curve where it passes a value. */
static double crossing(const struct volatility_fit *fit, size_t below, size_t above, double value)
{
    double share = (value - fit->curve[below]) / (fit->curve[above] - fit->curve[below]);
    double from = log(volatility_grid_sd(below));

    return exp(from + share * (log(volatility_grid_sd(above)) - from));
}

/* The interval's ends, outward from the curve's peak. */
static void find_limits(struct volatility_fit *fit, size_t peak)
{
    double value = fit->log_likelihood - DROP95;
    size_t i = peak;

    fit->lo95 = 0.0;
    fit->hi95 = HUGE_VAL;
    while (i > 0 && fit->curve[i] > value)
        i--;
    if (fit->curve[i] <= value)
        fit->lo95 = crossing(fit, i, i + 1, value);
    for (i = peak; i < VOLATILITY_GRID - 1 && fit->curve[i] > value;)
        i++;
    if (fit->curve[i] <= value)
        fit->hi95 = crossing(fit, i, i - 1, value);
}

/* The peak between points of the curve, by the parabola through three of them. */
static void find_peak(struct volatility_fit *fit, size_t peak)
{
    double step = log(SD_MAX / SD_MIN) / (VOLATILITY_GRID - 1);
    double shift = 0.0;

    if (peak > 0 && peak < VOLATILITY_GRID - 1) {
        double left = fit->curve[peak - 1] - fit->curve[peak];
        double right = fit->curve[peak + 1] - fit->curve[peak];

        if (left + right < 0.0)
            shift = 0.5 * (left - right) / (left + right);
    }
    fit->daily_sd = volatility_grid_sd(peak) * exp(shift * step);
}

/*
 * The curve's likelihoods, LANES points side by side, so that compilers make vectors of them: the
 * walk alone, as in volatility_log_likelihood() without a transient. The logs of f are added up as
 * the log of a product.
 */
#define LANES 8
/** Factors f to a product: far from a double's ends, f being 1e-4 to 1e3. */
#define PRODUCT_BATCHES 16

struct lanes {
    double walk[LANES];    /* Q */
    double m[LANES];       /* level */
    double p[LANES];       /* its variance */
    double f[LANES];       /* of the last observation */
    double inverse[LANES]; /* 1 / f */
    double gain[LANES];
    double product[LANES]; /* of f, still to be logged */
    double squares[LANES]; /* sum of e^2 / f */
    double log_sum[LANES]; /* of ln f */
};

/* The batch's mean was not seen. */
static void lanes_skip(struct lanes *lanes, double growth)
{
    for (int l = 0; l < LANES; l++) {
        lanes->m[l] += growth;
        lanes->p[l] += lanes->walk[l];
    }
}

static void lanes_carry(struct lanes *lanes, double luck)
{
    for (int l = 0; l < LANES; l++) {
        double c = lanes->p[l] + lanes->walk[l] / 2.0;

        lanes->f[l] = lanes->p[l] + lanes->walk[l] / 3.0 + luck;
        lanes->inverse[l] = 1.0 / lanes->f[l];
        lanes->gain[l] = c * lanes->inverse[l];
        lanes->p[l] += lanes->walk[l] - lanes->gain[l] * c;
    }
}

static void lanes_observe(struct lanes *lanes, double y, double growth)
{
    for (int l = 0; l < LANES; l++) {
        double error = y - lanes->m[l] - growth / 2.0;

        lanes->squares[l] += error * error * lanes->inverse[l];
        lanes->product[l] *= lanes->f[l];
        lanes->m[l] += growth + lanes->gain[l] * error;
    }
}

static void lanes_log(struct lanes *lanes)
{
    for (int l = 0; l < LANES; l++) {
        lanes->log_sum[l] += log(lanes->product[l]);
        lanes->product[l] = 1.0;
    }
}

/* Whether a carry more would change nothing that matters. */
static bool lanes_settled(const struct lanes *lanes, const double *f_before)
{
    for (int l = 0; l < LANES; l++)
        if (fabs(lanes->f[l] - f_before[l]) > SETTLED * lanes->f[l])
            return false;
    return true;
}

static void lanes_start(struct lanes *lanes, const struct volatility_series *series, size_t point,
                        double luck, size_t *next)
{
    struct model model = {.luck = luck};
    double m = started(series, &model, next).m;

    memset(lanes, 0, sizeof *lanes);
    for (size_t l = 0; l < LANES; l++) {
        double sd = volatility_grid_sd(point + l < VOLATILITY_GRID ? point + l : point);

        lanes->walk[l] = sd * sd * series->batch / DAY_BLOCKS;
        lanes->m[l] = m;
        lanes->p[l] = 0.5 * luck + 3.0 * lanes->walk[l];
        lanes->product[l] = 1.0;
    }
}

/* Log likelihoods of the LANES points from `point` on. */
static void lanes_run(double *log_likelihood, const struct volatility_series *series, size_t point)
{
    const double luck = gamma_psi1(series->batch);
    const double growth = series->drift * series->batch;
    double before[LANES] = {0};
    struct lanes lanes;
    size_t i = 0;
    size_t observed = 0;
    bool settled = false;

    lanes_start(&lanes, series, point, luck, &i);
    for (; i < series->count; i++) {
        if (isnan(series->log_rate[i])) {
            lanes_skip(&lanes, growth);
            settled = false;
            before[0] = 0.0; /* it must settle anew, without a gap */
            continue;
        }
        if (!settled)
            lanes_carry(&lanes, luck);
        lanes_observe(&lanes, series->log_rate[i], growth);
        if (++observed % PRODUCT_BATCHES != 0)
            continue;
        lanes_log(&lanes);
        if (!settled) {
            settled = lanes_settled(&lanes, before);
            memcpy(before, lanes.f, sizeof before);
        }
    }
    lanes_log(&lanes);
    for (int l = 0; l < LANES; l++)
        log_likelihood[l] =
            -0.5 * ((double)observed * log(2.0 * M_PI) + lanes.log_sum[l] + lanes.squares[l]);
}

void volatility_fit_points(struct volatility_fit *fit, const struct volatility_series *series,
                           size_t from, size_t count)
{
    assert(from + count <= VOLATILITY_GRID);
    for (size_t i = from; i < from + count; i += LANES) {
        double log_likelihood[LANES];
        size_t left = from + count - i;

        lanes_run(log_likelihood, series, i);
        memcpy(&fit->curve[i], log_likelihood, (left < LANES ? left : LANES) * sizeof(double));
    }
}

void volatility_fit_settle(struct volatility_fit *fit, const struct volatility_series *series)
{
    size_t peak = 0;

    for (size_t i = 1; i < VOLATILITY_GRID; i++)
        if (fit->curve[i] > fit->curve[peak])
            peak = i;
    find_peak(fit, peak);
    fit->batches = volatility_batches(series);
    fit->log_likelihood =
        volatility_log_likelihood(series, &(struct volatility_parts){.daily_sd = fit->daily_sd});
    find_limits(fit, peak);
}

bool volatility_fit(struct volatility_fit *out, const struct volatility_series *series)
{
    if (volatility_batches(series) < VOLATILITY_LEAST)
        return false;
    volatility_fit_points(out, series, 0, VOLATILITY_GRID);
    volatility_fit_settle(out, series);
    return true;
}

double volatility_likeliest(const struct volatility_series *series, double lo, double hi)
{
    double step = log(SD_MAX / SD_MIN) / (VOLATILITY_GRID - 1);
    struct volatility_fit fit;
    size_t from = (size_t)fmax(floor(log(lo / SD_MIN) / step), 0.0);
    size_t to = (size_t)fmin(ceil(log(hi / SD_MIN) / step), VOLATILITY_GRID - 1.0);
    size_t peak = from;

    if (volatility_batches(series) < VOLATILITY_LEAST)
        return NAN;
    volatility_fit_points(&fit, series, from, to - from + 1);
    for (size_t i = from; i <= to; i++)
        if (fit.curve[i] > fit.curve[peak])
            peak = i;
    if (peak > from && peak < to)
        find_peak(&fit, peak);
    else
        fit.daily_sd = volatility_grid_sd(peak);
    return fmin(fmax(fit.daily_sd, lo), hi);
}

/** Sums over changes of y from batch to batch. */
struct changes {
    double count, sum, square; /* of changes */
    double pairs, product;     /* of a change and the next */
};

static struct changes changes_of(const struct volatility_series *series, double mean)
{
    struct changes changes = {0};
    double last = NAN;

    for (size_t i = 1; i < series->count; i++) {
        double change = series->log_rate[i] - series->log_rate[i - 1] - mean;

        if (!isnan(change)) {
            changes.count += 1.0;
            changes.sum += change;
            changes.square += change * change;
        }
        if (!isnan(change * last)) {
            changes.pairs += 1.0;
            changes.product += change * last;
        }
        last = change;
    }
    return changes;
}

bool volatility_moments(struct volatility_moments *out, const struct volatility_series *series)
{
    struct changes changes = changes_of(series, 0.0);
    double luck = 2.0 * gamma_psi1(series->batch);
    double variance = 0.0;
    double covariance = 0.0;

    if (volatility_batches(series) < VOLATILITY_LEAST || changes.count < 2.0 || changes.pairs < 1.0)
        return false;
    changes = changes_of(series, changes.sum / changes.count);
    variance = changes.square / (changes.count - 1.0);
    covariance = changes.product / changes.pairs;
    out->change_sd = sqrt(variance);
    out->luck_sd = sqrt(luck);
    out->net_sd = sqrt(fmax(variance - luck, 0.0));
    out->correlation = variance > 0.0 ? covariance / variance : 0.0;
    out->daily_sd = sqrt(fmax(variance + 2.0 * covariance, 0.0) * DAY_BLOCKS / series->batch);
    return true;
}

static double limited(double x, double low, double high)
{
    return fmin(fmax(x, low), high);
}

struct volatility_parts volatility_parts_at(double walk, double transient, double persistence)
{
    return (struct volatility_parts){
        .daily_sd = limited(exp(walk), SD_MIN, SD_MAX),
        .transient_sd = limited(exp(transient), TRANSIENT_MIN, TRANSIENT_MAX),
        .persistence = limited(tanh(persistence), 0.0, PERSISTENCE_MAX),
    };
}

/* Tries a step up and down each coordinate; true if one of them helped. */
static bool search_sweep(double *x, size_t n, double *best, double step, volatility_search_fn value,
                         const void *data)
{
    bool better = false;

    for (size_t i = 0; i < n; i++) {
        double here = x[i];

        for (int way = -1; way <= 1; way += 2) {
            double trial = 0.0;

            x[i] = here + way * step;
            trial = value(data, x);
            if (trial > *best) {
                *best = trial;
                better = true;
                break;
            }
            x[i] = here;
        }
    }
    return better;
}

double volatility_search(double *x, size_t n, volatility_search_fn value, const void *data)
{
    double step = SEARCH_STEP;
    double best = value(data, x);

    for (int sweep = 0; sweep < SEARCH_SWEEPS_MAX && step >= SEARCH_STEP_LAST; sweep++)
        if (!search_sweep(x, n, &best, step, value, data))
            step /= 2.0;
    return best;
}

static double reversing_value(const void *data, const double *x)
{
    struct volatility_parts parts = volatility_parts_at(x[0], x[1], x[2]);

    return volatility_log_likelihood(data, &parts);
}

bool volatility_reversing(struct volatility_reversing *out, const struct volatility_series *series)
{
    struct volatility_fit alone;
    double x[3] = {0.0, log(VOLATILITY_START_TRANSIENT), atanh(VOLATILITY_START_PERSISTENCE)};
    double best = 0.0;

    if (!volatility_fit(&alone, series))
        return false;
    x[0] = log(alone.daily_sd);
    best = volatility_search(x, 3, reversing_value, series);
    out->parts = volatility_parts_at(x[0], x[1], x[2]);
    out->gain = 2.0 * (best - alone.log_likelihood);
    if (out->gain <= 0.0) {
        out->parts = (struct volatility_parts){.daily_sd = alone.daily_sd};
        out->gain = 0.0;
    }
    return true;
}
