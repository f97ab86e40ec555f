// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_ledger_add: appends a row to the ledger of ledger.file: a new entry, or a new version of one.
 *
 * What is not given is taken from the entry's last version. The new text is judged as a whole
 * before it takes the old one's place, which it does in one step; two who add at once wait for each
 * other.
 */
#include "config.h"

#include "analysis/csv.h"
#include "monitor/command.h"
#include "monitor/ledgerfile.h"
#include "monitor/mem.h"
#include "monitor/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/** How often the file may have been replaced while we waited, before we give up. */
#define LOCK_TRIES 100

struct addition {
    const char *path;                   /* the ledger's file */
    const char *fields[LEDGER_COLUMNS]; /* as given; NULL: not given */
    struct tablefile old;               /* its text as it is; or what is built in */
    char *text;                         /* with the row; owned */
    size_t len;
    unsigned line; /* at which the new row begins */
};

/* ---- the request ---- */

static bool read_field(struct addition *addition, const char *argument)
{
    size_t len = strcspn(argument, "=");
    char name[32];
    enum ledger_column column = LEDGER_COLUMNS;

    snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name - 1), argument);
    column = ledger_column_find(name);
    if (argument[len] == '=' && column != LEDGER_COLUMNS) {
        addition->fields[column] = argument + len + 1;
        return true;
    }
    command_error("%s: expected FIELD=VALUE, and a field of hashtide-ledger(5) such as status",
                  argument);
    return false;
}

static bool read_request(struct addition *addition, const struct command_call *call)
{
    const struct tablefile_choice *choice = &call->settings->tables[BUILTIN_CONVERSIONS];

    for (size_t i = 0; i < call->argument_count; i++) {
        if (!read_field(addition, call->arguments[i]))
            return false;
    }
    if (addition->fields[LEDGER_ID] == NULL) {
        command_error("expected 'ledger add id=ID FIELD=VALUE...'; see hashtide-ledger(5)");
        return false;
    }
    if (choice->file[0] == '\0') {
        command_error(
            "'ledger add' writes to a ledger of your own: set ledger.file; if there is no "
            "such file it begins as a copy of the ledger built in");
        return false;
    }
    addition->path = choice->file;
    return true;
}

/* ---- one at a time ---- */

/* Takes a lock on the file that stands there now: it may be replaced while we wait. Returns a
 * descriptor, or -1 after command_error(). Where there is none, one is made, empty. */
static int lock_file(const char *path)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        struct stat ours, there;
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

        if (fd < 0)
            break;
        if (flock(fd, LOCK_EX) == 0 && fstat(fd, &ours) == 0 && stat(path, &there) == 0 &&
            ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
            return fd;
        close(fd);
    }
    command_error("cannot write %s: %s", path, strerror(errno));
    return -1;
}

/* A file that was made for the lock alone does not stay. */
static void end_lock(int fd, const char *path, bool written)
{
    struct stat info;

    if (!written && fstat(fd, &info) == 0 && info.st_size == 0)
        unlink(path);
    close(fd);
}

/* The file's text; an empty one begins with what is built in. */
static bool read_old(struct addition *addition)
{
    static const struct tablefile_choice none = {.pinned = false};
    static const struct tablefile_place nowhere = {.proxy = ""};
    char message[TABLEFILE_MESSAGE_SIZE];
    bool good = tablefile_read_path(&addition->old, message, addition->path);

    if (good && addition->old.len == 0) {
        tablefile_free(&addition->old);
        good = tablefile_read(&addition->old, message, BUILTIN_CONVERSIONS, &none, &nowhere);
    }
    if (!good)
        command_error("%s", message);
    return good;
}

/* ---- the new text ---- */

/* The columns of the file, in its order. False if it has none. */
static bool read_header(struct csv_record *header, char *copy, size_t len)
{
    struct csv csv;
    const char *why = NULL;

    return csv_begin(&csv, copy, len, true) && csv_next(&csv, header, &why) == CSV_RECORD;
}

/* Values that were not given: those of the entry's last version, and today. */
static void fill_up(struct addition *addition, const struct ledger *ledger,
                    char today[DAY_TEXT_SIZE])
{
    size_t last = ledger_find_last(ledger, addition->fields[LEDGER_ID]);

    if (addition->fields[LEDGER_RECORDED] == NULL) {
        day_text(today, (int32_t)(time(NULL) / DAY_S));
        addition->fields[LEDGER_RECORDED] = today;
    }
    for (int column = 0; column < LEDGER_COLUMNS; column++) {
        if (addition->fields[column] == NULL)
            addition->fields[column] =
                last != LEDGER_NOWHERE ? ledger->rows[last].fields[column] : "";
    }
}

/* Appends bytes, of which text has room for. */
static void put(struct addition *addition, const char *bytes, size_t len)
{
    addition->text = mem_resize(addition->text, addition->len + len + 1, 1);
    memcpy(addition->text + addition->len, bytes, len);
    addition->len += len;
}

