// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_placebo: what would have been found where there was nothing to find. See departure.h.
 */
#include "config.h"

#include "analysis/departure_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Half a year: a schedule that is shifted by less is nearly the real one. */
#define SHIFT_LEAST 13
/** Draws that a shift's Bayes factor is made of: its logarithm is within .003 for what is real. */
#define SHIFT_DRAWS 2000
/** An epoch that overlaps an event by less is hardly touched; one that overlaps by more is in it.
 */
#define TOUCHED 0.1
#define WITHIN 0.5

/* ---- the schedule, earlier ---- */

static double z_of(const struct departure_shift *shift)
{
    return shift->se > 0.0 ? shift->kappa / shift->se : 0.0;
}

/* The mean path's delta over epochs, on a schedule that is shifted. */
static void spread(double *out, const struct departure_posterior *posterior, size_t epochs,
                   const double *mean_delta)
{
    size_t n = posterior->paths->epochs;
    size_t first = posterior->paths->first;

    for (size_t i = 0; i < n; i++) {
        size_t from = i + epochs < n ? i + epochs : n - 1;

        out[i] = from < first ? 0.0 : mean_delta[from - first];
    }
}

/* How many independent ones the shifts are worth. kappa/se of shift s is -d_s' Ki e over the root
 * of d_s' Ki d_s; if the model is right, two of them have correlation r = d_s' Ki d_t over the
 * roots, and m of them are worth m^2 / sum r^2. */
static bool take_effective(struct departure_shifts *shifts,
                           const struct departure_posterior *posterior, const double *mean_delta)
{
    size_t n = posterior->paths->epochs;
    double *deltas = malloc((shifts->count + 1) * n * sizeof *deltas);
    double *solved = malloc(n * sizeof *solved);
    double sum = 0.0;
    bool enough_memory = deltas != NULL && solved != NULL;

    for (size_t i = 0; enough_memory && i < shifts->count; i++)
        spread(&deltas[i * n], posterior, shifts->shift[i].epochs, mean_delta);
    for (size_t i = 0; enough_memory && i < shifts->count; i++) {
        departure_solve(solved, posterior->model, &deltas[i * n]);
        for (size_t j = 0; j < shifts->count; j++) {
            double r = departure_dot(solved, &deltas[j * n], n) * shifts->shift[i].se *
                       shifts->shift[j].se;

            sum += r * r;
        }
    }
    if (enough_memory && shifts->count > 0) {
        double count = (double)shifts->count;

        shifts->effective = sum > 0.0 ? fmin(fmax(count * count / sum, 1.0), count) : 1.0;
    }
    free(deltas);
    free(solved);
    return enough_memory;
}

/* work: SHIFT_DRAWS values. */
static bool shifted(struct departure_shift *out, const struct departure_posterior *posterior,
                    size_t epochs, const double *mean_delta, double *work)
{
    const struct site_paths *paths = posterior->paths;
    const struct departure_data *data = &posterior->model->design.data;
    struct departure_schedule schedule;
    size_t columns = paths->epochs - paths->first;
    size_t draws = paths->draws < SHIFT_DRAWS ? paths->draws : SHIFT_DRAWS;

    assert(epochs <= paths->first);
    if (!departure_schedule_init(&schedule, posterior->model, columns, paths->first - epochs))
        return false;
    *out = (struct departure_shift){.epochs = epochs};
    out->years = departure_epoch_mid(&data->epochs[data->count - 1]) -
                 departure_epoch_mid(&data->epochs[data->count - 1 - epochs]);
    departure_schedule_kappa(&out->kappa, &out->se, &schedule, mean_delta);
    for (size_t k = 0; k < draws; k++) {
        size_t draw = k * paths->draws / draws;

        work[k] = departure_schedule_log_weight(&schedule, &posterior->delta[draw * columns]);
    }
    out->log_bayes = departure_log_mean(work, draws, NULL);
    departure_schedule_clear(&schedule);
    return true;
}

