// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_words: what the series can and cannot say, for a reader outside the field. See
 * departure.h.
 */
#include "config.h"

#include "analysis/departure.h"

#include <math.h>
#include <stdio.h>

/** What the series accepts lies within so many standard errors of kappa. */
#define ACCEPTED_SDS 2.0
/** Beyond this a multiple is no use to anybody. */
#define MULTIPLE_MOST 999.0

void departure_statement(char out[DEPARTURE_STATEMENT], const struct departure_posterior *posterior)
{
    double draws = (double)posterior->paths->draws;
    double least = posterior->kappa - ACCEPTED_SDS * posterior->kappa_se;
    double most = posterior->kappa + ACCEPTED_SDS * posterior->kappa_se;
    char multiples[64];

    if (posterior->kappa_se <= 0.0) {
        (void)snprintf(
            out, DEPARTURE_STATEMENT,
            "No site in the ledger can have switched anything off in these epochs: AI is 0 "
            "by the ledger, and the chain was not asked.");
        return;
    }
    if (most <= 0.0)
        (void)snprintf(multiples, sizeof multiples, "no departure on this schedule at all");
    else if (least <= 0.0)
        (void)snprintf(multiples, sizeof multiples, "anything from nothing to %.0f times as much",
                       fmin(ceil(most), MULTIPLE_MOST));
    else
        (void)snprintf(multiples, sizeof multiples, "%.1f to %.1f times as much",
                       fmin(least, MULTIPLE_MOST), fmin(most, MULTIPLE_MOST));
    if (posterior->adds_nothing)
        (void)snprintf(
            out, DEPARTURE_STATEMENT,
            "The chain adds no information; this figure is the ledger's. The hash rate alone would "
            "fit %s. To show in it (2 standard errors), %.0f %% of the network would have to leave "
            "as "
            "slowly as these sites, or %.0f %% at once. The interval holds given the ledger: where "
            "the ledger is "
            "wrong, so is the interval.",
            multiples, 100.0 * posterior->slow_share, 100.0 * posterior->abrupt_share);
    else
        (void)snprintf(
            out, DEPARTURE_STATEMENT,
            "The chain has moved the ledger's figure: %.0f %% of the draws still count, and the "
            "hash rate is %.3g times as likely with the sites as with no departure. Alone it would "
            "fit %s. A booming or busting market can look the same: see the placebos before "
            "believing "
            "it.",
            100.0 * posterior->ess / draws, posterior->bayes_factor, multiples);
}
