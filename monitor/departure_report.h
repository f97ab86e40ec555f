// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_report: everything that `hashtide departure` says, worked out once: how much hash rate
 * has left for AI by an epoch, what a change between two epochs was made of, and how much of that
 * the chain itself can say.
 */
#ifndef HASHTIDE_MONITOR_DEPARTURE_REPORT_H
#define HASHTIDE_MONITOR_DEPARTURE_REPORT_H

#include "analysis/departure.h"

#include <stdbool.h>
#include <stddef.h>

/** What goes in. All borrowed. */
struct departure_question {
    struct departure_data data;
    const struct site *sites;
    size_t site_count;
    const struct site *foregone; /* mining that was planned and is not built */
    size_t foregone_count;
    struct site_options options;
    size_t from, to;        /* epochs; the answer is as of to */
    size_t ends;            /* epochs averaged at each end of the change */
    const double *evidence; /* weights of the draws by other evidence, sum 1; NULL: none */
};

/** A choice of events, with what it makes of the answer. */
struct departure_variant {
    enum departure_choice choice;
    struct site_figure net; /* posterior */
    double bayes_factor;
    double kappa, kappa_se;
};
#define DEPARTURE_VARIANTS 3

/** The rates as of one epoch. */
struct departure_rates {
    double observed;
    struct site_figure gross, net_prior, net, network, counterfactual, share;
};

/** All figures in EH/s but where it is said; made of draws, so that intervals nest. */
struct departure_report {
    struct departure_scales scales;
    double elasticity[DEPARTURE_PRICES];
    struct departure_rates rates; /* at `to`; gross (without evidence) and net_prior by
                                     the sites alone */
    struct site_figure foregone;  /* by the sites alone; apart, and never added */
    struct departure_decomposition change;
    size_t draws;
    double ess, bayes_factor, bayes_error, kappa, kappa_se, slow_share, abrupt_share;
    bool adds_nothing;
    char statement[DEPARTURE_STATEMENT];
    struct site_figure net_chain; /* rates.net without the evidence */
    double evidence_ess;          /* draws that count with it; 0 without evidence */
    bool nothing_left;            /* no site counts: all of AI is exactly 0 */
    struct departure_variant variants[DEPARTURE_VARIANTS];
};

/** False when memory is short. The question has no fault. */
bool departure_report_make(struct departure_report *out, const struct departure_question *question);
/** The same without what is beside the answer: foregone and the variants stay zeroed. */
bool departure_report_outline(struct departure_report *out,
                              const struct departure_question *question);

/** Calls each() for every epoch in order, until it says no. False when memory is short. */
bool departure_report_rates(const struct departure_question *question,
                            bool (*each)(void *context, size_t epoch,
                                         const struct departure_rates *rates),
                            void *context);

/** Dated events that are replayed at most. */
#define DEPARTURE_PLACEBO_EVENTS 16
/** What the placebos found. */
struct departure_placebo {
    struct departure_shifts shifts;              /* events as the question has them */
    struct departure_shifts shifts_no_events;    /* and without any */
    const char *names[DEPARTURE_PLACEBO_EVENTS]; /* of the events that touch the series */
    struct departure_replay replays[DEPARTURE_PLACEBO_EVENTS];
    size_t replay_count;
};
/** The schedule moved to the past, and the dated events replayed. False when memory is short. */
bool departure_report_placebo(struct departure_placebo *out,
                              const struct departure_question *question,
                              const struct departure_scales *scales);

#endif
