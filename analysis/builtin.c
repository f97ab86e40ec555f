// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * builtin: see builtin.h. local.mk makes the .inc files: the tables' bytes as numbers.
 */
#include "config.h"

#include "analysis/builtin.h"

#include <assert.h>

static const unsigned char claims[] = {
#include "analysis/data/claims.inc"
};
static const unsigned char companies[] = {
#include "analysis/data/companies.inc"
};
static const unsigned char conversions[] = {
#include "analysis/data/conversions.inc"
};
static const unsigned char economics[] = {
#include "analysis/data/economics.inc"
};
static const unsigned char efficiency[] = {
#include "analysis/data/efficiency.inc"
};
static const unsigned char machines[] = {
#include "analysis/data/machines.inc"
};
static const unsigned char power[] = {
#include "analysis/data/power.inc"
};
static const unsigned char prices[] = {
#include "analysis/data/prices.inc"
};

struct table {
    const char *name;
    const unsigned char *text;
    size_t len;
};

static const struct table tables[BUILTIN_TABLES] = {
    [BUILTIN_CLAIMS] = {"claims.csv", claims, sizeof claims},
    [BUILTIN_COMPANIES] = {"companies.csv", companies, sizeof companies},
    [BUILTIN_CONVERSIONS] = {"conversions.csv", conversions, sizeof conversions},
    [BUILTIN_ECONOMICS] = {"economics.csv", economics, sizeof economics},
    [BUILTIN_EFFICIENCY] = {"efficiency.csv", efficiency, sizeof efficiency},
    [BUILTIN_MACHINES] = {"machines.csv", machines, sizeof machines},
    [BUILTIN_POWER] = {"power.csv", power, sizeof power},
    [BUILTIN_PRICES] = {"prices.csv", prices, sizeof prices},
};

const char *builtin_text(size_t *len, enum builtin_table table)
{
    assert(table < BUILTIN_TABLES);
    *len = tables[table].len;
    return (const char *)tables[table].text;
}

const char *builtin_name(enum builtin_table table)
{
    assert(table < BUILTIN_TABLES);
    return tables[table].name;
}
