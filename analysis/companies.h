// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * companies: what miners that turned to AI report as their hash rate, against miners that did not.
 *
 *     ln R_ct = a_c + time_t + w_ct + [t in the window] ln(1 - removed_c) + noise
 *
 * for company c in month t: a_c its size, time_t what moves all (price, season, new machines), w_ct
 * its own course, a random walk whose sd per year is estimated, noise of 8 %. Of a converter the
 * months before its conversion count, and those of the last half year (the window); how it came
 * from the one to the other is left open. This difference in differences cancels whatever moves all
 * companies alike.
 *
 * removed_c is a share of what the company would have had if it had gone on as the controls did. So
 * growth foregone is in it, and machines that moved to a control company count twice. Both make it
 * an upper reading; the answer says so.
 *
 * There is an answer only where rules are met that a simulation has shown to be enough for honest
 * intervals (companies_rule); else 'not enough data', with each rule that is not met.
 *
 * Tables are CSV with the columns company, date, ehs, group, converted_from, measure, source,
 * confidence and note. Pure: no file, no clock.
 */
#ifndef HASHTIDE_ANALYSIS_COMPANIES_H
#define HASHTIDE_ANALYSIS_COMPANIES_H

#include "analysis/csv.h"
#include "analysis/site.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPANIES_SIZE_MAX ((size_t)1 << 20)
#define COMPANIES_ROWS_MAX 5000
#define COMPANIES_MAX 40
/** EH/s of a company: beyond it somebody took PH/s for EH/s. */
#define COMPANIES_EHS_MOST 10000.0

/** sd of the noise of a reported figure, of its logarithm. */
#define COMPANIES_NOISE 0.08
/** Months of the window that ends with the converters' last figure. */
#define COMPANIES_WINDOW 6

/** What a figure is of. They differ by a tenth and more, so they are never mixed in a company. */
enum companies_measure {
    COMPANIES_OPERATING, /* mean over the month */
    COMPANIES_ENERGISED, /* switched on at the month's end */
    COMPANIES_DEPLOYED,  /* installed, on or not */
    COMPANIES_IMPLIED,   /* from revenue and hashprice */
    COMPANIES_MEASURES,
};
const char *companies_measure_name(enum companies_measure measure);

struct companies_row {
    unsigned line;
    const char *company; /* these point into the table's text */
    const char *source, *confidence, *note;
    int month; /* year x 12 + month from 0; of a quarter, its middle */
    double ehs;
    bool converter;
    int converted; /* month from which on hash rate gave way, if a converter */
    enum companies_measure measure;
};

/** Rows in the file's order. */
struct companies {
    char *text; /* owned */
    struct companies_row *rows;
    size_t count;
};

enum companies_result {
    COMPANIES_READ,
    COMPANIES_REFUSED, /* for faults, all of which were told */
    COMPANIES_NO_MEMORY,
};

/**
 * Reads a table: all of it, or nothing. text has len bytes and room for one more; it is of malloc()
 * and the table's from here on, whatever comes of it. fault may be NULL.
 */
enum companies_result companies_parse(struct companies *out, char *text, size_t len,
                                      csv_fault_fn fault, void *context);
/** A zeroed table is allowed. */
void companies_free(struct companies *table);

/* ---- the answer ---- */

/** What has to be so for an answer. */
enum companies_rule {
    COMPANIES_CONVERTERS,   /* at least 3 with enough months */
    COMPANIES_CONTROLS,     /* likewise */
    COMPANIES_TRENDS_SEEN,  /* months before 2024, to test whether both groups moved alike */
    COMPANIES_TRENDS_ALIKE, /* and they did, at 5 % */
    COMPANIES_STEADY,       /* companies' own courses differ by no more than COMPANIES_RESTLESS */
    COMPANIES_SURE,         /* the 90 % interval is no wider than COMPANIES_WIDEST */
    COMPANIES_RULES,
};
#define COMPANIES_LEAST 3        /* companies of either group */
#define COMPANIES_BEFORE_SPAN 24 /* a converter has, in so many months before its conversion, */
#define COMPANIES_BEFORE_LEAST 6 /* so many figures, */
#define COMPANIES_WINDOW_LEAST                                                                     \
    3                              /* and so many in the window; a control has those in the window \
                                    */
#define COMPANIES_CONTROL_LEAST 12 /* so many in all, and some before the first conversion */
#define COMPANIES_TREND_LEAST                                                                      \
    9 /* before 2024: so many figures of a company, two companies of                               \
         either group */
/** sd of companies' own courses, per year: beyond, intervals were not shown to be honest, least of
 * all those that are narrow enough by chance. */
