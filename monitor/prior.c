// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * prior: see prior.h.
 */
#include "config.h"

#include "monitor/prior.h"

#include "monitor/mem.h"
#include "monitor/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With the ends that a number can have: a critic has to know what can be asked. */
static void say_fault(char message[PRIOR_MESSAGE_SIZE], const char *fault, enum site_prior prior)
{
    const struct site_prior_info *info = site_prior_info(prior);

    snprintf(message, PRIOR_MESSAGE_SIZE, "%s; %s lies from %g to %g", fault, info->name,
             info->least, info->most);
}

static void name_nearest(char message[PRIOR_MESSAGE_SIZE], const char *name)
{
    const char *names[SITE_PRIORS];
    const char *nearest = NULL;

    for (unsigned i = 0; i < SITE_PRIORS; i++)
        names[i] = site_prior_info((enum site_prior)i)->name;
    nearest = text_nearest(name, names, SITE_PRIORS);
    if (nearest != NULL)
        snprintf(message, PRIOR_MESSAGE_SIZE, "there is no assumption %.40s: did you mean %s?",
                 name, nearest);
    else
        snprintf(message, PRIOR_MESSAGE_SIZE,
                 "there is no assumption %.40s: 'hashtide departure --tornado' lists all", name);
}

/* "0.2", or "0.1..0.3". */
static bool read_range(double *low, double *high, const char *text)
{
    char *end = NULL;

    *low = strtod(text, &end);
    *high = *low;
    if (end == text)
        return false;
    if (strncmp(end, "..", 2) == 0) {
        const char *second = end + 2;

        *high = strtod(second, &end);
        if (end == second)
            return false;
    }
    return *end == '\0';
}

bool prior_set(struct site_priors *priors, char message[PRIOR_MESSAGE_SIZE], const char *text)
{
    const char *equals = strchr(text, '=');
    char *name = equals != NULL ? mem_text_of(text, (size_t)(equals - text)) : NULL;
    struct site_priors fresh = *priors;
    enum site_prior prior = SITE_PRIORS;
    const char *wrong = NULL;
    double low = 0;
    double high = 0;

    message[0] = '\0';
    if (name == NULL || !read_range(&low, &high, equals + 1)) {
        snprintf(message, PRIOR_MESSAGE_SIZE,
                 "expected NAME=VALUE, such as relocated.mean=0.2, or NAME=LOW..HIGH");
    } else if (!site_prior_find(&prior, name)) {
        name_nearest(message, name);
    } else {
        wrong = site_priors_set(&fresh, prior, low, high);
        if (wrong == NULL)
            wrong = site_priors_fault(&fresh);
        if (wrong != NULL)
            say_fault(message, wrong, prior);
        else
            *priors = fresh;
    }
    free(name);
    return message[0] == '\0';
}
