// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * bench_methods: how good the estimators are, by simulation with fresh seeds and on real data where
 * it is there; and whether they are as good as promised.
 *
 *     bench_methods [PART...]
 *
 * Parts: nowcast real history volatility change forecast departure companies fingerprint coverage
 * calibrate.
 *
 * All parts but calibrate by default. HASHTIDE_SEED repeats a run; HASHTIDE_EFFORT scales the
 * number of repetitions (default 1: minutes). Exit status 1 when a bar is missed: with so many bars
 * a fresh seed may miss one by chance.
 */
#include "config.h"

#include "tests/bench/methods.h"
#include "tests/support/random.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*part_fn)(struct methods *methods);

static const struct part {
    const char *name;
    part_fn run;
    bool by_default;
} parts[] = {
    {"nowcast", methods_nowcast, true},         {"real", methods_real, true},
    {"history", methods_history, true},         {"volatility", methods_volatility, true},
    {"change", methods_change, true},           {"forecast", methods_forecast, true},
    {"departure", methods_departure, true},     {"companies", methods_companies, true},
    {"fingerprint", methods_fingerprint, true}, {"coverage", methods_coverage, true},
    {"calibrate", methods_calibrate, false},
};

#define PARTS (sizeof parts / sizeof parts[0])

void methods_bar(struct methods *methods, const char *name, bool met, const char *format, ...)
{
    va_list list;

    printf("  bar %s %s: ", name, met ? "met" : "MISSED");
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    printf("\n");
    fflush(stdout);
    methods->bars++;
    methods->missed += !met;
}

size_t methods_count(const struct methods *methods, size_t count, size_t least)
{
    size_t scaled = (size_t)llround((double)count * methods->effort);

    return scaled > least ? scaled : least;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

double methods_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[(count - 1) / 2];
}

static const struct part *find_part(const char *name)
{
    for (size_t i = 0; i < PARTS; i++)
        if (strcmp(parts[i].name, name) == 0)
            return &parts[i];
    return NULL;
}

static double effort(void)
{
    const char *text = getenv("HASHTIDE_EFFORT");
    double value = text != NULL ? strtod(text, NULL) : 1.0;

    return value > 0.0 ? value : 1.0;
}

int main(int argc, char **argv)
{
    struct methods methods = {.seed = test_seed(), .effort = effort()};

    for (int i = 1; i < argc; i++) {
        const struct part *part = find_part(argv[i]);

        if (part == NULL) {
            fprintf(stderr, "bench_methods: no part is called %s\n", argv[i]);
            return 2;
        }
        part->run(&methods);
    }
    for (size_t i = 0; i < PARTS && argc <= 1; i++)
        if (parts[i].by_default)
            parts[i].run(&methods);
    printf("%u bars, %u missed\n", methods.bars, methods.missed);
    return methods.missed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