static void put_row(struct addition *addition, const struct csv_record *header)
{
    const char *line_end = strstr(addition->old.text, "\r\n") != NULL ? "\r\n" : "\n";

    put(addition, addition->old.text, addition->old.len);
    if (addition->len > 0 && addition->text[addition->len - 1] != '\n')
        put(addition, line_end, strlen(line_end));
    for (size_t i = 0; i < addition->len; i++)
        addition->line += addition->text[i] == '\n' ? 1 : 0;
    addition->line++;
    for (size_t i = 0; i < header->count; i++) {
        enum ledger_column column = ledger_column_find(header->fields[i]);
        const char *value = column != LEDGER_COLUMNS ? addition->fields[column] : "";
        size_t room = 2 * strlen(value) + 3;
        char *field = mem_zeroed(room, 1);

        if (i > 0)
            put(addition, ",", 1);
        put(addition, field, csv_quote(field, room, value));
        free(field);
    }
    put(addition, line_end, strlen(line_end));
}

/* A field that was given has a column to stand in. */
static bool have_columns(const struct addition *addition, const struct csv_record *header)
{
    for (int column = 0; column < LEDGER_COLUMNS; column++) {
        const char *name = ledger_column_name((enum ledger_column)column);

        if (addition->fields[column] == NULL || addition->fields[column][0] == '\0' ||
            csv_find(header, name) != CSV_NOWHERE)
            continue;
        command_error("%s has no column %s", addition->path, name);
        return false;
    }
    return true;
}

/* Makes the new text of the old one, whose last versions stand in ledger. */
static bool compose(struct addition *addition, const struct ledger *ledger)
{
    char today[DAY_TEXT_SIZE];
    struct csv_record header;
    char *copy = mem_zeroed(addition->old.len + 1, 1);
    bool good = false;

    memcpy(copy, addition->old.text, addition->old.len);
    good = read_header(&header, copy, addition->old.len) && have_columns(addition, &header);
    if (good) {
        fill_up(addition, ledger, today);
        put_row(addition, &header);
    }
    free(copy);
    return good;
}

/* ---- judgement ---- */

/* A copy of a text as a ledger, all of it that can be. */
static bool judge(struct ledgerfile *out, const char *name, const char *text, size_t len,
                  tablefile_say_fn say)
{
    struct ledgerfile_options options = {
        .day = LEDGER_LATEST, .force = true, .doubts = true, .say = say};
    struct tablefile copy = {.name = name, .len = len};
    char message[TABLEFILE_MESSAGE_SIZE];

    copy.text = mem_zeroed(len + 1, 1);
    memcpy(copy.text, text, len);
    if (ledgerfile_load_text(out, message, &copy, &options))
        return true;
    command_error("%s", message);
    return false;
}

/* The new text is judged, and takes the place of the old one. */
static bool replace(struct addition *addition, size_t faults_before)
{
    struct ledgerfile judged;
    struct output output;
    struct stat info;
    bool good = judge(&judged, addition->path, addition->text, addition->len, ledgerfile_say);

    if (good && judged.faults > faults_before) {
        command_error("nothing was written: the row, which would be line %u, cannot be",
                      addition->line);
        good = false;
    }
    ledgerfile_free(&judged);
    if (!good || !output_open(&output, addition->path))
        return false;
    if (stat(addition->path, &info) == 0)
        (void)fchmod(fileno(output.stream), info.st_mode & ACCESSPERMS);
    fwrite(addition->text, 1, addition->len, output.stream);
    return output_commit(&output);
}

static bool add(struct addition *addition, bool force)
{
    struct ledgerfile before;
    bool good = judge(&before, addition->path, addition->old.text, addition->old.len, NULL);

    if (!good)
        return false;
    if (before.faults > 0 && !force) {
        command_error("%s has %zu faults already, see 'hashtide ledger check': repair them first, "
                      "or add all the same with --force",
                      addition->path, before.faults);
        good = false;
    }
    good = good && compose(addition, &before.ledger) && replace(addition, before.faults);
    ledgerfile_free(&before);
    return good;
}

static int run(const struct command_call *call)
{
    struct addition addition = {.path = NULL};
    bool good = false;
    int fd = -1;

    if (!read_request(&addition, call))
        return COMMAND_USAGE;
    fd = lock_file(addition.path);
    if (fd < 0)
        return COMMAND_FAILED;
    good = read_old(&addition) && add(&addition, command_flag(call, "force"));
    end_lock(fd, addition.path, good);
    tablefile_free(&addition.old);
    free(addition.text);
    if (good)
        printf("%s: line %u: %s\n", addition.path, addition.line, addition.fields[LEDGER_ID]);
    return good ? COMMAND_DONE : COMMAND_FAILED;
}

static const struct command_option options[] = {
    {"force", 0, false, NULL, "go on without what is faulty or cannot be"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_ledger_add = {
    .name = "ledger add",
    .synopsis = "ledger add [--force] id=ID [FIELD=VALUE]...",
    .summary = "add a row to your ledger of sites, or a version of one",
    .details =
        "Appends a row, dated today, to the file of ledger.file. If there is an entry of that id\n"
        "it is a new version of it, and what is not given stays as it was; FIELD= alone empties\n"
        "a field. If there is no file it begins as a copy of the ledger built in. Old versions\n"
        "are never touched: --as-of of 'ledger list' finds them again.\n\n"
        "    hashtide ledger add id=cipher-odessa status=signed probability=0.8 \\\n"
        "        source=https://... confidence=seen\n\n"
        "The row is checked first, and nothing is written if it cannot be.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
