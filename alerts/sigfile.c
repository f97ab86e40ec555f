// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sigfile: see sigfile.h.
 */
#include "config.h"

#include "alerts/sigfile.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define ALGORITHM "bip340"
#define MEMBERS 4

/* The member's text, NULL if there is none. Its NUL is not in it: jansson refuses \u0000. */
static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static enum sign_verdict parse_object(struct sigfile *out, const json_t *object)
{
    const char *algorithm = member(object, "algorithm");
    const char *tag = member(object, "tag");
    const char *key = member(object, "public_key");
    const char *signature = member(object, "signature");
    enum sign_verdict verdict = SIGN_GOOD;

    if (algorithm == NULL || tag == NULL || key == NULL || signature == NULL ||
        json_object_size(object) != MEMBERS)
        return SIGN_FILE_MEMBER;
    if (strcmp(algorithm, ALGORITHM) != 0)
        return SIGN_FILE_ALGORITHM;
    if (!sign_tag_parse(&out->tag, tag))
        return SIGN_FILE_TAG;
    verdict = sign_key_parse(&out->key, key, strlen(key));
    if (verdict == SIGN_GOOD && strchr(signature, '=') != NULL)
        verdict = SIGN_SIGNATURE_DIGIT; /* "bip340=" belongs in a header */
    if (verdict == SIGN_GOOD)
        verdict = sign_signature_parse(&out->signature, signature, strlen(signature));
    return verdict;
}

enum sign_verdict sigfile_parse(struct sigfile *out, const char *text, size_t len)
{
    enum sign_verdict verdict = SIGN_FILE_JSON;
    json_error_t error;
    json_t *object = NULL;

    if (len <= SIGFILE_SIZE_MAX)
        object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(object))
        verdict = parse_object(out, object);
    else if (object == NULL && len <= SIGFILE_SIZE_MAX &&
             json_error_code(&error) == json_error_out_of_memory)
        verdict = SIGN_MEMORY;
    json_decref(object);
    return verdict;
}

size_t sigfile_format(char out[SIGFILE_TEXT_SIZE], const struct sigfile *file)
{
    char key[SIGN_KEY_TEXT_SIZE];
    char signature[SIGN_SIGNATURE_TEXT_SIZE];
    int len = 0;

    sign_key_format(key, &file->key);
    sign_signature_format(signature, &file->signature);
    /* Nothing in it needs escaping, and so it needs no memory that could be missing. */
    len = snprintf(out, SIGFILE_TEXT_SIZE,
                   "{\n"
                   "  \"algorithm\": \"" ALGORITHM "\",\n"
                   "  \"tag\": \"%s\",\n"
                   "  \"public_key\": \"%s\",\n"
                   "  \"signature\": \"%s\"\n"
                   "}\n",
                   sign_tag_name(file->tag), key, signature);
    assert(len > 0 && len < SIGFILE_TEXT_SIZE);
    return (size_t)len;
}
