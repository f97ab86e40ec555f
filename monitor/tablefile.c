// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * tablefile: see tablefile.h.
 */
#include "config.h"

#include "monitor/tablefile.h"

#include "alerts/sigfile.h"
#include "monitor/deliver/fetch.h"
#include "monitor/filesign.h"
#include "monitor/mem.h"
#include "monitor/net/textfile.h"
#include "monitor/text.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A table of megabytes over a slow line takes seconds; nobody waits for longer at a command. */
#define FETCH_TIMEOUT_MS 20000

/* ---- files ---- */

/* Reads at most most bytes. False with errno; EFBIG if there are more. */
static bool read_bytes(char **out, size_t *len, const char *path, size_t most)
{
    FILE *stream = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
    char *text = NULL;
    bool good = false;

    if (stream == NULL)
        return false;
    text = mem_zeroed(most + 2, 1);
    *len = fread(text, 1, most + 1, stream);
    good = ferror(stream) == 0;
    if (good && *len > most) {
        errno = EFBIG;
        good = false;
    }
    if (stream != stdin) {
        int failure = errno;

        fclose(stream);
        errno = failure;
    }
    if (!good) {
        free(text);
        return false;
    }
    *out = mem_resize(text, *len + 1, 1);
    return true;
}

bool tablefile_read_path(struct tablefile *out, char message[TABLEFILE_MESSAGE_SIZE],
                         const char *path)
{
    bool standard = strcmp(path, "-") == 0;

    *out = (struct tablefile){.name = standard ? "standard input" : path};
    if (read_bytes(&out->text, &out->len, path, TABLEFILE_SIZE_MAX)) {
        snprintf(out->origin, sizeof out->origin, standard ? "standard input" : "the file %s",
                 path);
        return true;
    }
    if (errno == EFBIG)
        snprintf(message, TABLEFILE_MESSAGE_SIZE, "cannot use %s: it has more than %zu bytes",
                 out->name, TABLEFILE_SIZE_MAX);
    else
        snprintf(message, TABLEFILE_MESSAGE_SIZE, "cannot read %s: %s", out->name, strerror(errno));
    return false;
}

static void read_builtin(struct tablefile *out, enum builtin_table table)
{
    size_t len = 0;
    const char *text = builtin_text(&len, table);

    *out = (struct tablefile){.name = builtin_name(table), .len = len, .origin = "built in"};
    out->text = mem_zeroed(len + 1, 1);
    memcpy(out->text, text, len);
}

/* ---- what is believed ---- */

/* What was fetched or kept. */
struct bytes {
    char *text; /* owned */
    size_t len;
    char *signature; /* owned; its file's text, NULL without a key */
    size_t signature_len;
};

static void free_bytes(struct bytes *bytes)
{
    free(bytes->text);
    free(bytes->signature);
    *bytes = (struct bytes){.text = NULL};
}

static bool is_signed(const struct bytes *bytes, const struct tablefile_choice *choice,
                      char why[FETCH_WHY_SIZE])
{
    struct sigfile file;
    uint8_t digest[SIGN_DIGEST_SIZE];
    enum sign_verdict verdict = sigfile_parse(&file, bytes->signature, bytes->signature_len);

    if (verdict == SIGN_GOOD && file.tag != SIGN_EXPORT)
        verdict = SIGN_FILE_TAG;
    if (verdict == SIGN_GOOD && !sign_key_equal(&file.key, &choice->key))
        verdict = SIGN_FILE_OTHER_KEY;
    if (verdict == SIGN_GOOD) {
        sign_digest(digest, SIGN_EXPORT, bytes->text, bytes->len);
        verdict = sign_verify(digest, &file.signature, &choice->key);
    }
    if (verdict != SIGN_GOOD)
        snprintf(why, FETCH_WHY_SIZE, "%s", sign_verdict_text(verdict));
    return verdict == SIGN_GOOD;
}

/* Whether the bytes are those that were asked for. */
static bool believed(const struct bytes *bytes, const struct tablefile_choice *choice,
                     char why[FETCH_WHY_SIZE])
{
    uint8_t sha256[TABLEFILE_SHA256_SIZE];

    crypto_hash_sha256(sha256, (const unsigned char *)bytes->text, bytes->len);
    if (choice->pinned && memcmp(sha256, choice->sha256, sizeof sha256) != 0) {
        snprintf(why, FETCH_WHY_SIZE, "its SHA-256 is another one than was asked for");
        return false;
    }
    return !choice->keyed || is_signed(bytes, choice, why);
}

/* ---- the kept copy ---- */

static bool read_kept(struct bytes *out, const struct tablefile_choice *choice,
                      const struct tablefile_place *place)
{
    char path[OUTPUT_PATH_SIZE];
    char why[FETCH_WHY_SIZE];
    bool good = false;

    *out = (struct bytes){.text = NULL};
    if (place->keep == NULL)
        return false;
    good = read_bytes(&out->text, &out->len, place->keep, TABLEFILE_SIZE_MAX) &&
           (!choice->keyed ||
            (filesign_path(path, place->keep) &&
             read_bytes(&out->signature, &out->signature_len, path, SIGFILE_SIZE_MAX))) &&
           believed(out, choice, why);
    if (!good)
        free_bytes(out);
    return good;
}

