// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_events: dated shocks whose causes and dates are known from elsewhere. See departure.h.
 *
 * Two of them break the rule and are marked so: the window of June 2026 was seen in the hash rate
 * and AI is among its reported causes; a halving is in the price term already. The sd is of the dip
 * of one epoch, by what such a shock takes: a heat wave .05 to .1, a storm .1 to .15, a ban .4.
 */
#include "config.h"

#include "analysis/departure.h"

static const struct departure_event events[] = {
    {"Oct2020 season", 2020.81, 2020.89, 0.12, true,
     "end of Sichuan's wet season: machines move to other provinces"},
    {"Xinjiang Apr21", 2021.28, 2021.34, 0.12, true,
     "coal-mine accident and safety inspections cut power in Xinjiang"},
    {"China ban", 2021.36, 2021.55, 0.4, true,
     "State Council's statement of 2021-05-21 and what the provinces made of it"},
    {"Kazakh", 2022.01, 2022.04, 0.05, true, "unrest and network shutdown in Kazakhstan"},
    {"Summer22", 2022.44, 2022.56, 0.06, true,
     "Texas heat: curtailment by the grid operator (a low price is named too)"},
    {"Elliott", 2022.966, 2022.99, 0.15, true, "winter storm over the eastern United States"},
    {"Jan24 snap", 2024.027, 2024.06, 0.1, true, "cold snap in Texas"},
    {"halving24", 2024.3, 2024.38, 0.06, false, "fourth halving of the subsidy"},
    {"Summer24", 2024.4, 2024.52, 0.06, true,
     "Texas heat: curtailment by the grid operator (a low price is named too)"},
    {"Jun25 heat", 2025.45, 2025.5, 0.1, true, "heat and peak-demand curtailment in the US"},
    {"Fern", 2026.06, 2026.1, 0.15, true, "winter storm over the southern United States"},
    {"Jun26", 2026.41, 2026.46, 0.08, false,
     "retarget of June 2026: price, season and AI are all named for it"},
};

const struct departure_event *departure_events(size_t *count)
{
    *count = sizeof events / sizeof events[0];
    return events;
}
