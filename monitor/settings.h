// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * settings: every configuration key, its default, its meaning, and the values in force.
 *
 * A key may stand in hashtide.conf (key=value) or on the command line (--key=value, --key value);
 * the command line wins. Names are Bitcoin Core's where the meaning is the same. One table in
 * settings.c describes all keys; parsing, `config check`, --help and the manual's completeness test
 * come from it. Rules of alerts and sinks have sections of their own in the file, [alert NAME] and
 * [sink NAME], and no options.
 */
#ifndef HASHTIDE_MONITOR_SETTINGS_H
#define HASHTIDE_MONITOR_SETTINGS_H

#include "alerts/delivery.h"
#include "alerts/ruleset.h"
#include "analysis/site.h"
#include "chain/hash.h"
#include "chain/params.h"
#include "chain/u256.h"
#include "monitor/sinks.h"
#include "monitor/tablefile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_PATH_SIZE 4096

/** Longest name of a monitor, with NUL. */
#define SETTINGS_NAME_SIZE 64

struct settings_entry;

/** A list of words, in the order given. Owned by the settings. */
struct settings_list {
    char **items;
    size_t count;
};

/** anchor=HEIGHT[:HASH[:WORK]], resolved against the built-in table where only the height is given
 * (main). */
struct settings_anchor {
    bool given;
    uint32_t height;
    struct hash256 hash;
    bool work_known;
    struct u256 chainwork;
};

/** Sections that are not of a network but of a thing with a name. */
enum settings_section_kind {
    SETTINGS_ALERT, /* [alert NAME]: a rule, see alerts/rule.h */
    SETTINGS_SINK,  /* [sink NAME]: where alerts are sent, see monitor/sinks.h */
};

/** Such a section, as it stands in the file. Owned by the settings. */
struct settings_section {
    enum settings_section_kind kind;
    char *name; /* rule_name_ok() */
    unsigned line;
    struct rule_pair *pairs; /* they point into texts */
    char **texts;            /* as many: key, NUL, value, NUL */
    size_t pair_count;
};

struct settings {
    const struct params *params;      /* network= */
    char datadir[SETTINGS_PATH_SIZE]; /* as given or the default, ~ expanded; network subdirectory
                                         not appended */
    char conf[SETTINGS_PATH_SIZE];    /* the file that was read, or "" */
    struct settings_list connect;     /* connect=: only these peers; "0" means none at all */
    struct settings_list addnode;
    struct settings_list onlynet; /* words of netaddr_network_name() */
    char proxy[SINKS_PROXY_SIZE]; /* proxy=HOST:PORT, or "" */
    bool dnsseed;
    uint32_t maxoutbound;        /* full outbound connections wanted */
    uint32_t connect_timeout_ms; /* timeout= */
    bool minimum_chain_work_given;
    struct u256 minimum_chain_work; /* params' unless given */
    struct settings_anchor anchor;
    char name[SETTINGS_NAME_SIZE];    /* name=: what the monitor calls itself in alerts, or "" */
    double false_alarms_per_year;     /* change.false_alarms_per_year=, of falls, and of rises */
    double daily_sd;                  /* change.daily_sd= as a fraction; 0: auto, as measured */
    struct site_priors priors;        /* of departures, with what prior= says */
    struct settings_list prior_texts; /* prior=, as given */
    struct delivery_options delivery; /* delivery.retry_min=, retry_max=, give_up= */
    int64_t delivery_keep_ms;         /* delivery.keep= */
    struct tablefile_choice tables[BUILTIN_TABLES]; /* ledger.file=, ledger.url= ... */
    struct settings_list price_sources; /* price.source=, each as market_source_parse() reads it */
    int64_t price_fetch_ms;             /* price.fetch=; 0: prices are not asked for */
    int log_level;                      /* enum log_level of monitor/log.h */
    struct ruleset rules;               /* built in, changed and added to by [alert NAME] */
    struct sinks sinks;                 /* in the file's order */
    struct settings_section *sections;  /* in the file's order */
    size_t section_count;
    struct settings_entry
        *entries; /* settings.c's own: every assignment in force, with its origin */
    size_t entry_count;
};

struct settings_error {
    char text[512]; /* one line: "FILE:LINE: what is wrong: what was expected" or "--option: ..." */
};

/** A key as given on the command line. value is never NULL. */
struct settings_option {
    const char *key;
    const char *value;
};

/** One row of the table of keys. */
struct settings_key {
    const char *name;
    const char *value_name; /* for help, "HOST:PORT"; NULL for what is on or off */
    const char *help;       /* one line */
    bool list;              /* may be given several times */
};

/**
 * Fills in defaults, then the file, then the options in order (later wins, lists add up). A missing
 * file is an error only if conf was given. False with error set, and nothing to free: exit code 2.
 */
bool settings_load(struct settings *out, struct settings_error *error,
                   const struct settings_option *options, size_t option_count);
void settings_free(struct settings *settings);

/** The same with a configuration file's text in memory and no options: the fuzz target's entry.
 * name is used in messages. */
bool settings_parse_text(struct settings *out, struct settings_error *error, const char *name,
                         const char *text, size_t len);

/** A key by its name, or by another name of it ("chain" is network); NULL if it is none of ours. */
const struct settings_key *settings_key_find(const char *name);
/** The name of the key that a mistyped one is probably meant to be; NULL if none is near. */
const char *settings_key_nearest(const char *name);
/** All keys, in the order of the help; NULL behind the last. */
const struct settings_key *settings_key_at(size_t i);

/** The section of this kind and name; NULL if the file has none. */
const struct settings_section *settings_section_find(const struct settings *settings,
                                                     enum settings_section_kind kind,
                                                     const char *name);
/** "alert", "sink". */
const char *settings_section_kind_name(enum settings_section_kind kind);

typedef void (*settings_each_fn)(void *context, const struct settings_key *key, const char *value,
                                 const char *origin);

/**
 * What is in force: calls each() with every key, in the table's order, its value as it would stand
 * in a file, and where it comes from: "default", "command line", or "FILE:LINE". A list calls once
 * for each item, or once with "" if it is empty.
 */
void settings_each(const struct settings *settings, settings_each_fn each, void *context);

#endif
