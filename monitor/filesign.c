// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * filesign: see filesign.h.
 */
#include "config.h"

#include "monitor/filesign.h"

#include "alerts/sigfile.h"
#include "monitor/command.h"
#include "monitor/net/entropy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** Bytes read at once. */
#define CHUNK_SIZE 65536

bool filesign_path(char out[OUTPUT_PATH_SIZE], const char *path)
{
    int len = snprintf(out, OUTPUT_PATH_SIZE, "%s%s", path, FILESIGN_ENDING);

    return len > 0 && len < OUTPUT_PATH_SIZE;
}

/* The digest of what the output holds. False with errno. */
static bool hash_output(uint8_t digest[SIGN_DIGEST_SIZE], struct output *output)
{
    uint8_t chunk[CHUNK_SIZE];
    struct sign_hash hash;
    off_t at = 0;
    ssize_t got = 0;

    if (fflush(output->stream) != 0)
        return false;
    sign_hash_begin(&hash, SIGN_EXPORT);
    do {
        got = pread(fileno(output->stream), chunk, sizeof chunk, at);
        if (got > 0) {
            sign_hash_add(&hash, chunk, (size_t)got);
            at += got;
        }
    } while (got > 0 || (got < 0 && errno == EINTR));
    sign_hash_end(&hash, digest);
    return got == 0;
}

/* The signature file's content. */
static bool make_signature(struct sigfile *out, struct output *output, const char *path,
                           const struct signer *signer)
{
    uint8_t digest[SIGN_DIGEST_SIZE];
    uint8_t aux[SIGN_SEED_SIZE];

    out->tag = SIGN_EXPORT;
    out->key = *signer_key(signer);
    if (!hash_output(digest, output)) {
        command_error("cannot read %s again to sign it: %s", path, strerror(errno));
        return false;
    }
    entropy_fill(aux, sizeof aux);
    if (signer_sign(signer, &out->signature, digest, aux))
        return true;
    command_error("a signature was made that does not verify: this machine miscalculates");
    return false;
}

/* Opened and written, but not yet in place. */
static bool write_signature(struct output *beside, const char *path, const struct sigfile *file)
{
    char name[OUTPUT_PATH_SIZE];
    char text[SIGFILE_TEXT_SIZE];

    if (!filesign_path(name, path)) {
        command_error("the name of the signature is too long: %s%s", path, FILESIGN_ENDING);
        return false;
    }
    if (!output_open(beside, name))
        return false;
    (void)fwrite(text, 1, sigfile_format(text, file), beside->stream); /* commit sees its errors */
    return true;
}

bool filesign_commit(struct output *output, const char *path, const struct signer *signer)
{
    struct sigfile file;
    struct output beside;

    if (output->path[0] == '\0') {
        command_error("%s is no regular file: a signature has no place beside it", path);
        output_discard(output);
        return false;
    }
    if (!make_signature(&file, output, path, signer) || !write_signature(&beside, path, &file)) {
        output_discard(output);
        return false;
    }
    if (!output_commit(output)) {
        output_discard(&beside);
        return false;
    }
    if (output_commit(&beside))
        return true;
    command_error("%s is written, but not its signature", path);
    return false;
}
