// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * settings: every configuration key, its default, its meaning, and the values in force.
 *
 * A key may stand in hashtide.conf (key=value) or on the command line (--key=value, --key value); the command line wins. Names are Bitcoin Core's where the meaning
 * is the same. One table in settings.c describes all keys; parsing, `config check`, --help and the manual's completeness test come from it.
 */
#ifndef HASHTIDE_MONITOR_SETTINGS_H
#define HASHTIDE_MONITOR_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain/netaddr.h"
#include "chain/params.h"
#include "chain/u256.h"

#define SETTINGS_PATH_SIZE 4096

/** A list of words, in the order given. Owned by the settings. */
struct settings_list {
    char **items;
    size_t count;
};

/** anchor=HEIGHT[:HASH[:WORK]], resolved against the built-in table where only the height is given (main). */
struct settings_anchor {
    bool given;
    uint32_t height;
    struct hash256 hash;
    bool work_known;
    struct u256 chainwork;
};

struct settings {
    const struct params *params;        /* network= */
    char datadir[SETTINGS_PATH_SIZE];   /* as given or the default, ~ expanded; network subdirectory not appended */
    char conf[SETTINGS_PATH_SIZE];      /* the file that was read, or "" */
    struct settings_list connect;       /* connect=: only these peers; "0" means none at all */
    struct settings_list addnode;
    struct settings_list onlynet;       /* words of netaddr_network_name() */
    char proxy[280];                    /* proxy=HOST:PORT, or "" */
    bool dnsseed;
    uint32_t maxoutbound;               /* full outbound connections wanted */
    uint32_t connect_timeout_ms;        /* timeout= */
    bool minimum_chain_work_given;
    struct u256 minimum_chain_work;     /* params' unless given */
    struct settings_anchor anchor;
    int log_level;                      /* enum log_level of monitor/log.h */
};

/** Where a value came from, for messages. */
struct settings_error {
    char text[512]; /* one line: "FILE:LINE: what is wrong: what was expected" or "--option: ..." */
};

struct settings_option {
    const char *key;
    const char *value;
};

/** Fills in defaults, then the file, then the options in order (later wins, lists add up). conf_given: a missing file is an error only then. False with error set: exit code 2. */
bool settings_load(struct settings *out, struct settings_error *error, const struct settings_option *options,
                   size_t option_count);
void settings_free(struct settings *settings);

/** True if key is one of ours; takes_value false for a plain flag. For the command line parser. */
bool settings_known(const char *key, bool *takes_value);
/** Parses one line of a configuration file's text; the fuzz target's entry. */
bool settings_parse_text(struct settings *out, struct settings_error *error, const char *name, const char *text,
                         size_t len);

#endif
