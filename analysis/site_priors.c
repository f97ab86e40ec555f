// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * site_priors: what is believed about all sites, as a table. See site.h.
 */
#include "config.h"

#include "analysis/site.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define JUDGEMENT "judgement"

/* Few of these have a published source; where there is none it says so. */
static const struct site_prior_info infos[SITE_PRIORS] = {
    [SITE_PRIOR_MW] = {"mw.scale", "", "every site's MW is multiplied by this",
                       "1 by definition; 0, .5, 2 and 4 ask what the answer would be for another"
                       " list",
                       false, 1.0, 1.0, 0.0, 100.0, 0.5, 2.0},
    [SITE_PRIOR_SHARE_YES] = {"share.yes", "", "share of a former mine's MW that mined",
                              JUDGEMENT ": sites are rarely full, and offices and cooling count",
                              true, 0.7, 1.0, 0.0, 1.0, 0.7, 1.0},
    [SITE_PRIOR_SHARE_PARTLY] = {"share.partial", "",
                                 "the same where new halls stand beside a mine that goes on",
                                 JUDGEMENT ": nobody publishes how much is displaced", true, 0.2,
                                 0.7, 0.0, 1.0, 0.2, 0.7},
    [SITE_PRIOR_RUNNING] = {"running", "", "share of the time that the machines ran",
                            "uptime and curtailment in miners' monthly reports, read as a range",
                            true, 0.75, 0.97, 0.0, 1.0, 0.75, 0.97},
    [SITE_PRIOR_OVERHEAD] = {"overhead", "", "power of the site over power of its machines",
                             JUDGEMENT ": air-cooled mines run at 1.01 to 1.08", true, 1.01, 1.08,
                             1.0, 2.0, 1.01, 1.08},
    [SITE_PRIOR_DELIVERY] = {"delivery.odds", "",
                             "odds that a plan is carried out are multiplied by this",
                             "1 by definition; the probabilities in the list are " JUDGEMENT, false,
                             1.0, 1.0, 0.0, 1000.0, 0.25, 4.0},
    [SITE_PRIOR_LEAD] = {"lead", "years", "machines go off so long before the AI load goes on",
                         JUDGEMENT ": time to rebuild a hall", true, 0.5, 1.25, 0.0, 5.0, 0.5,
                         1.25},
    [SITE_PRIOR_HEADSTART] = {"headstart", "years",
                              "machines go off at most so long before the announcement", JUDGEMENT,
                              false, 0.25, 0.25, 0.0, 5.0, 0.0, 0.75},
    [SITE_PRIOR_LAG] = {"lag.median", "months",
                        "from announcement to unplugging where no date of AI load is known",
                        JUDGEMENT ", from the sites whose dates are known", false, 7.0, 7.0, 0.1,
                        120.0, 3.0, 14.0},
    [SITE_PRIOR_LAG_SD] = {"lag.sd", "", "sd of the log of that lag",
                           JUDGEMENT ", from the sites whose dates are known", false, 0.74, 0.74,
                           0.0, 3.0, 0.4, 1.1},
    [SITE_PRIOR_LAG_LEAST] = {"lag.least", "months", "that lag is at least this", JUDGEMENT, false,
                              1.0, 1.0, 0.0, 120.0, 0.0, 3.0},
    [SITE_PRIOR_LAG_MOST] = {"lag.most", "months", "that lag is at most this", JUDGEMENT, false,
                             30.0, 30.0, 0.1, 240.0, 18.0, 48.0},
    [SITE_PRIOR_RAMP] = {"ramp", "years", "from first to last machine switched off, end unknown",
                         JUDGEMENT, false, 0.5, 0.5, 0.01, 10.0, 0.2, 1.0},
    [SITE_PRIOR_RAMP_LEAST] = {"ramp.least", "years",
                               "from first to last machine switched off, end known: at least this",
                               JUDGEMENT, false, 0.15, 0.15, 0.01, 10.0, 0.05, 0.3},
    [SITE_PRIOR_EFFICIENCY] = {"efficiency.scale", "",
                               "J/TH of the machines switched off is multiplied by this",
                               "1 by definition; above 1: the oldest machines go first", false, 1.0,
                               1.0, 0.1, 10.0, 0.8, 1.3},
    [SITE_PRIOR_EFFICIENCY_ALIKE] = {"efficiency.alike", "",
                                     "weight of the error in J/TH that all sites share",
                                     "correlation .72 between sites: " JUDGEMENT, false, 0.85, 0.85,
                                     0.0, 2.0, 0.5, 1.0},
    [SITE_PRIOR_EFFICIENCY_OWN] = {"efficiency.own", "",
                                   "weight of the error in J/TH that is each site's own",
                                   "correlation .72 between sites: " JUDGEMENT, false, 0.53, 0.53,
                                   0.0, 2.0, 0.0, 0.85},
    [SITE_PRIOR_RELOCATED] = {"relocated.mean", "",
                              "share of the machines that run on elsewhere, on average",
                              JUDGEMENT ": one company's hash rate rose while its sites emptied,"
                                        " others wrote their machines off",
                              false, 2.6 / 5.8, 2.6 / 5.8, 0.001, 0.999, 0.15, 0.75},
    [SITE_PRIOR_RELOCATED_WEIGHT] = {"relocated.weight", "",
                                     "how sure that mean is (alpha + beta of a beta distribution)",
                                     JUDGEMENT ": close to knowing nothing", false, 5.8, 5.8, 0.1,
                                     1e6, 3.0, 30.0},
    [SITE_PRIOR_RELOCATED_SITE] = {"relocated.site_sd", "",
                                   "how much that share varies from site to site (sd)", JUDGEMENT,
                                   false, 0.08, 0.08, 0.0, 1.0, 0.0, 0.2},
    [SITE_PRIOR_RELOCATED_MOST] = {"relocated.most", "", "that share is at most this at a site",
                                   JUDGEMENT ": some machines always go to scrap", false, 0.95,
                                   0.95, 0.0, 1.0, 0.8, 1.0},
    [SITE_PRIOR_REENTRY] = {"reentry", "",
                            "share of what is removed that miners at the margin put back",
                            JUDGEMENT ": difficulty falls, hash price rises, idle machines return",
                            true, 0.0, 0.8, 0.0, 1.0, 0.0, 0.8},
};

