// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_import: verifies headers from a file and appends them to the store.
 *
 * The first header decides: it must be the network's genesis, or connect to the store, or be the
 * anchor that founds an empty store. Otherwise the file is refused and nothing is changed, not even
 * an empty data directory made. After that every header is judged by itself; refused ones are
 * counted and the others go in. What is stored can be given again (it counts as duplicate), so an
 * import that was broken off is simply started again.
 */
#include "config.h"

#include "chain/accept.h"
#include "chain/validate.h"
#include "monitor/command.h"
#include "monitor/mem.h"
#include "monitor/progress.h"
#include "monitor/store/datadir.h"
#include "monitor/store/gzread.h"
#include "monitor/store/headerfile.h"
#include "monitor/tally.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/** Headers read and judged at once: they stay in the second-level cache. */
#define CHUNK_HEADERS 4096
/** Headers after which what has come is made durable: some megabytes, milliseconds of disk. */
#define SYNC_HEADERS 32768
/** No file is trusted to bring more: memory is made ready for so many. */
#define EXPECTED_MAX 2000000

struct import {
    const struct settings *settings;
    const struct params *params;
    const char *name; /* of the file, for messages */
    bool json;
    bool tell_stored; /* --progress */
    struct gzread *input;
    int lock;
    struct headerfile *file;
    struct progress progress;
    uint8_t chunk[CHUNK_HEADERS * HEADER_SIZE];
    size_t chunk_len; /* bytes */
    struct tally tally;
};

/** Set by SIGINT and SIGTERM: the import stops after the headers at hand. */
static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal_number)
{
    (void)signal_number;
    stop_asked = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = ask_stop}; /* no SA_RESTART: reading shall return */

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* ---- judging ---- */

static bool note(void *context, const struct judgement *judgement, const struct header *header,
                 const struct hash256 *hash, const uint8_t raw[HEADER_SIZE], uint32_t index,
                 uint32_t height)
{
    (void)raw;
    if (index == TREE_NONE)
        tally_reject(context, hash, height, judgement->verdict, header);
    return true;
}

/* Makes what has come durable and says so to whoever asked. */
static bool sync_store(struct import *import)
{
    uint32_t before = headerfile_durable(import->file);

    if (headerfile_sync(import->file) != HEADERFILE_OK) {
        progress_end(&import->progress);
        command_error("%s", headerfile_error(import->file));
        return false;
    }
    if (import->tell_stored && headerfile_durable(import->file) != before) {
        fprintf(stderr, "stored %" PRIu32 "\n", headerfile_durable(import->file));
        fflush(stderr);
    }
    return true;
}

/* The headers at hand into the store. */
static bool take_chunk(struct import *import)
{
    const struct accept_options options = {
        .now = (int64_t)time(NULL), .each = note, .each_context = &import->tally};
    uint64_t rejected_before = import->tally.rejected;
    enum headerfile_status status;
    struct accept_result result = headerfile_accept(import->file, &status, &options, import->chunk,
                                                    HEADER_SIZE, import->chunk_len / HEADER_SIZE);

    if (status != HEADERFILE_OK) {
        import->tally.rejected = rejected_before;
        progress_end(&import->progress);
        command_error("%s", headerfile_error(import->file));
        return false;
    }
    import->tally.accepted += result.accepted;
    import->tally.duplicate += result.duplicate;
    return true;
}

/* Reads the next headers. False at the end of the input, and when a stop is asked. */
static bool next_chunk(struct import *import)
{
    if (stop_asked || import->chunk_len % HEADER_SIZE != 0)
        return false;
    import->chunk_len = gzread_read(import->input, import->chunk, sizeof(import->chunk));
    return import->chunk_len >= HEADER_SIZE;
}

/* Everything from the chunk that is at hand on. False when the import did not come to its end. */
static bool take_all(struct import *import)
{
    uint32_t unsynced = 0;
    bool good = true;

    progress_start(&import->progress, "importing", gzread_total(import->input));
    do {
        progress_update(&import->progress, gzread_done(import->input));
        good = take_chunk(import);
        unsynced += CHUNK_HEADERS;
        if (good && unsynced >= SYNC_HEADERS) {
            good = sync_store(import);
            unsynced = 0;
        }
    } while (good && next_chunk(import));
    good = sync_store(import) && good;
    progress_end(&import->progress);
    if (stop_asked) {
        command_error("stopped: %" PRIu32 " headers are stored; start again to go on",
                      headerfile_durable(import->file));
        return false;
    }
    if (gzread_error(import->input) != NULL) {
        command_error("%s", gzread_error(import->input));
        return false;
    }
    if (good && import->chunk_len % HEADER_SIZE != 0) {
        command_error("%s ends in the middle of a header: %zu bytes are left", import->name,
                      import->chunk_len % HEADER_SIZE);
        return false;
    }
    return good;
}

