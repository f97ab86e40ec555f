// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/tally.h"

#include <inttypes.h>
#include <jansson.h>

/** Refused headers that people are shown. */
#define SHOWN 10

void tally_reject(struct tally *tally, const struct hash256 *hash, uint32_t height,
                  enum verdict verdict, const struct header *header)
{
    size_t at = tally_listed(tally);

    tally->rejected++;
    if (at == TALLY_LISTED)
        return;
    tally->list[at].hash = *hash;
    tally->list[at].height = height;
    verdict_name(tally->list[at].reason, verdict, header);
}

size_t tally_listed(const struct tally *tally)
{
    return tally->rejected < TALLY_LISTED ? (size_t)tally->rejected : TALLY_LISTED;
}

static json_t *rejected_json(const struct tally *tally)
{
    json_t *list = json_array();

    for (size_t i = 0; i < tally_listed(tally); i++) {
        const struct tally_rejected *entry = &tally->list[i];
        char hex[HASH256_HEX_SIZE];

        hash256_to_hex(hex, &entry->hash);
        json_array_append_new(list, json_pack("{s:o, s:s, s:s}", "height",
                                              entry->height == TREE_NONE
                                                  ? json_null()
                                                  : json_integer((json_int_t)entry->height),
                                              "hash", hex, "reason", entry->reason));
    }
    return list;
}

static json_t *tip_json(const struct tree *tree)
{
    struct hash256 hash;
    char hex[HASH256_HEX_SIZE];

    if (tree == NULL || !tree_hash(tree, &hash, tree_best(tree)))
        return json_null();
    hash256_to_hex(hex, &hash);
    return json_pack("{s:I, s:s}", "height", (json_int_t)tree_get(tree, tree_best(tree)).height,
                     "hash", hex);
}

void tally_print_json(FILE *out, const struct tally *tally, const struct tree *tree)
{
    json_t *object =
        json_pack("{s:I, s:I, s:o, s:I, s:o}", "accepted", (json_int_t)tally->accepted, "duplicate",
                  (json_int_t)tally->duplicate, "rejected", rejected_json(tally), "rejected_count",
                  (json_int_t)tally->rejected, "tip", tip_json(tree));

    json_dumpf(object, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(object);
}

static void print_rejected(FILE *out, const struct tally_rejected *entry)
{
    char hex[HASH256_HEX_SIZE];

    hash256_to_hex(hex, &entry->hash);
    if (entry->height == TREE_NONE)
        fprintf(out, "rejected %s: %s\n", hex, entry->reason);
    else
        fprintf(out, "rejected %s at height %" PRIu32 ": %s\n", hex, entry->height, entry->reason);
}

void tally_print_text(FILE *out, const struct tally *tally, const struct tree *tree)
{
    struct hash256 hash;
    char hex[HASH256_HEX_SIZE] = "?";

    if (tree == NULL)
        return;
    if (tree_hash(tree, &hash, tree_best(tree)))
        hash256_to_hex(hex, &hash);
    for (size_t i = 0; i < tally_listed(tally) && i < SHOWN; i++)
        print_rejected(out, &tally->list[i]);
    if (tally->rejected > SHOWN)
        fprintf(out, "and %" PRIu64 " more\n", tally->rejected - SHOWN);
    fprintf(out, "%" PRIu64 " accepted, %" PRIu64 " duplicate, %" PRIu64 " rejected\n",
            tally->accepted, tally->duplicate, tally->rejected);
    fprintf(out, "tip %" PRIu32 " %s\n", tree_get(tree, tree_best(tree)).height, hex);
}
