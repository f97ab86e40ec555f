// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * command: the table of commands, and what lies between main() and one of them.
 */
#include "config.h"

#include "monitor/command.h"

#include "monitor/help.h"
#include "monitor/options.h"
#include "monitor/text.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** An error message is cut beyond this. */
#define ERROR_SIZE 2048

/* A new command: one line here, in the order of the help; its declaration stands in command.h. */
/* clang-format off */
static const struct command *const commands[] = {
    &cmd_run,
    &cmd_sync,
    &cmd_import,
    &cmd_status,
    &cmd_export,
    &cmd_backtest,
    &cmd_compare,
    &cmd_calibrate,
    &cmd_simulate,
    &cmd_departure,
    &cmd_evidence_companies,
    &cmd_evidence_pools,
    &cmd_claims,
    &cmd_ledger_list,
    &cmd_ledger_check,
    &cmd_ledger_add,
    &cmd_ledger_diff,
    &cmd_keygen,
    &cmd_verify,
    &cmd_alerts_list,
    &cmd_alerts_show,
    &cmd_alerts_ack,
    &cmd_alerts_silence,
    &cmd_alerts_metrics,
    &cmd_alerts_outbox,
    &cmd_alerts_retry,
    &cmd_alerts_drop,
    &cmd_alerts_test,
    &cmd_incentive,
    &cmd_market_fetch,
    &cmd_market_list,
    &cmd_market_sources,
    &cmd_market_import,
    &cmd_config_check,
    &cmd_version,
    NULL,
};
/* clang-format on */

const struct command *const *command_table(void)
{
    return commands;
}

static const struct command_value *find_value(const struct command_call *call, const char *name)
{
    for (size_t i = call->value_count; i > 0; i--) {
        if (strcmp(call->values[i - 1].name, name) == 0)
            return &call->values[i - 1];
    }
    return NULL;
}

const char *command_value(const struct command_call *call, const char *name)
{
    const struct command_value *value = find_value(call, name);

    return value != NULL ? value->value : NULL;
}

bool command_flag(const struct command_call *call, const char *name)
{
    return find_value(call, name) != NULL;
}

void command_error(const char *format, ...)
{
    char message[ERROR_SIZE];
    char line[ERROR_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    text_escape(line, sizeof line, message);
    fprintf(stderr, "hashtide: %s\n", line);
}

static void print_help(const struct options *options)
{
    if (options->command != NULL)
        help_command(stdout, options->command);
    else if (options->group != NULL)
        help_group(stdout, commands, options->group);
    else
        help_program(stdout, commands);
}

static int run_command(const struct options *options)
{
    struct settings settings;
    struct settings_error error;
    struct command_call call = {
        .options = options->settings,
        .option_count = options->setting_count,
        .arguments = options->arguments,
        .argument_count = options->argument_count,
        .values = options->values,
        .value_count = options->value_count,
    };
    int code = COMMAND_DONE;

    if (!options->command->settings_wanted)
        return options->command->run(&call);
    if (!settings_load(&settings, &error, options->settings, options->setting_count)) {
        command_error("%s", error.text);
        return COMMAND_USAGE;
    }
    call.settings = &settings;
    code = options->command->run(&call);
    settings_free(&settings);
    return code;
}

/* The other end of a pipe is closed. */
static bool reader_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

/* Output that did not arrive is a failure, but of a reader that has seen enough (hashtide ... |
 * head) nothing is said. */
static int finish_output(int code)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (errno != EPIPE && !reader_gone())
        command_error("standard output: %s", errno != 0 ? strerror(errno) : "write error");
    return code == COMMAND_DONE ? COMMAND_FAILED : code;
}

int command_main(int argc, char **argv)
{
    struct options options;
    char error[OPTIONS_ERROR_SIZE];
    int code = COMMAND_DONE;

    gsl_set_error_handler_off(); /* its default is to abort; NaN will do */
    if (sodium_init() < 0) {
        command_error("libsodium cannot be used: it gets no random bytes");
        return COMMAND_FAILED;
    }
    if (!options_parse(&options, error, commands, argc, argv)) {
        command_error("%s", error);
        return COMMAND_USAGE;
    }
    if (options.version)
        printf("hashtide %s\n", PACKAGE_VERSION);
    else if (options.help)
        print_help(&options);
    else
        code = run_command(&options);
    options_free(&options);
    return finish_output(code);
}