/* ---- the first header ---- */

/* The network whose genesis this is; NULL if none. */
static const struct params *genesis_network(const uint8_t raw[HEADER_SIZE])
{
    for (int i = 0; i < NETWORK_COUNT; i++) {
        const struct params *params = params_get((enum network)i);

        if (memcmp(params->genesis, raw, HEADER_SIZE) == 0)
            return params;
    }
    return NULL;
}

static bool is_anchor(const struct import *import, const struct hash256 *hash)
{
    return import->settings->anchor.given && hash256_equal(&import->settings->anchor.hash, hash);
}

/* Says why the file cannot go into this store, whose size is given (0: there is none). */
static bool refuse(struct import *import, const struct header *header, const struct hash256 *hash,
                   uint32_t store_headers)
{
    const struct params *other = genesis_network(import->chunk);
    bool works = validate_work(import->params, header, hash);
    char parent[HASH256_HEX_SIZE];

    hash256_to_hex(parent, &header->prev);
    tally_reject(&import->tally, hash, other == import->params ? 0 : TREE_NONE,
                 works ? VERDICT_PREV_NOT_FOUND : VERDICT_HIGH_HASH, header);
    if (other != NULL && other != import->params)
        command_error("%s holds headers of %s, not of %s: give --network %s", import->name,
                      other->name, import->params->name, other->name);
    else if (other != NULL)
        command_error("%s begins at genesis, but the store begins at height %" PRIu32
                      ": give headers from there on, or another --datadir",
                      import->name, headerfile_base(import->file).height);
    else if (!works)
        command_error("%s holds no headers of %s: its first 80 bytes have no proof of work",
                      import->name, import->params->name);
    else if (import->settings->anchor.given && store_headers == 0)
        command_error("%s does not begin with the anchor of height %" PRIu32, import->name,
                      import->settings->anchor.height);
    else if (is_anchor(import, hash))
        command_error("an anchor founds an empty store only, and this one has %" PRIu32
                      " headers from height %" PRIu32 " on: use another --datadir",
                      store_headers, headerfile_base(import->file).height);
    else if (store_headers == 0)
        command_error("%s begins in the middle of the chain, and the store is empty: give a file "
                      "from genesis on, or --anchor",
                      import->name);
    else
        command_error("%s does not connect to the store: the first header's parent %s is not there",
                      import->name, parent);
    return false;
}

/* How many headers the file brings, if that can be told and means growth. */
static uint32_t expected_headers(const struct import *import)
{
    int64_t size = gzread_plain_size(import->input);
    int64_t most = EXPECTED_MAX;

    if (size < 0)
        return 0;
    return (uint32_t)(size / HEADER_SIZE < most ? size / HEADER_SIZE : most);
}

static struct headerfile *open_store(struct import *import, const struct headerfile_base *base)
{
    struct headerfile_opened opened;
    struct headerfile_options options = {
        .io = io_system(),
        .params = import->params,
        .base = base,
        .expected = expected_headers(import),
        .now = (int64_t)time(NULL),
    };
    char path[DATADIR_PATH_SIZE];

    if (!datadir_file(path, import->settings->datadir, import->params, DATADIR_HEADERS))
        return NULL; /* said when the lock was taken */
    options.path = path;
    import->file = headerfile_open(&options, &opened);
    if (opened.message[0] != '\0')
        command_error("%s", opened.message);
    return import->file;
}

/* An anchor may take the place of a store that holds nothing but genesis. */
static bool found_again(struct import *import, const struct headerfile_base *base)
{
    char path[DATADIR_PATH_SIZE];

    if (base->height == 0 || headerfile_base(import->file).height != 0 ||
        tree_count(headerfile_tree(import->file)) != 1)
        return true;
    headerfile_close(import->file);
    import->file = NULL;
    if (!datadir_file(path, import->settings->datadir, import->params, DATADIR_HEADERS) ||
        unlink(path) != 0) {
        command_error("cannot replace the empty store: %s", strerror(errno));
        return false;
    }
    return open_store(import, base) != NULL;
}

static bool connects(struct import *import, const struct header *header, const struct hash256 *hash)
{
    const struct tree *tree = headerfile_tree(import->file);

    return tree_find(tree, hash, NULL) != TREE_NONE ||
           tree_find(tree, &header->prev, NULL) != TREE_NONE;
}

