// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * status_print_economy: two lines of the screen, on what hash rate earns and what left for AI.
 */
#include "config.h"

#include "alerts/metric.h"
#include "monitor/fields.h"
#include "monitor/status_print_internal.h"

#include <math.h>
#include <stdio.h>

/* A figure as people read it, with its unit; "" where it is not known. */
static const char *format_part(char out[METRIC_TEXT_SIZE], const json_t *status, enum metric_id id,
                               const char *part)
{
    const struct metric_info *info = metric_info(id);
    const json_t *figure = json_object_get(json_object_get(status, "economy"), info->name);
    double value = 0;

    out[0] = '\0';
    if (fields_number(&value, figure, part) && isfinite(value))
        metric_format(out, info->unit, value);
    return out;
}

static void print_hashprice(struct screen *out, const json_t *status)
{
    char price[METRIC_TEXT_SIZE], share[METRIC_TEXT_SIZE];

    format_part(price, status, METRIC_HASHPRICE_USD_PH_DAY, "value");
    format_part(share, status, METRIC_FLEET_UNDERWATER_PCT, "value");
    if (price[0] != '\0')
        screen_line(out, "%-*s%s%s%s%s", SCREEN_INDENT, "hashprice", price,
                    share[0] != '\0' ? "; about " : "", share,
                    share[0] != '\0' ? " of the hash rate under water" : "");
}

static void print_departure(struct screen *out, const json_t *status)
{
    char value[METRIC_TEXT_SIZE], low[METRIC_TEXT_SIZE], high[METRIC_TEXT_SIZE];

    format_part(value, status, METRIC_DEPARTURE_AI_NET_EHS, "value");
    format_part(low, status, METRIC_DEPARTURE_AI_NET_EHS, "lo");
    format_part(high, status, METRIC_DEPARTURE_AI_NET_EHS, "hi");
    if (value[0] != '\0' && low[0] != '\0' && high[0] != '\0')
        screen_line(out, "%-*s%s gone (90 %%: %s to %s), given the ledger", SCREEN_INDENT, "to AI",
                    value, low, high);
}

void status_print_economy(struct screen *out, const json_t *status)
{
    print_hashprice(out, status);
    print_departure(out, status);
}
