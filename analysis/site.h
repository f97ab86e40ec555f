// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * site: what places that turned from mining to AI took off the network: Monte-Carlo paths of EH/s
 * from a list of sites and prior beliefs about what nobody publishes.
 *
 * For each site and draw
 *
 *     full  = MW x share x running x delivered / (J/TH x overhead)    (1 MW / (1 J/TH) = 1 EH/s)
 *     gross = full x ramp(t)              switched off there
 *     net   = gross x (1 - relocated)     and not running elsewhere
 *
 * and for each draw the network's loss = net x (1 - reentry): when hash rate leaves, difficulty
 * falls and miners at the margin come back. The three are never mixed.
 *
 * When: the machines go off linearly from 'unplug' to 'end'. unplug is the site's own date if it is
 * known; else max(energised - lead, announced - headstart); without a date of energising it is
 * announced + lag, lag being log-normal and clipped. end = max(full - lead, unplug + ramp_least),
 * without a date of full power unplug + ramp. Efficiency is the fleet's at the unplug date: ln J/TH
 * and its sd are interpolated between knots, flat beyond; a part of the error is common to all
 * sites of a draw, the rest each site's own.
 *
 * Dates are decimal years: 1970 + seconds / 31556952. Nothing here knows where a site is listed or
 * who says so. The same sites, priors, times and seed give the same bytes; a site's chances hang on
 * its name, so that a row more, or a prior changed, leaves the other rows' draws alone.
 */
#ifndef HASHTIDE_ANALYSIS_SITE_H
#define HASHTIDE_ANALYSIS_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How much of a site's MW mined before. */
enum site_mined {
    SITE_MINED_YES,    /* nearly all */
    SITE_MINED_PARTLY, /* a part: shared interconnection, new halls beside old ones */
};

/** A site. Unknown dates are NaN. */
struct site {
    const char *name; /* UTF-8, unique in the list (equal names get equal draws); borrowed */
    double mw;        /* of mining there, overhead included; not the AI lease */
    enum site_mined mined;
    double announced; /* the plan was made public */
    double unplugged; /* mining began to stop, where that is known */
    double energised; /* first AI load */
    double full;      /* whole AI load */
    double delivery;  /* probability that the plan is carried out, 0 to 1 */
};

/** What is wrong with a site, in a few words ("MW out of range"), or NULL. A site that passes has
 *  a finite MW in [0, 100000], a delivery probability, a date to start from (announced, unplugged
 *  or energised), all dates in [2009, 2100], and full not before energised. */
const char *site_fault(const struct site *site);

/* ---- priors ---- */

/** What is believed about all sites. 'Range' priors are uniform from low to high; 'value' priors
 *  have low = high. */
enum site_prior {
    SITE_PRIOR_MW,               /* value: every site's MW is multiplied by it */
    SITE_PRIOR_SHARE_YES,        /* range: share of MW that mined, SITE_MINED_YES */
    SITE_PRIOR_SHARE_PARTLY,     /* range: the same, SITE_MINED_PARTLY */
    SITE_PRIOR_RUNNING,          /* range: share of the time that machines run */
    SITE_PRIOR_OVERHEAD,         /* range: power of the site over power of the machines */
    SITE_PRIOR_DELIVERY,         /* value: odds of delivery are multiplied by it */
    SITE_PRIOR_LEAD,             /* range, years: machines go off so long before AI goes on */
    SITE_PRIOR_HEADSTART,        /* value, years: at most so long before the announcement */
    SITE_PRIOR_LAG,              /* value, months: announcement to unplugging, median */
    SITE_PRIOR_LAG_SD,           /* value: sd of its log */
    SITE_PRIOR_LAG_LEAST,        /* value, months */
    SITE_PRIOR_LAG_MOST,         /* value, months */
    SITE_PRIOR_RAMP,             /* value, years: unplug to end, date of full power unknown */
    SITE_PRIOR_RAMP_LEAST,       /* value, years: the same at least, date known */
    SITE_PRIOR_EFFICIENCY,       /* value: J/TH is multiplied by it */
    SITE_PRIOR_EFFICIENCY_ALIKE, /* value: weight of the common error of efficiency */
    SITE_PRIOR_EFFICIENCY_OWN,   /* value: weight of each site's own */
    SITE_PRIOR_RELOCATED,        /* value: mean share of machines that run on elsewhere (beta) */
    SITE_PRIOR_RELOCATED_WEIGHT, /* value: how sure that is: alpha + beta */
    SITE_PRIOR_RELOCATED_SITE,   /* value: sd from site to site */
    SITE_PRIOR_RELOCATED_MOST,   /* value: upper limit for a site */
    SITE_PRIOR_REENTRY,          /* range: theta, share of net that marginal miners replace */
    SITE_PRIORS,                 /* how many */
};

/** One prior's name and story; for configuration keys, '--set' and sensitivity tables. */
struct site_prior_info {
    const char *name;         /* "relocated.mean" */
    const char *unit;         /* "", "years", "months" */
    const char *what;         /* one sentence for a reader */
    const char *source;       /* where the default is from; says so when it is judgement */
    bool range;               /* uniform from low to high; else one value */
    double low, high;         /* default; equal for a value */
    double least, most;       /* what is accepted */
    double try_low, try_high; /* what a sensitivity table puts in (for a range: as a fixed value,
                                 low = high) */
};

struct site_range {
    double low, high;
};

