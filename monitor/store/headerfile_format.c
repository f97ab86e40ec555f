// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * headerfile_format: the first 160 bytes. The format of the file, all numbers little-endian:
 *
 *   offset  size
 *        0     8  magic: 89 48 54 49 44 45 0d 0a (0x89 "HTIDE" CR LF: a transfer that changes text
 *                 breaks it)
 *        8     4  version of the format: 1
 *       12     4  network: its message start, in wire order
 *       16     4  height of the base, a multiple of 2016
 *       20     4  flags: bit 0 is set if the chain work through the base is known; others are 0
 *       24    32  chain work through the base (if unknown: the base's own work)
 *       56    16  the first 16 bytes of the base's hash in wire order: the base cannot rot unseen
 *       72     8  checksum: the first 8 bytes of the double SHA-256 of the 72 bytes before
 *       80    80  record 0: the base, genesis or an anchor, as in a block
 *      160    80  record 1, and so on: headers in order of arrival, a parent before its child
 *
 * A file header with a wrong checksum is not the end of the records behind it: one flipped bit is
 * found by trying all of them against the checksum, and if more is broken the base may still be one
 * that is known beforehand (genesis, the anchor asked for, a header of the built-in table).
 */
#include "config.h"

#include "chain/compact.h"
#include "chain/epochs.h"
#include "chain/sha256.h"
#include "chain/validate.h"
#include "monitor/store/headerfile_internal.h"

#include <stdio.h>
#include <string.h>

#define FORMAT_VERSION 1u
#define FLAG_WORK_KNOWN 1u

#define OFFSET_VERSION 8
#define OFFSET_NETWORK 12
#define OFFSET_HEIGHT 16
#define OFFSET_FLAGS 20
#define OFFSET_WORK 24
#define OFFSET_BASE_CHECK 56
#define BASE_CHECK_SIZE 16
#define OFFSET_CHECKSUM 72
#define CHECKSUM_SIZE 8
#define MAGIC_SIZE 8

static const uint8_t magic[MAGIC_SIZE] = {0x89, 'H', 'T', 'I', 'D', 'E', '\r', '\n'};

static void put_le32(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get_le32(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static void put_u256(uint8_t out[32], struct u256 value)
{
    for (unsigned i = 0; i < 32; i++)
        out[i] = (uint8_t)(value.limb[i / 8] >> (8 * (i % 8)));
}

static struct u256 get_u256(const uint8_t in[32])
{
    struct u256 value = {{0}};

    for (unsigned i = 0; i < 32; i++)
        value.limb[i / 8] |= (uint64_t)in[i] << (8 * (i % 8));
    return value;
}

static uint32_t bits_of(const uint8_t raw[HEADER_SIZE])
{
    struct header header;

    header_decode(&header, raw);
    return header.bits;
}

struct headerfile_base headerfile_base_complete(const struct params *params,
                                                const struct headerfile_base *base)
{
    struct headerfile_base out = {.height = 0};

    if (base != NULL && base->height != 0) {
        out = *base;
    } else {
        memcpy(out.raw, params->genesis, HEADER_SIZE);
        out.work_known = true;
    }
    if (out.height == 0 || !out.work_known)
        out.chainwork = compact_work(bits_of(out.raw));
    return out;
}

void headerfile_start_encode(uint8_t out[HEADERFILE_START_SIZE], const struct params *params,
                             const struct headerfile_base *base)
{
    struct hash256 hash;

    memcpy(out, magic, MAGIC_SIZE);
    put_le32(out + OFFSET_VERSION, FORMAT_VERSION);
    memcpy(out + OFFSET_NETWORK, params->magic, sizeof(params->magic));
    put_le32(out + OFFSET_HEIGHT, base->height);
    put_le32(out + OFFSET_FLAGS, base->work_known ? FLAG_WORK_KNOWN : 0);
    put_u256(out + OFFSET_WORK, base->chainwork);
    header_hash(&hash, base->raw);
    memcpy(out + OFFSET_BASE_CHECK, hash.bytes, BASE_CHECK_SIZE);
    sha256d(&hash, out, OFFSET_CHECKSUM);
    memcpy(out + OFFSET_CHECKSUM, hash.bytes, CHECKSUM_SIZE);
    memcpy(out + HEADERFILE_PRELUDE_SIZE, base->raw, HEADER_SIZE);
}

/* ---- reading it back ---- */

static bool prelude_sound(const uint8_t bytes[HEADERFILE_PRELUDE_SIZE])
{
    struct hash256 hash;

    if (memcmp(bytes, magic, MAGIC_SIZE) != 0)
        return false;
    sha256d(&hash, bytes, OFFSET_CHECKSUM);
    return memcmp(bytes + OFFSET_CHECKSUM, hash.bytes, CHECKSUM_SIZE) == 0;
}

/* Turns back the one bit that was flipped. */
static bool prelude_mend(uint8_t bytes[HEADERFILE_PRELUDE_SIZE])
{
    for (unsigned bit = 0; bit < 8 * HEADERFILE_PRELUDE_SIZE; bit++) {
        uint8_t mask = (uint8_t)(1u << (bit % 8));

        bytes[bit / 8] ^= mask;
        if (prelude_sound(bytes))
            return true;
        bytes[bit / 8] ^= mask;
    }
    return false;
}

bool headerfile_mend_record(uint8_t raw[HEADER_SIZE], const struct hash256 *wanted)
{
    for (unsigned bit = 0; bit < 8 * HEADER_SIZE; bit++) {
        uint8_t mask = (uint8_t)(1u << (bit % 8));
        struct hash256 hash;

        raw[bit / 8] ^= mask;
        header_hash(&hash, raw);
        if (hash256_equal(&hash, wanted))
            return true;
        raw[bit / 8] ^= mask;
    }
    return false;
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

static const char *network_by_magic(const uint8_t wire[4])
{
    for (int i = 0; i < NETWORK_COUNT; i++) {
        const struct params *params = params_get((enum network)i);

        if (memcmp(params->magic, wire, sizeof(params->magic)) == 0)
            return params->name;
    }
    return NULL;
}

static enum headerfile_start foreign(char message[HEADERFILE_ERROR_SIZE], const char *text)
{
    snprintf(message, HEADERFILE_ERROR_SIZE, "%s", text);
    return HEADERFILE_START_FOREIGN;
}

static bool base_checks(const uint8_t raw[HEADER_SIZE], const uint8_t *check)
{
    struct hash256 hash;

    header_hash(&hash, raw);
    return memcmp(hash.bytes, check, BASE_CHECK_SIZE) == 0;
}

/* The base itself, given a sound file header: as it stands there, or from what else is known. */
static enum headerfile_start find_base(struct headerfile_base *base,
                                       char message[HEADERFILE_ERROR_SIZE],
                                       const struct params *params, const uint8_t *bytes,
                                       size_t len, const struct headerfile_base *wanted)
{
    const uint8_t *check = bytes + OFFSET_BASE_CHECK;
    const uint8_t *raw = bytes + HEADERFILE_PRELUDE_SIZE;

    if (len == HEADERFILE_START_SIZE && base_checks(raw, check)) {
        memcpy(base->raw, raw, HEADER_SIZE);
        return HEADERFILE_START_SOUND;
    }
    if (base->height == 0 && base_checks(params->genesis, check)) {
        memcpy(base->raw, params->genesis, HEADER_SIZE);
        return HEADERFILE_START_MENDED;
    }
    if (wanted != NULL && base_checks(wanted->raw, check)) {
        memcpy(base->raw, wanted->raw, HEADER_SIZE);
        return HEADERFILE_START_MENDED;
    }
    if (len < HEADERFILE_START_SIZE)
        return HEADERFILE_START_BLANK;
    memcpy(base->raw, raw, HEADER_SIZE);
    for (unsigned bit = 0; bit < 8 * HEADER_SIZE; bit++) {
        uint8_t mask = (uint8_t)(1u << (bit % 8));

        base->raw[bit / 8] ^= mask;
        if (base_checks(base->raw, check))
            return HEADERFILE_START_MENDED;
        base->raw[bit / 8] ^= mask;
    }
    return foreign(message,
                   "its first header is damaged, and which one it was cannot be told: move "
                   "the file away, or start with the --anchor it was made with");
}

/* What a sound file header says. */
static enum headerfile_start read_prelude(struct headerfile_base *base,
                                          char message[HEADERFILE_ERROR_SIZE],
                                          const struct params *params, const uint8_t *bytes,
                                          size_t len, const struct headerfile_base *wanted)
{
    uint32_t version = get_le32(bytes + OFFSET_VERSION);
    uint32_t flags = get_le32(bytes + OFFSET_FLAGS);
    enum headerfile_start start;
    struct header header;
    struct hash256 hash;

    if (version != FORMAT_VERSION || (flags & ~FLAG_WORK_KNOWN) != 0)
        return foreign(message, "it was written by a newer hashtide: use that one");
    if (memcmp(bytes + OFFSET_NETWORK, params->magic, sizeof(params->magic)) != 0) {
        const char *name = network_by_magic(bytes + OFFSET_NETWORK);

        snprintf(message, HEADERFILE_ERROR_SIZE, "it holds headers of %s, not of %s",
                 name != NULL ? name : "an unknown network", params->name);
        return HEADERFILE_START_FOREIGN;
    }
    base->height = get_le32(bytes + OFFSET_HEIGHT);
    base->work_known = (flags & FLAG_WORK_KNOWN) != 0;
    base->chainwork = get_u256(bytes + OFFSET_WORK);
    if (base->height % PARAMS_RETARGET_BLOCKS != 0)
        return foreign(message, "it begins at a height where no retarget is");
    start = find_base(base, message, params, bytes, len, wanted);
    if (start != HEADERFILE_START_SOUND && start != HEADERFILE_START_MENDED)
        return start;
    header_decode(&header, base->raw);
    header_hash(&hash, base->raw);
    if (base->height == 0 && !hash256_equal(&hash, &params->genesis_hash))
        return foreign(message, "it begins with another genesis");
    if (base->height != 0 && !validate_work(params, &header, &hash))
        return foreign(message, "its first header has no proof of work");
    return start;
}

/* The base by record 0 alone, when the file header is lost: only what is known beforehand. */
static bool known_base(struct headerfile_base *base, const struct params *params,
                       const uint8_t raw[HEADER_SIZE], const struct headerfile_base *wanted)
{
    struct hash256 hash;

    if (memcmp(raw, params->genesis, HEADER_SIZE) == 0) {
        *base = headerfile_base_complete(params, NULL);
        return true;
    }
    if (wanted != NULL && memcmp(raw, wanted->raw, HEADER_SIZE) == 0) {
        *base = headerfile_base_complete(params, wanted);
        return true;
    }
    if (params->network != NETWORK_MAIN)
        return false;
    header_hash(&hash, raw);
    for (size_t i = 0; i < epochs_count(); i++) {
        struct epoch_row row = epochs_get(i);

        if (!hash256_equal(&row.hash, &hash))
            continue;
        *base = (struct headerfile_base){
            .height = row.height, .work_known = true, .chainwork = row.chainwork};
        memcpy(base->raw, raw, HEADER_SIZE);
        return true;
    }
    return false;
}

/* The checksum is wrong and no single bit mends it. */
static enum headerfile_start without_prelude(struct headerfile_base *base,
                                             char message[HEADERFILE_ERROR_SIZE],
                                             const struct params *params, const uint8_t *bytes,
                                             size_t len, const struct headerfile_base *wanted)
{
    size_t told = len < MAGIC_SIZE ? len : MAGIC_SIZE;

    if (all_zero(bytes, len))
        return HEADERFILE_START_BLANK;
    if (len < HEADERFILE_START_SIZE && memcmp(bytes, magic, told) == 0)
        return HEADERFILE_START_BLANK;
    if (len == HEADERFILE_START_SIZE) {
        const uint8_t *raw = bytes + HEADERFILE_PRELUDE_SIZE;
        struct hash256 first;
        struct header second;

        header_hash(&first, bytes);
        header_decode(&second, raw);
        if (hash256_equal(&second.prev, &first))
            return foreign(message, "it holds bare headers: give it to `hashtide import`");
        if (known_base(base, params, raw, wanted))
            return HEADERFILE_START_MENDED;
        if (memcmp(bytes, magic, MAGIC_SIZE) == 0)
            return foreign(message, "its file header is damaged beyond repair: move the file away");
    }
    return foreign(message, "it is no header file of hashtide: move it away, or use another "
                            "--datadir");
}

enum headerfile_start headerfile_start_decode(struct headerfile_base *base,
                                              char message[HEADERFILE_ERROR_SIZE],
                                              const struct params *params, const uint8_t *bytes,
                                              size_t len, const struct headerfile_base *wanted)
{
    uint8_t copy[HEADERFILE_START_SIZE];
    enum headerfile_start start;

    if (len < HEADERFILE_PRELUDE_SIZE)
        return without_prelude(base, message, params, bytes, len, wanted);
    if (prelude_sound(bytes))
        return read_prelude(base, message, params, bytes, len, wanted);
    memcpy(copy, bytes, len);
    if (!prelude_mend(copy))
        return without_prelude(base, message, params, bytes, len, wanted);
    start = read_prelude(base, message, params, copy, len, wanted);
    return start == HEADERFILE_START_SOUND ? HEADERFILE_START_MENDED : start;
}