struct piece {
    const char *text;
    size_t len;
};

static void write_piece(void *context, FILE *out)
{
    const struct piece *piece = context;

    fwrite(piece->text, 1, piece->len, out);
}

/* The signature last: with another text than its own it is not believed, and fetched again. */
static void keep(const struct bytes *bytes, const struct tablefile_place *place,
                 struct tablefile *out)
{
    char path[OUTPUT_PATH_SIZE];
    struct piece text = {bytes->text, bytes->len};
    struct piece signature = {bytes->signature, bytes->signature_len};

    if (place->keep == NULL)
        return;
    if (!textfile_replace(place->keep, write_piece, &text) ||
        (bytes->signature != NULL &&
         (!filesign_path(path, place->keep) || !textfile_replace(path, write_piece, &signature))))
        snprintf(out->warning, sizeof out->warning, "cannot keep a copy of it as %.4000s: %s",
                 place->keep, strerror(errno));
}

/* ---- addresses ---- */

static bool fetch_bytes(struct bytes *out, char why[FETCH_WHY_SIZE],
                        const struct tablefile_choice *choice, const struct tablefile_place *place)
{
    char url[TABLEFILE_URL_SIZE + sizeof FILESIGN_ENDING];
    struct fetch_request request = {.url = choice->url,
                                    .proxy = place->proxy,
                                    .size_max = TABLEFILE_SIZE_MAX,
                                    .timeout_ms = FETCH_TIMEOUT_MS};
    bool good = false;

    *out = (struct bytes){.text = NULL};
    good = fetch(&out->text, &out->len, why, &request);
    if (good && choice->keyed) {
        char reason[FETCH_WHY_SIZE];

        snprintf(url, sizeof url, "%s%s", choice->url, FILESIGN_ENDING);
        request.url = url;
        request.size_max = SIGFILE_SIZE_MAX;
        good = fetch(&out->signature, &out->signature_len, reason, &request);
        if (!good)
            snprintf(why, FETCH_WHY_SIZE, "its signature: %.280s", reason);
    }
    good = good && believed(out, choice, why);
    if (!good)
        free_bytes(out);
    return good;
}

/* Takes over the text. */
static void take_bytes(struct tablefile *out, struct bytes *bytes)
{
    out->text = bytes->text;
    out->len = bytes->len;
    bytes->text = NULL;
    free_bytes(bytes);
}

static bool read_url(struct tablefile *out, char message[TABLEFILE_MESSAGE_SIZE],
                     const struct tablefile_choice *choice, const struct tablefile_place *place)
{
    struct bytes bytes;
    char why[FETCH_WHY_SIZE] = "";

    *out = (struct tablefile){.name = choice->url};
    if (choice->pinned && read_kept(&bytes, choice, place)) {
        snprintf(out->origin, sizeof out->origin, "the kept copy of %s", choice->url);
        take_bytes(out, &bytes);
        return true;
    }
    if (fetch_bytes(&bytes, why, choice, place)) {
        snprintf(out->origin, sizeof out->origin, "fetched from %s", choice->url);
        keep(&bytes, place, out);
        take_bytes(out, &bytes);
        return true;
    }
    if (read_kept(&bytes, choice, place)) {
        snprintf(out->origin, sizeof out->origin, "the kept copy of %s", choice->url);
        snprintf(out->warning, sizeof out->warning,
                 "cannot use %s: %s; the copy that was kept is used, and may be old", choice->url,
                 why);
        take_bytes(out, &bytes);
        return true;
    }
    snprintf(message, TABLEFILE_MESSAGE_SIZE, "cannot use %s: %s; there is no copy of it that fits",
             choice->url, why);
    return false;
}

bool tablefile_read(struct tablefile *out, char message[TABLEFILE_MESSAGE_SIZE],
                    enum builtin_table table, const struct tablefile_choice *choice,
                    const struct tablefile_place *place)
{
    if (choice->url[0] != '\0')
        return read_url(out, message, choice, place);
    if (choice->file[0] != '\0')
        return tablefile_read_path(out, message, choice->file);
    read_builtin(out, table);
    return true;
}

void tablefile_free(struct tablefile *file)
{
    free(file->text);
    *file = (struct tablefile){.len = 0};
}

void tablefile_tell(void *context, const struct csv_fault *fault)
{
    struct tablefile_teller *teller = context;
    char raw[TABLEFILE_LINE_SIZE];
    char line[TABLEFILE_LINE_SIZE];

    if (fault->doubt)
        teller->doubts++;
    else
        teller->faults++;
    if (teller->say == NULL || (fault->doubt && teller->doubts_silent))
        return;
    snprintf(raw, sizeof raw, "%.4000s:%u: %s%s%s%s", teller->name, fault->line,
             fault->doubt ? "doubtful: " : "", fault->column, fault->column[0] != '\0' ? ": " : "",
             fault->reason);
    text_escape(line, sizeof line, raw);
    teller->say(teller->context, line);
}
