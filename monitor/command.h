// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * command: what main.c hands to a command. One file per command, cmd_NAME.c, with one function
 * cmd_NAME().
 */
#ifndef HASHTIDE_MONITOR_COMMAND_H
#define HASHTIDE_MONITOR_COMMAND_H

#include "monitor/settings.h"

#include <stdbool.h>
#include <stddef.h>

/** Exit codes. */
enum command_exit {
    COMMAND_DONE = 0,
    COMMAND_FAILED = 1, /* could not, or the answer is no */
    COMMAND_USAGE = 2,  /* usage or configuration */
};

/** An option that belongs to a command (not a setting): --json, --output FILE, --from X ... */
struct command_option {
    const char *name; /* long name without dashes */
    char short_name;  /* 0 if none */
    bool takes_value;
    const char *value_name; /* for help: "FILE" */
    const char *help;
};

/** One option as given. */
struct command_value {
    const char *name;
    const char *value; /* NULL for flags */
};

/** A call of a command, parsed. */
struct command_call {
    const struct settings *settings;       /* NULL where settings_wanted is false */
    const struct settings_option *options; /* as given, for settings_load() on SIGHUP */
    size_t option_count;
    char **arguments; /* positional, after the command's name(s) */
    size_t argument_count;
    const struct command_value *values;
    size_t value_count;
};

struct command {
    const char *name;     /* "import", "config check" */
    const char *synopsis; /* "import [--json] FILE" */
    const char *summary;  /* one line */
    const char *details;  /* paragraphs for --help; lines are filled anew there */
    const struct command_option
        *options; /* ends with name NULL; may be NULL; one name means the same in all commands */
    bool settings_wanted; /* false: runs without a readable configuration (version) */
    int (*run)(const struct command_call *call);
};

/** Value of an option of this call, last one wins; NULL if not given. For a flag use
 * command_flag(). */
const char *command_value(const struct command_call *call, const char *name);
bool command_flag(const struct command_call *call, const char *name);

/** "hashtide: " and the message on stderr, in one line; what strangers wrote is escaped (text.h).
 */
void command_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Each is defined in its cmd_NAME.c and stands as one line in command.c's table. */
extern const struct command cmd_alerts_ack, cmd_alerts_drop, cmd_alerts_list, cmd_alerts_metrics,
    cmd_alerts_outbox, cmd_alerts_retry, cmd_alerts_show, cmd_alerts_silence, cmd_alerts_test,
    cmd_backtest, cmd_calibrate, cmd_claims, cmd_compare, cmd_config_check, cmd_departure,
    cmd_evidence_companies, cmd_evidence_pools, cmd_export, cmd_import, cmd_incentive, cmd_keygen,
    cmd_ledger_add, cmd_ledger_check, cmd_ledger_diff, cmd_ledger_list, cmd_market_fetch,
    cmd_market_import, cmd_market_list, cmd_market_sources, cmd_run, cmd_simulate, cmd_status,
    cmd_sync, cmd_verify, cmd_version;

/** All commands, in the order of the help; ends with NULL. */
const struct command *const *command_table(void);

/** Parses the command line, loads the settings and runs the command: all of main(). Returns the
 * exit code. */
int command_main(int argc, char **argv);

#endif
