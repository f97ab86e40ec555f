// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods: what the parts of bench_methods share. Each part simulates what one estimator is for,
 * prints a table, and says of each bar (a promise about accuracy) whether it was met.
 */
#ifndef HASHTIDE_TESTS_BENCH_METHODS_H
#define HASHTIDE_TESTS_BENCH_METHODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Growth of most simulations: 60 % a year, as a log. */
#define METHODS_GROWTH 0.47000362924573558

struct methods {
    uint64_t seed; /* of this run */
    double effort; /* 1: the number of repetitions that the bars speak of */
    unsigned bars, missed;
};

/** Prints what a bar asks (as printf would) and whether it is met, and counts it. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void methods_bar(struct methods *methods, const char *name, bool met, const char *format, ...);
/** Repetitions: count at effort 1, and never fewer than least. */
size_t methods_count(const struct methods *methods, size_t count, size_t least);
/** Sorts values and gives the median; of an even count the lower one. */
double methods_median(double *values, size_t count);

void methods_nowcast(struct methods *methods);    /* A1-A3 */
void methods_real(struct methods *methods);       /* A4, C5, D2: real headers and arrivals */
void methods_history(struct methods *methods);    /* C5 and events, by the engine */
void methods_volatility(struct methods *methods); /* B1, B2 */
void methods_change(struct methods *methods);     /* C1-C4, C7, extents */
void methods_forecast(struct methods *methods);   /* D1 */
void methods_coverage(struct methods *methods);   /* the engine's intervals and false alarms */
void methods_companies(struct methods *methods);  /* companies' reports, pools' blocks */
void methods_departure(struct methods *methods);  /* E1-E6 */
/** False alarms and power of the test of nonces and version bits; real headers. */
void methods_fingerprint(struct methods *methods);
/** Prints change_calibrate.c's table anew. */
void methods_calibrate(struct methods *methods);

#endif