/* Median efficiency of what is switched off, from reports of listed miners and the Cambridge
 * survey (28.2 J/TH in mid 2024), younger than the network's mean. */
static const struct site_knot default_knots[] = {
    {2023.5, 36.0, 0.12}, {2024.5, 26.0, 0.19}, {2025.5, 22.0, 0.18},
    {2026.5, 20.0, 0.20}, {2028.0, 18.0, 0.20},
};

#define DEFAULT_KNOTS (sizeof default_knots / sizeof default_knots[0])
/** No machine was ever outside. */
#define J_PER_TH_LEAST 1.0
#define J_PER_TH_MOST 1e6
#define EFFICIENCY_SD_MOST 2.0
#define YEAR_LEAST 2009.0
#define YEAR_MOST 2100.0

const struct site_prior_info *site_prior_info(enum site_prior prior)
{
    assert(prior < SITE_PRIORS);
    return &infos[prior];
}

bool site_prior_find(enum site_prior *out, const char *name)
{
    for (int i = 0; i < SITE_PRIORS; i++)
        if (strcmp(infos[i].name, name) == 0) {
            *out = (enum site_prior)i;
            return true;
        }
    return false;
}

void site_priors_init(struct site_priors *out)
{
    memset(out, 0, sizeof *out);
    for (int i = 0; i < SITE_PRIORS; i++)
        out->of[i] = (struct site_range){infos[i].low, infos[i].high};
    memcpy(out->knots, default_knots, sizeof default_knots);
    out->knot_count = DEFAULT_KNOTS;
}

static const char *range_fault(enum site_prior prior, double low, double high)
{
    const struct site_prior_info *info = &infos[prior];

    if (!isfinite(low) || !isfinite(high))
        return "not a number";
    if (low > high)
        return "the low end is above the high end";
    if (!info->range && low != high)
        return "one value is wanted, not a range";
    if (low < info->least || high > info->most)
        return "out of range";
    return NULL;
}

const char *site_priors_set(struct site_priors *priors, enum site_prior prior, double low,
                            double high)
{
    const char *fault = range_fault(prior, low, high);

    if (fault == NULL)
        priors->of[prior] = (struct site_range){low, high};
    return fault;
}

static const char *knots_fault(const struct site_knot *knots, size_t count)
{
    if (count == 0)
        return "no efficiency";
    if (count > SITE_KNOTS_MAX)
        return "too many years of efficiency";
    for (size_t i = 0; i < count; i++) {
        if (!(knots[i].year >= YEAR_LEAST && knots[i].year <= YEAR_MOST) ||
            (i > 0 && knots[i].year <= knots[i - 1].year))
            return "years of efficiency do not increase, or are out of range";
        if (!(knots[i].j_per_th >= J_PER_TH_LEAST && knots[i].j_per_th <= J_PER_TH_MOST))
            return "J/TH out of range";
        if (!(knots[i].sd >= 0.0 && knots[i].sd <= EFFICIENCY_SD_MOST))
            return "sd of efficiency out of range";
    }
    return NULL;
}

const char *site_priors_set_knots(struct site_priors *priors, const struct site_knot *knots,
                                  size_t count)
{
    const char *fault = knots_fault(knots, count);

    if (fault == NULL) {
        memmove(priors->knots, knots, count * sizeof *knots);
        priors->knot_count = count;
    }
    return fault;
}

const char *site_priors_fault(const struct site_priors *priors)
{
    for (int i = 0; i < SITE_PRIORS; i++) {
        const char *fault = range_fault((enum site_prior)i, priors->of[i].low, priors->of[i].high);

        if (fault != NULL)
            return fault;
    }
    if (priors->of[SITE_PRIOR_LAG_LEAST].low > priors->of[SITE_PRIOR_LAG_MOST].low)
        return "lag.least is above lag.most";
    return knots_fault(priors->knots, priors->knot_count);
}