static void judge(struct departure_shifts *shifts)
{
    double sum = 0.0;
    double square = 0.0;
    size_t as_large = 0;

    for (size_t i = 0; i < shifts->count; i++) {
        double z = z_of(&shifts->shift[i]);

        sum += z;
        square += z * z;
        as_large += z >= z_of(&shifts->real);
    }
    shifts->p = 1.0;
    if (shifts->count == 0)
        return;
    shifts->p = (1.0 + shifts->effective * (double)as_large / (double)shifts->count) /
                (1.0 + shifts->effective);
    shifts->mean_z = sum / (double)shifts->count;
    shifts->rms_z = sqrt(square / (double)shifts->count);
}

bool departure_placebo_shifts(struct departure_shifts *out,
                              const struct departure_posterior *posterior)
{
    size_t columns = posterior->paths->epochs - posterior->paths->first;
    size_t first = posterior->paths->first;
    size_t possible = columns > 0 && first >= SHIFT_LEAST ? first - SHIFT_LEAST + 1 : 0;
    size_t count = possible < DEPARTURE_SHIFTS ? possible : DEPARTURE_SHIFTS;
    double *mean_delta = malloc((columns + 1) * sizeof *mean_delta);
    double *work = malloc(SHIFT_DRAWS * sizeof *work);
    bool enough_memory = mean_delta != NULL && work != NULL;

    memset(out, 0, sizeof *out);
    if (enough_memory) {
        departure_mean_delta(mean_delta, posterior);
        enough_memory = shifted(&out->real, posterior, 0, mean_delta, work);
    }
    for (size_t i = 0; enough_memory && i < count; i++) {
        enough_memory = shifted(&out->shift[i], posterior, SHIFT_LEAST + i * possible / count,
                                mean_delta, work);
        out->count++;
    }
    enough_memory = enough_memory && take_effective(out, posterior, mean_delta);
    if (enough_memory)
        judge(out);
    free(mean_delta);
    free(work);
    return enough_memory;
}

/* ---- events, again ---- */

static const struct departure_event *find_event(const struct departure_data *data, const char *name)
{
    for (size_t i = 0; i < data->event_count; i++)
        if (strcmp(data->events[i].name, name) == 0)
            return &data->events[i];
    return NULL;
}

/* The lowest epoch that the event fills, or that it touches most. */
static bool find_bottom(size_t *out, const struct departure_data *data,
                        const struct departure_event *event)
{
    double most = 0.0;
    bool found = false;

    for (size_t i = 0; i < data->count; i++)
        most = fmax(most, departure_overlap(&data->epochs[i], event));
    if (most <= 0.0)
        return false;
    for (size_t i = 0; i < data->count; i++) {
        if (departure_overlap(&data->epochs[i], event) < fmin(most, WITHIN))
            continue;
        if (!found || data->epochs[i].log_rate < data->epochs[*out].log_rate)
            *out = i;
        found = true;
    }
    return found;
}

bool departure_replay(struct departure_replay *out, const struct departure_posterior *posterior,
                      const char *event)
{
    const struct departure_data *data = &posterior->model->design.data;
    const struct departure_event *found = find_event(data, event);

    memset(out, 0, sizeof *out);
    if (found == NULL || !find_bottom(&out->bottom, data, found))
        return false;
    out->before = out->after = out->bottom;
    while (out->before > 0 && (out->before == out->bottom ||
                               departure_overlap(&data->epochs[out->before], found) >= TOUCHED))
        out->before--;
    while (out->after + 1 < data->count &&
           (out->after == out->bottom ||
            departure_overlap(&data->epochs[out->after], found) >= TOUCHED))
        out->after++;
    return departure_decompose(&out->fall, posterior, out->before, out->bottom, 1) &&
           departure_decompose(&out->rebound, posterior, out->bottom, out->after, 1);
}
