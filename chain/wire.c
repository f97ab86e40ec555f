// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * wire: frames and commands.
 */
#include "config.h"

#include "chain/wire.h"

#include "chain/cursor.h"
#include "chain/sha256.h"

#include <assert.h>
#include <string.h>

static const char *const commands[WIRE_TYPE_COUNT] = {
    [WIRE_UNKNOWN] = "",
    [WIRE_VERSION] = "version",
    [WIRE_VERACK] = "verack",
    [WIRE_PING] = "ping",
    [WIRE_PONG] = "pong",
    [WIRE_SENDHEADERS] = "sendheaders",
    [WIRE_GETHEADERS] = "getheaders",
    [WIRE_HEADERS] = "headers",
    [WIRE_INV] = "inv",
    [WIRE_GETDATA] = "getdata",
    [WIRE_NOTFOUND] = "notfound",
    [WIRE_GETADDR] = "getaddr",
    [WIRE_ADDR] = "addr",
    [WIRE_ADDRV2] = "addrv2",
    [WIRE_SENDADDRV2] = "sendaddrv2",
};

const char *wire_command(enum wire_type type)
{
    assert((unsigned)type < WIRE_TYPE_COUNT);
    return commands[type];
}

enum wire_type wire_type_by_command(const char *command)
{
    for (unsigned type = WIRE_UNKNOWN + 1; type < WIRE_TYPE_COUNT; type++) {
        if (strcmp(commands[type], command) == 0)
            return (enum wire_type)type;
    }
    return WIRE_UNKNOWN;
}

/* Printable characters, then nothing but NUL. */
static bool command_well_formed(const uint8_t raw[WIRE_COMMAND_SIZE])
{
    bool ended = false;

    for (unsigned i = 0; i < WIRE_COMMAND_SIZE; i++) {
        if (ended && raw[i] != 0)
            return false;
        if (raw[i] == 0)
            ended = true;
        else if (raw[i] < 0x20 || raw[i] > 0x7e)
            return false;
    }
    return true;
}

bool wire_frame_decode(struct wire_frame *out, const uint8_t raw[WIRE_FRAME_SIZE])
{
    struct cursor cursor = cursor_of(raw, WIRE_FRAME_SIZE);
    bool well_formed = command_well_formed(raw + WIRE_MAGIC_SIZE);

    cursor_copy(&cursor, out->magic, sizeof(out->magic));
    cursor_copy(&cursor, out->command, WIRE_COMMAND_SIZE);
    out->command[WIRE_COMMAND_SIZE] = '\0';
    out->length = cursor_u32(&cursor);
    cursor_copy(&cursor, out->checksum, sizeof(out->checksum));
    out->type = well_formed ? wire_type_by_command(out->command) : WIRE_UNKNOWN;
    return well_formed;
}

void wire_frame_encode(uint8_t raw[WIRE_FRAME_SIZE], const struct wire_frame *frame)
{
    char command[WIRE_COMMAND_SIZE] = {0};
    struct writer writer = writer_of(raw, WIRE_FRAME_SIZE);

    memcpy(command, frame->command, strnlen(frame->command, WIRE_COMMAND_SIZE));
    writer_put(&writer, frame->magic, sizeof(frame->magic));
    writer_put(&writer, command, sizeof(command));
    writer_u32(&writer, frame->length);
    writer_put(&writer, frame->checksum, sizeof(frame->checksum));
}

void wire_checksum(uint8_t sum[WIRE_CHECKSUM_SIZE], const uint8_t *payload, size_t len)
{
    struct hash256 hash;

    sha256d(&hash, payload, len);
    memcpy(sum, hash.bytes, WIRE_CHECKSUM_SIZE);
}

size_t wire_seal(uint8_t *message, const uint8_t magic[WIRE_MAGIC_SIZE], enum wire_type type,
                 size_t len)
{
    struct wire_frame frame = {.type = type, .length = (uint32_t)len};

    assert(len <= WIRE_PAYLOAD_MAX);
    memcpy(frame.magic, magic, sizeof(frame.magic));
    memcpy(frame.command, commands[type], strlen(commands[type]) + 1);
    wire_checksum(frame.checksum, message + WIRE_FRAME_SIZE, len);
    wire_frame_encode(message, &frame);
    return WIRE_FRAME_SIZE + len;
}