#define COMPANIES_RESTLESS 0.5
#define COMPANIES_WIDEST 0.8 /* of the share removed */
#define COMPANIES_RULE_SIZE 200

/** What the table has of a company. */
struct companies_have {
    const char *company;
    bool converter, used;
    int converted; /* month; of a converter */
    int first, last;
    enum companies_measure measure; /* of which it has most figures: the one that is used */
    size_t rows;                    /* of that measure */
    size_t before, window, early;   /* of these: before conversion (controls: before the first
                                       one's), in the window, before 2024 */
    double base;                    /* EH/s just before conversion; 0 if unknown */
    struct site_figure removed;     /* share of base; only with an answer, of converters used */
    double without; /* median share removed of all converters, had this company not been there; NaN
                       where that cannot be said */
};

/** One value of the sd of companies' own courses, and what follows from it. */
#define COMPANIES_GRID 16
struct companies_point {
    double sd;                  /* per year */
    double log_weight;          /* ln of its likelihood and prior, effects at their best */
    double best[COMPANIES_MAX]; /* ln(1 - removed) by converter used */
    double factor[COMPANIES_MAX * COMPANIES_MAX]; /* L, row by row: their precision is L L' */
};

struct companies_answer {
    bool enough;
    bool met[COMPANIES_RULES];
    char reason[COMPANIES_RULES][COMPANIES_RULE_SIZE]; /* what there is, and what was wanted */
    struct companies_have have[COMPANIES_MAX];
    size_t count;
    int end; /* last month of the window; 0 without converters */
    /* With an answer: */
    size_t converters;               /* that were used, in the order of have[] */
    size_t converter[COMPANIES_MAX]; /* their places in have[] */
    struct site_figure removed;      /* share of all their bases together */
    struct site_figure removed_ehs;
    double course;          /* posterior mean of the sd of companies' own courses, per year */
    double trend, trend_se; /* converters' growth less controls' before 2024, ln per year */
    double without_least, without_most; /* medians, each company left out in turn */
    bool hangs_on_one;                  /* one of those lies outside the 90 % interval */
    struct companies_point grid[COMPANIES_GRID];
};

/** Rows of a table (or made up), in any order. Deterministic. NULL without memory; free() it. */
struct companies_answer *companies_ask(const struct companies_row *rows, size_t count);

/** The same without the rule of trends, and without leaving companies out: for simulations, which
 *  ask often. */
struct companies_answer *companies_ask_quickly(const struct companies_row *rows, size_t count);

/**
 * Weights by which draws of what was removed become what they are after the companies' reports:
 * removed[draw * converters + c] is the EH/s of converter c at the window, in the order of
 * answer->converter. A draw that removes more than a company had is taken as 99 % of it. weights
 * sum to 1. Returns the effective number of draws. There is an answer.
 */
double companies_weigh(double *weights, const struct companies_answer *answer,
                       const double *removed, size_t draws);

/** The sites of the site model with the company that each belongs to. All borrowed. */
struct companies_sites {
    const struct site *sites;
    const char *const *companies; /* of each site */
    size_t count;
};

/** What was weighed. */
struct companies_weighing {
    double time;               /* decimal year: the middle of the window */
    size_t matched;            /* sites of the answer's converters */
    size_t companies;          /* converters that have any */
    double effective;          /* draws that these weights are worth */
    struct site_figure listed; /* EH/s that the list has these companies remove by their books */
    double apart;              /* from what they report, in sds of the difference */
    bool contradicted; /* COMPANIES_APART or more, or COMPANIES_EFFECTIVE_LEAST are not left:
                          reports and list cannot both be right, and no figure is made of both */
};
/** Once in a hundred worlds in which both are right. */
#define COMPANIES_APART 2.58
/** With fewer draws an interval is a matter of chance. */
#define COMPANIES_EFFECTIVE_LEAST 200.0

/**
 * Weights of the site model's draws (options->draws of them, as site_paths_new() makes them with
 * the same options) by companies' reports. A converter's sites remove what they switch off, less
 * what runs on with the same company: of all that runs on elsewhere a share which is uniform from 0
 * to 1, one draw for all. A converter without a site in the list may have removed any share. False
 * without memory. There is an answer.
 */
bool companies_weigh_sites(struct companies_weighing *out, double *weights,
                           const struct companies_answer *answer,
                           const struct companies_sites *sites, const struct site_options *options);

/** Whether two names are of one company: one is the other's beginning, up to a blank or comma
 *  ("Cipher" and "Cipher Digital"). */
bool companies_same(const char *a, const char *b);

#endif
