// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * bench_departure: what the model of departures costs: 8,000 paths over 282 epochs with fit,
 * weights, a decomposition, shifted schedules and replays. One thread. A made series, so that it
 * runs anywhere; once with sites of the last three years, and once with sites from half way on,
 * which is as far as shifts leave room. Each figure is the best of some rounds.
 */
#include "config.h"

#include "analysis/departure.h"
#include "analysis/random.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define EPOCHS 282
#define SITES 27
#define ROUNDS 3
/** What is promised, in seconds. */
#define BAR 5.0
#define FIRST_YEAR 2016.0
#define EPOCH_YEARS 0.0378

enum { PATHS, FIT, WEIGHTS, PARTS, SHIFTS, REPLAY, STEPS };

static const char *const names[STEPS] = {"paths", "fit", "weights", "parts", "shifts", "replay"};

struct made {
    struct departure_epoch epochs[EPOCHS];
    double times[EPOCHS];
    char site_names[SITES][12];
    struct site sites[SITES];
    struct departure_data data;
};

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void make(struct made *made, double first_site)
{
    struct random_stream stream = random_init(1, 1);
    double rate = 0.0;

    for (size_t i = 0; i < EPOCHS; i++) {
        struct departure_epoch *epoch = &made->epochs[i];

        epoch->start = FIRST_YEAR + EPOCH_YEARS * (double)i;
        epoch->end = epoch->start + EPOCH_YEARS;
        rate += 0.025 + 0.04 * random_normal(&stream);
        epoch->log_rate = rate;
        for (size_t k = 0; k < DEPARTURE_PRICES; k++)
            epoch->price[k] = 12.0 + 0.3 * random_normal(&stream);
        made->times[i] = departure_epoch_mid(epoch);
    }
    for (size_t i = 0; i < SITES; i++) {
        (void)snprintf(made->site_names[i], sizeof made->site_names[i], "site %zu", i);
        made->sites[i] = (struct site){.name = made->site_names[i],
                                       .mw = 100.0,
                                       .announced = first_site + 0.1 * (double)i,
                                       .unplugged = NAN,
                                       .energised = NAN,
                                       .full = NAN,
                                       .delivery = 0.7};
    }
    made->data = (struct departure_data){.epochs = made->epochs, .count = EPOCHS, .price = true};
    made->data.events = departure_events(&made->data.event_count);
}

/* Everything once; the seconds of each step. False without memory. */
static bool run(const struct made *made, double spent[STEPS])
{
    static struct departure_shifts shifts;
    struct site_options options;
    struct departure_scales scales;
    struct departure_decomposition parts;
    struct departure_replay replay;
    double start[STEPS + 1];
    struct site_paths *paths;
    struct departure_model *model;
    struct departure_posterior *posterior;
    bool done;

    site_options_init(&options);
    start[PATHS] = seconds();
    paths = site_paths_new(made->sites, SITES, made->times, EPOCHS, &options);
    start[FIT] = seconds();
    done = departure_fit(&scales, &made->data);
    start[WEIGHTS] = seconds();
    model = done ? departure_model_new(&made->data, &scales) : NULL;
    posterior = model != NULL && paths != NULL ? departure_posterior_new(model, paths) : NULL;
    start[PARTS] = seconds();
    done = posterior != NULL &&
           departure_decompose(&parts, posterior, EPOCHS - 27, EPOCHS - 1, DEPARTURE_ENDS);
    start[SHIFTS] = seconds();
    done = done && departure_placebo_shifts(&shifts, posterior);
    start[REPLAY] = seconds();
    done = done && departure_replay(&replay, posterior, "China ban") &&
           departure_replay(&replay, posterior, "Elliott") &&
           departure_replay(&replay, posterior, "halving24") &&
           departure_replay(&replay, posterior, "Fern");
    start[STEPS] = seconds();
    for (size_t i = 0; i < STEPS; i++)
        spent[i] = fmin(spent[i], start[i + 1] - start[i]);
    departure_posterior_free(posterior);
    departure_model_free(model);
    site_paths_free(paths);
    return done;
}

int main(void)
{
    static const double first_sites[] = {2024.0, 2021.0};
    static struct made made;

    (void)gsl_set_error_handler_off();
    for (size_t i = 0; i < 2; i++) {
        double spent[STEPS];
        double sum = 0.0;

        make(&made, first_sites[i]);
        for (size_t step = 0; step < STEPS; step++)
            spent[step] = INFINITY;
        for (int round = 0; round < ROUNDS; round++)
            if (!run(&made, spent)) {
                fprintf(stderr, "bench_departure: out of memory\n");
                return EXIT_FAILURE;
            }
        printf("departure, %d paths x %d epochs, sites from %.0f:", SITE_DRAWS, EPOCHS,
               first_sites[i]);
        for (size_t step = 0; step < STEPS; step++) {
            printf(" %s %.3f", names[step], spent[step]);
            sum += spent[step];
        }
        printf("; %.2f s, %.0f wanted: %s\n", sum, BAR, sum <= BAR ? "met" : "MISSED");
    }
    return EXIT_SUCCESS;
}
