// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * settings_internal: what settings.c, which reads and orders, shares with settings_keys.c, which
 * knows each key.
 */
#ifndef HASHTIDE_MONITOR_SETTINGS_INTERNAL_H
#define HASHTIDE_MONITOR_SETTINGS_INTERNAL_H

#include "monitor/settings.h"

#include <stdbool.h>
#include <stddef.h>

/** Room for a value as text: a path or a list item. */
#define SETTINGS_VALUE_SIZE SETTINGS_PATH_SIZE

/** Appends a section, empty yet. */
struct settings_section *settings_section_add(struct settings *settings,
                                              enum settings_section_kind kind, const char *name,
                                              unsigned line);
/** Appends a pair to a section; what is given is copied. */
void settings_section_put(struct settings_section *section, const char *key, size_t key_len,
                          const char *value, size_t value_len, unsigned line);
void settings_sections_free(struct settings *settings);
/** Makes the sinks from the sections. The global proxy is settled. False with error: what is wrong.
 */
bool settings_read_sinks(struct settings *settings, struct rule_error *error);
/** "HOST:PORT" of a SOCKS5 proxy as it is kept, "" of 0. False (out "") if value is neither. */
bool settings_read_proxy(char out[SINKS_PROXY_SIZE], const char *value);
/** Makes the rules from what is built in and the sections. False with error: what is wrong. */
bool settings_read_rules(struct settings *settings, struct rule_error *error);

/** Says why a value is refused: what was expected. */
struct settings_complaint {
    char text[256];
};

/** Where a key may stand. */
enum settings_scope {
    SETTINGS_ANYWHERE,
    SETTINGS_NO_SECTION,  /* it decides which section counts */
    SETTINGS_OPTION_ONLY, /* on the command line only */
};

/** A row of the table: a key, and what is done with it. */
struct settings_rule {
    struct settings_key key;
    enum settings_scope scope;
    /** Reads a value. False with complaint; settings are as they were then, or hold a part. */
    bool (*set)(struct settings *settings, struct settings_complaint *complaint, const char *value);
    /** Prints the value in force, into SETTINGS_VALUE_SIZE bytes; NULL for lists. */
    void (*format)(char *out, const struct settings *settings);
};

/** Reads a path, in which ~ may stand for the user's home. False with complaint. */
bool settings_read_path(char out[SETTINGS_PATH_SIZE], struct settings_complaint *complaint,
                        const char *value);

/* The keys of tables: settings_tables.c. */
bool settings_set_ledger_file(struct settings *s, struct settings_complaint *complaint,
                              const char *value);
bool settings_set_price_file(struct settings *s, struct settings_complaint *complaint,
                             const char *value);
void settings_format_price_file(char *out, const struct settings *s);
bool settings_set_power_file(struct settings *s, struct settings_complaint *complaint,
                             const char *value);
void settings_format_power_file(char *out, const struct settings *s);
bool settings_set_machines_file(struct settings *s, struct settings_complaint *complaint,
                                const char *value);
void settings_format_machines_file(char *out, const struct settings *s);
bool settings_set_economics_file(struct settings *s, struct settings_complaint *complaint,
                                 const char *value);
void settings_format_economics_file(char *out, const struct settings *s);
bool settings_set_claims_file(struct settings *s, struct settings_complaint *complaint,
                              const char *value);
bool settings_set_companies_file(struct settings *s, struct settings_complaint *complaint,
                                 const char *value);
bool settings_set_efficiency_file(struct settings *s, struct settings_complaint *complaint,
                                  const char *value);
bool settings_set_ledger_url(struct settings *s, struct settings_complaint *complaint,
                             const char *value);
bool settings_set_ledger_sha256(struct settings *s, struct settings_complaint *complaint,
                                const char *value);
bool settings_set_ledger_key(struct settings *s, struct settings_complaint *complaint,
                             const char *value);
void settings_format_ledger_file(char *out, const struct settings *s);
void settings_format_claims_file(char *out, const struct settings *s);
void settings_format_companies_file(char *out, const struct settings *s);
void settings_format_efficiency_file(char *out, const struct settings *s);
void settings_format_ledger_url(char *out, const struct settings *s);
void settings_format_ledger_sha256(char *out, const struct settings *s);
void settings_format_ledger_key(char *out, const struct settings *s);
/** What is wrong between the keys of tables, as they are set all together, and the key to which it
 * belongs; NULL for nothing. */
const char *settings_tables_fault(const struct settings *settings, const char **key);

/** By name, or another name; NULL if there is none. */
const struct settings_rule *settings_rule_find(const char *name);
/** Rows in order; NULL behind the last. */
const struct settings_rule *settings_rule_at(size_t i);
/** Every default but the data directory's, which depends on the environment. */
void settings_set_defaults(struct settings *out);
void settings_list_free(struct settings_list *list);
/** The user's home, or NULL. */
const char *settings_home_dir(void);

#endif