/** Knots of the efficiency of machines that are switched off. */
#define SITE_KNOTS_MAX 32
struct site_knot {
    double year;     /* increasing from knot to knot */
    double j_per_th; /* median */
    double sd;       /* of its log */
};

struct site_priors {
    struct site_range of[SITE_PRIORS];
    struct site_knot knots[SITE_KNOTS_MAX];
    size_t knot_count; /* at least 1 */
};

/** The defaults, efficiency's knots included. */
void site_priors_init(struct site_priors *out);
const struct site_prior_info *site_prior_info(enum site_prior prior);
/** The prior of this name; false, *out untouched, if there is none. */
bool site_prior_find(enum site_prior *out, const char *name);
/** Sets a prior (a value: low = high; a range may also be given as a point). Returns NULL, or what
 *  is wrong with it in a few words, and then nothing is set. */
const char *site_priors_set(struct site_priors *priors, enum site_prior prior, double low,
                            double high);
/** Replaces the efficiency table; the same answer. */
const char *site_priors_set_knots(struct site_priors *priors, const struct site_knot *knots,
                                  size_t count);
/** What is wrong with the whole (such as a least lag above the most), or NULL. */
const char *site_priors_fault(const struct site_priors *priors);

/* ---- one site, one draw ---- */

/** One throw of the dice for one site. */
struct site_draw {
    double share, running, overhead;
    double lead;       /* years */
    double lag;        /* years */
    double efficiency; /* error of ln J/TH, in sds */
    double relocated;  /* share */
    bool delivered;
};

/** Every quantity at its centre (uniform: middle; lag and efficiency: median; relocated: mean),
 *  delivered. */
void site_draw_centre(struct site_draw *out, const struct site *site,
                      const struct site_priors *priors);

/** What a draw makes of a site. */
struct site_effect {
    double unplug, end; /* decimal years, unplug < end */
    double j_per_th;
    double full_ehs; /* gross once all is off; 0 if not delivered */
    double relocated;
};

void site_effect_of(struct site_effect *out, const struct site *site,
                    const struct site_priors *priors, const struct site_draw *draw);
/** 0 before unplug, 1 from end on, linear between. */
double site_ramp(const struct site_effect *effect, double time);

/* ---- all sites, many draws ---- */

/** METHODS' number of draws. */
#define SITE_DRAWS 8000
#define SITE_DRAWS_MOST 200000

struct site_options {
    struct site_priors priors;
    size_t draws; /* 1 to SITE_DRAWS_MOST */
    uint64_t seed;
};

/** Default priors, SITE_DRAWS draws, seed 1. */
void site_options_init(struct site_options *out);

/** Which of the three. */
enum site_measure {
    SITE_GROSS,   /* switched off at the sites */
    SITE_NET,     /* removed: gross less what runs on elsewhere */
    SITE_NETWORK, /* net less what marginal miners put back */
};

/** Paths in EH/s. gross >= net >= network >= 0 in every draw and epoch. Read with
 *  site_paths_at(). */
struct site_paths {
    size_t draws;
    size_t epochs;   /* times asked for */
    size_t first;    /* all is exactly 0 before this one; epochs if it is 0 throughout */
    double *gross;   /* [draw][epoch - first], epochs - first to a row */
    double *net;     /* the same */
    double *reentry; /* [draw]: theta */
};

/** Paths of all sites together at these times (increasing). NULL without memory. Every site passes
 *  site_fault() and the priors site_priors_fault(). No sites: all zero. */
struct site_paths *site_paths_new(const struct site *sites, size_t count, const double *times,
                                  size_t epochs, const struct site_options *options);
void site_paths_free(struct site_paths *paths); /* NULL: nothing */
double site_paths_at(const struct site_paths *paths, enum site_measure measure, size_t draw,
                     size_t epoch);

/** A quantity with its uncertainty: mean, median and central intervals (which nest). */
struct site_figure {
    double mean, median;
    double lo50, hi50;
    double lo90, hi90;
};

/** Of count values, unsorted and kept; weights sum to 1, or NULL for equal ones; a value of weight
 * 0 has no say. Each value stands in the middle of its weight, and between two of them a quantile
 * is linear. False without memory. count >= 1. */
bool site_figure_of(struct site_figure *out, const double *values, const double *weights,
                    size_t count);
/** A measure at an epoch; weights by draw, or NULL. False without memory. */
bool site_paths_figure(struct site_figure *out, const struct site_paths *paths,
                       enum site_measure measure, size_t epoch, const double *weights);

/** One site's line of a table. */
struct site_row {
    struct site_figure gross, net; /* EH/s at the time; undelivered draws count as 0 */
    struct site_figure unplug;     /* decimal years, delivered or not */
    struct site_figure full;       /* EH/s gross once all is off, if delivered */
    double delivery;               /* probability after SITE_PRIOR_DELIVERY */
};

/** A row for each site, at one time; the draws are those of site_paths_new(), so that the rows'
 *  means add up to the paths' mean. False without memory. */
bool site_rows(struct site_row *out, const struct site *sites, size_t count, double time,
               const struct site_options *options);

/** A prior at either end of what a sceptic might say (try_low, try_high as a point), the others as
 *  they are. */
struct site_swing {
    enum site_prior prior;
    struct site_figure low, high;
};

/** A tornado table of a measure at one time: all priors, the one that moves the median most first.
 *  The whole takes 44 times a site_paths_new() at one time. False without memory. */
bool site_swings(struct site_swing out[SITE_PRIORS], enum site_measure measure,
                 const struct site *sites, size_t count, double time,
                 const struct site_options *options);

#endif
