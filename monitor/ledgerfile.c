// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ledgerfile: see ledgerfile.h.
 */
#include "config.h"

#include "monitor/ledgerfile.h"

#include "monitor/command.h"
#include "monitor/store/datadir.h"

#include <stdio.h>
#include <stdlib.h>

bool ledgerfile_load_text(struct ledgerfile *out, char message[TABLEFILE_MESSAGE_SIZE],
                          struct tablefile *file, const struct ledgerfile_options *options)
{
    struct tablefile_teller teller = {.name = file->name,
                                      .doubts_silent = !options->doubts,
                                      .say = options->say,
                                      .context = options->context};
    enum ledger_result result = LEDGER_READ;

    *out = (struct ledgerfile){.faults = 0};
    snprintf(out->origin, sizeof out->origin, "%s", file->origin);
    if (file->warning[0] != '\0' && options->say != NULL)
        options->say(options->context, file->warning);
    result = ledger_parse(&out->ledger, file->text, file->len, tablefile_tell, &teller);
    file->text = NULL;
    if (result == LEDGER_READ)
        ledger_choose(&out->ledger, options->day, tablefile_tell, &teller);
    out->faults = teller.faults;
    out->doubts = teller.doubts;
    if (result == LEDGER_NO_MEMORY)
        abort(); /* as mem_*() does when memory is short */
    if (result == LEDGER_READ && (teller.faults == 0 || options->force))
        return true;
    snprintf(message, TABLEFILE_MESSAGE_SIZE,
             result == LEDGER_READ ? "%.4000s: %zu %s; --force goes on without the rows in question"
                                   : "%.4000s is no ledger of sites; see hashtide-ledger(5)",
             file->name, teller.faults, teller.faults == 1 ? "fault" : "faults");
    ledger_free(&out->ledger);
    return false;
}

bool ledgerfile_read(struct tablefile *out, char message[TABLEFILE_MESSAGE_SIZE],
                     const struct settings *settings)
{
    char keep[DATADIR_PATH_SIZE];
    char why[DATADIR_MESSAGE_SIZE];
    const struct tablefile_choice *choice = &settings->tables[BUILTIN_CONVERSIONS];
    struct tablefile_place place = {.proxy = settings->proxy};

    if (choice->url[0] != '\0' && datadir_create(why, settings->datadir, settings->params) &&
        datadir_file(keep, settings->datadir, settings->params, DATADIR_LEDGER))
        place.keep = keep;
    return tablefile_read(out, message, BUILTIN_CONVERSIONS, choice, &place);
}

bool ledgerfile_load(struct ledgerfile *out, char message[TABLEFILE_MESSAGE_SIZE],
                     const struct settings *settings, const struct ledgerfile_options *options)
{
    struct tablefile file;
    bool good = false;

    *out = (struct ledgerfile){.faults = 0};
    if (!ledgerfile_read(&file, message, settings))
        return false;
    good = ledgerfile_load_text(out, message, &file, options);
    tablefile_free(&file);
    return good;
}

bool ledgerfile_load_path(struct ledgerfile *out, char message[TABLEFILE_MESSAGE_SIZE],
                          const char *path, const struct ledgerfile_options *options)
{
    struct tablefile file;
    bool good = false;

    *out = (struct ledgerfile){.faults = 0};
    if (!tablefile_read_path(&file, message, path))
        return false;
    good = ledgerfile_load_text(out, message, &file, options);
    tablefile_free(&file);
    return good;
}

void ledgerfile_free(struct ledgerfile *file)
{
    ledger_free(&file->ledger);
}

bool ledgerfile_day(int32_t *out, const char *option, const char *text)
{
    struct day day = {.known = false};

    *out = LEDGER_LATEST;
    if (text == NULL)
        return true;
    if (!day_parse_exact(&day, text)) {
        command_error("--%s=%s: expected a day, such as 2026-07-31", option, text);
        return false;
    }
    *out = day.first;
    return true;
}

void ledgerfile_say(void *context, const char *line)
{
    (void)context;
    command_error("%s", line);
}