/* Opens the store that the first header belongs into. */
static bool begin(struct import *import)
{
    struct headerfile_base base = {.height = 0};
    char message[DATADIR_MESSAGE_SIZE];
    char path[DATADIR_PATH_SIZE];
    struct header header;
    struct hash256 hash;
    bool exists;
    bool founds;

    header_decode(&header, import->chunk);
    header_hash(&hash, import->chunk);
    exists = datadir_file(path, import->settings->datadir, import->params, DATADIR_HEADERS) &&
             access(path, F_OK) == 0;
    founds = hash256_equal(&hash, &import->params->genesis_hash);
    if (!founds && is_anchor(import, &hash) && validate_work(import->params, &header, &hash)) {
        base = (struct headerfile_base){.height = import->settings->anchor.height,
                                        .work_known = import->settings->anchor.work_known,
                                        .chainwork = import->settings->anchor.chainwork};
        memcpy(base.raw, import->chunk, HEADER_SIZE);
        founds = true;
    }
    if (!founds && !exists)
        return refuse(import, &header, &hash, 0);
    if (!datadir_create(message, import->settings->datadir, import->params) ||
        (import->lock = datadir_lock(message, import->settings->datadir, import->params)) < 0) {
        command_error("%s", message);
        return false;
    }
    if (open_store(import, &base) == NULL || !found_again(import, &base))
        return false;
    if (!connects(import, &header, &hash))
        return refuse(import, &header, &hash, tree_count(headerfile_tree(import->file)));
    return true;
}

/* Reads the first headers and looks whether this is a file of headers at all. */
static bool read_first(struct import *import)
{
    int64_t size;

    import->chunk_len = gzread_read(import->input, import->chunk, sizeof(import->chunk));
    size = gzread_plain_size(import->input);
    if (import->chunk_len < HEADER_SIZE && gzread_error(import->input) != NULL)
        command_error("%s", gzread_error(import->input));
    else if (import->chunk_len < HEADER_SIZE && gzread_interrupted(import->input))
        command_error("stopped before the first header came");
    else if (import->chunk_len < HEADER_SIZE)
        command_error("%s holds no headers: it has %zu bytes, and a header has %d", import->name,
                      import->chunk_len, HEADER_SIZE);
    else if (size >= 0 && size % HEADER_SIZE != 0)
        command_error("%s is no file of headers: its %" PRId64 " bytes are no multiple of %d",
                      import->name, size, HEADER_SIZE);
    else
        return true;
    return false;
}

static bool import_file(struct import *import, const char *path)
{
    char message[GZREAD_MESSAGE_SIZE];

    import->input = gzread_open(message, path);
    if (import->input == NULL) {
        command_error("%s", message);
        return false;
    }
    return read_first(import) && begin(import) && take_all(import);
}

static int run(const struct command_call *call)
{
    const struct tree *tree;
    struct import *import; /* a third of a megabyte is not for the stack */
    bool good;

    if (call->argument_count != 1) {
        command_error("'import' takes one FILE (- is standard input)");
        return COMMAND_USAGE;
    }
    import = mem_zeroed(1, sizeof(*import));
    import->settings = call->settings;
    import->params = call->settings->params;
    import->name = strcmp(call->arguments[0], "-") == 0 ? "standard input" : call->arguments[0];
    import->json = command_flag(call, "json");
    import->tell_stored = command_flag(call, "progress");
    import->lock = -1;
    catch_signals();
    good = import_file(import, call->arguments[0]);
    tree = import->file == NULL ? NULL : headerfile_tree(import->file);
    if (import->json)
        tally_print_json(stdout, &import->tally, tree);
    else
        tally_print_text(stdout, &import->tally, tree);
    headerfile_close(import->file);
    datadir_unlock(import->lock);
    gzread_close(import->input);
    good = good && import->tally.rejected == 0;
    free(import);
    return good ? COMMAND_DONE : COMMAND_FAILED;
}

static const struct command_option options[] = {
    {"json", 0, false, NULL, "print the result as JSON"},
    {"progress", 0, false, NULL, "say on standard error, line by line, how many are stored"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_import = {
    .name = "import",
    .synopsis = "import [--json] [--progress] [--anchor HEIGHT[:HASH[:WORK]]] FILE",
    .summary = "verify headers from a file and append them to the store",
    .details =
        "FILE holds block headers of 80 bytes, as they are or packed by gzip; - is standard\n"
        "input. The first must be the network's genesis, or follow a header of the store, or,\n"
        "for a store that is still empty, be the header that --anchor names: one at a retarget\n"
        "height, by its hash, or by its height alone where a hash is built in (main).\n"
        "\n"
        "Every header is verified by all rules. Those that break one are not stored but listed,\n"
        "and the exit code is 1. Headers that are there already count as duplicates, so that a\n"
        "broken-off import is just started again.\n"
        "\n"
        "With --progress a line 'stored N' on standard error says that N headers would now\n"
        "survive a loss of power.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
