// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * netaddr: text forms, ranges that are not public, and groups.
 */
#include "config.h"

#include "chain/netaddr.h"

#include "chain/sha3.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ONION_SUFFIX ".onion"
#define ONION_CHARS 56 /* of 35 bytes: key, checksum, version */
#define ONION_BYTES 35
#define ONION_VERSION 3
#define I2P_SUFFIX ".b32.i2p"
#define I2P_CHARS 52 /* of 32 bytes */
#define I2P_BYTES 32
/** Longest host: an IPv6 address in its longest form is 45, an I2P name 60, an onion name 62. */
#define HOST_MAX 64

/* ---- networks ---- */

static const struct {
    enum netaddr_network network;
    const char *name;
    size_t length;
} networks[] = {
    {NETADDR_IPV4, "ipv4", 4}, {NETADDR_IPV6, "ipv6", 16},   {NETADDR_TORV3, "onion", 32},
    {NETADDR_I2P, "i2p", 32},  {NETADDR_CJDNS, "cjdns", 16},
};
#define NETWORKS (sizeof(networks) / sizeof(networks[0]))

size_t netaddr_length(enum netaddr_network network)
{
    for (size_t i = 0; i < NETWORKS; i++) {
        if (networks[i].network == network)
            return networks[i].length;
    }
    return 0;
}

const char *netaddr_network_name(enum netaddr_network network)
{
    for (size_t i = 0; i < NETWORKS; i++) {
        if (networks[i].network == network)
            return networks[i].name;
    }
    return "none";
}

bool netaddr_network_by_name(enum netaddr_network *out, const char *name)
{
    for (size_t i = 0; i < NETWORKS; i++) {
        if (strcmp(networks[i].name, name) == 0) {
            *out = networks[i].network;
            return true;
        }
    }
    return false;
}

/* ---- base32 (RFC 4648, lower case, without padding) ---- */

static const char base32_digits[] = "abcdefghijklmnopqrstuvwxyz234567";

static void base32_encode(char *text, const uint8_t *bytes, size_t len)
{
    unsigned bits = 0;
    uint32_t held = 0;

    for (size_t i = 0; i < len; i++) {
        held = (held << 8 | bytes[i]) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5)
            *text++ = base32_digits[held >> (bits - 5) & 31];
    }
    if (bits > 0)
        *text++ = base32_digits[held << (5 - bits) & 31];
    *text = '\0';
}

static int base32_digit(char c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= '2' && c <= '7')
        return c - '2' + 26;
    return -1;
}

/* Reads chars digits into exactly len bytes; the bits that are left over must be zero. */
static bool base32_decode(uint8_t *bytes, size_t len, const char *text, size_t chars)
{
    unsigned bits = 0;
    uint32_t held = 0;
    size_t done = 0;

    for (size_t i = 0; i < chars; i++) {
        int digit = base32_digit(text[i]);

        if (digit < 0)
            return false;
        held = (held << 5 | (uint32_t)digit) & 0xfff;
        bits += 5;
        if (bits >= 8) {
            if (done == len)
                return false;
            bits -= 8;
            bytes[done++] = (uint8_t)(held >> bits);
        }
    }
    return done == len && (held & ((1u << bits) - 1)) == 0;
}

/* ---- names of Tor and I2P ---- */

static void onion_checksum(uint8_t sum[2], const uint8_t key[32])
{
    static const char prefix[] = ".onion checksum";
    uint8_t text[sizeof(prefix) - 1 + 32 + 1];
    uint8_t digest[SHA3_256_SIZE];

    memcpy(text, prefix, sizeof(prefix) - 1);
    memcpy(text + sizeof(prefix) - 1, key, 32);
    text[sizeof(text) - 1] = ONION_VERSION;
    sha3_256(digest, text, sizeof(text));
    memcpy(sum, digest, 2);
}

static bool parse_onion(struct netaddr *out, const char *host, size_t len)
{
    uint8_t raw[ONION_BYTES];
    uint8_t sum[2];

    if (len != ONION_CHARS + strlen(ONION_SUFFIX) ||
        strcasecmp(host + ONION_CHARS, ONION_SUFFIX) != 0 ||
        !base32_decode(raw, sizeof(raw), host, ONION_CHARS))
        return false;
    onion_checksum(sum, raw);
    if (memcmp(sum, raw + 32, 2) != 0 || raw[34] != ONION_VERSION)
        return false;
    out->network = NETADDR_TORV3;
    memcpy(out->bytes, raw, 32);
    return true;
}

static bool parse_i2p(struct netaddr *out, const char *host, size_t len)
{
    if (len != I2P_CHARS + strlen(I2P_SUFFIX) || strcasecmp(host + I2P_CHARS, I2P_SUFFIX) != 0 ||
        !base32_decode(out->bytes, I2P_BYTES, host, I2P_CHARS))
        return false;
    out->network = NETADDR_I2P;
    return true;
}

/* ---- text ---- */

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool parse_ipv6(struct netaddr *out, const char *host)
{
    uint8_t ip[16];

    if (inet_pton(AF_INET6, host, ip) != 1)
        return false;
    if (memcmp(ip, mapped_prefix, sizeof(mapped_prefix)) == 0) {
        out->network = NETADDR_IPV4;
        memcpy(out->bytes, ip + sizeof(mapped_prefix), 4);
    } else {
        out->network = NETADDR_IPV6;
        memcpy(out->bytes, ip, sizeof(ip));
    }
    return true;
}

static bool parse_port(uint16_t *port, const char *text)
{
    uint32_t value = 0;
    size_t len = strlen(text);

    if (len == 0 || len > 5)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    *port = (uint16_t)value;
    return value > 0 && value <= UINT16_MAX;
}

/* Finds where the host and the port stand in the text; port is NULL where there is none. */
static bool split(char host[HOST_MAX], const char **port, const char *text)
{
    const char *begin = text;
    const char *colon = strrchr(text, ':');
    size_t len = strlen(text);

    *port = NULL;
    if (text[0] == '[') {
        const char *bracket = strchr(text, ']');

        if (bracket == NULL || (bracket[1] != '\0' && bracket[1] != ':'))
            return false;
        begin = text + 1;
        len = (size_t)(bracket - begin);
        *port = bracket[1] == ':' ? bracket + 2 : NULL;
    } else if (colon != NULL && colon == strchr(text, ':')) { /* more than one: bare IPv6 */
        len = (size_t)(colon - text);
        *port = colon + 1;
    }
    if (len >= HOST_MAX)
        return false;
    memcpy(host, begin, len);
    host[len] = '\0';
    return true;
}

bool netaddr_parse(struct netaddr *out, const char *text, uint16_t default_port)
{
    struct netaddr found = {.network = NETADDR_NONE, .port = default_port};
    char host[HOST_MAX];
    const char *port;
    size_t len;
    bool parsed;

    if (!split(host, &port, text) || (port != NULL && !parse_port(&found.port, port)))
        return false;
    len = strlen(host);
    if (text[0] == '[' || strchr(host, ':') != NULL) {
        parsed = parse_ipv6(&found, host);
    } else if (inet_pton(AF_INET, host, found.bytes) == 1) {
        found.network = NETADDR_IPV4;
        parsed = true;
    } else {
        memset(found.bytes, 0, sizeof(found.bytes));
        parsed = parse_onion(&found, host, len) || parse_i2p(&found, host, len);
    }
    if (parsed)
        *out = found;
    return parsed;
}

void netaddr_format(char text[NETADDR_TEXT_SIZE], const struct netaddr *address)
{
    char host[HOST_MAX] = "";
    uint8_t onion[ONION_BYTES];

    switch (address->network) {
    case NETADDR_IPV4:
        inet_ntop(AF_INET, address->bytes, host, sizeof(host));
        break;
    case NETADDR_IPV6:
    case NETADDR_CJDNS:
        inet_ntop(AF_INET6, address->bytes, host, sizeof(host));
        snprintf(text, NETADDR_TEXT_SIZE, "[%s]:%u", host, (unsigned)address->port);
        return;
    case NETADDR_TORV3:
        memcpy(onion, address->bytes, 32);
        onion_checksum(onion + 32, address->bytes);
        onion[34] = ONION_VERSION;
        base32_encode(host, onion, sizeof(onion));
        memcpy(host + ONION_CHARS, ONION_SUFFIX, sizeof(ONION_SUFFIX));
        break;
    case NETADDR_I2P:
        base32_encode(host, address->bytes, I2P_BYTES);
        memcpy(host + I2P_CHARS, I2P_SUFFIX, sizeof(I2P_SUFFIX));
        break;
    case NETADDR_NONE:
        snprintf(text, NETADDR_TEXT_SIZE, "none");
        return;
    }
    snprintf(text, NETADDR_TEXT_SIZE, "%s:%u", host, (unsigned)address->port);
}

bool netaddr_equal(const struct netaddr *a, const struct netaddr *b)
{
    return a->network == b->network && a->port == b->port &&
           memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* ---- ranges ---- */

struct range {
    uint8_t prefix[16];
    unsigned bits;
};

/* Ranges of IPv4 that no public peer can have (RFC 6890 and those it lists). */
static const struct range ipv4_private[] = {
    {{0}, 8},             /* this network */
    {{10}, 8},            /* RFC 1918 */
    {{100, 64}, 10},      /* RFC 6598, carriers' NAT */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* RFC 3927, link local */
    {{172, 16}, 12},      /* RFC 1918 */
    {{192, 0, 0}, 24},    /* RFC 6890, protocol assignments */
    {{192, 0, 2}, 24},    /* RFC 5737, documentation */
    {{192, 168}, 16},     /* RFC 1918 */
    {{198, 18}, 15},      /* RFC 2544, benchmarks */
    {{198, 51, 100}, 24}, /* RFC 5737 */
    {{203, 0, 113}, 24},  /* RFC 5737 */
    {{224}, 3},           /* multicast, reserved, broadcast */
};
static const struct range ipv6_private[] = {
    {{0}, 96},                                        /* unspecified, loopback, IPv4-compatible */
    {{0x20, 0x01, 0x00, 0x10}, 28},                   /* RFC 4843, ORCHID */
    {{0x20, 0x01, 0x00, 0x20}, 28},                   /* RFC 7343, ORCHIDv2 */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},                   /* RFC 3849, documentation */
    {{0xfc}, 7},                                      /* RFC 4193, unique local; OnionCat too */
    {{0xfe, 0x80}, 10},                               /* RFC 4862, link local */
    {{0xff}, 8},                                      /* multicast */
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}, /* IPv4 belongs in its own form */
};

/* Ranges of IPv6 that embed an IPv4 address, and where. */
static const struct {
    struct range range;
    unsigned at;
    uint8_t flip; /* Teredo writes it inverted */
} embedded[] = {
    {{{0x20, 0x02}, 16}, 2, 0},                                /* RFC 3964, 6to4 */
    {{{0x20, 0x01, 0, 0}, 32}, 12, 0xff},                      /* RFC 4380, Teredo */
    {{{0, 0x64, 0xff, 0x9b}, 96}, 12, 0},                      /* RFC 6052 */
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}, 96}, 12, 0}, /* RFC 6145 */
};

static bool in_range(const uint8_t *bytes, const struct range *range)
{
    unsigned whole = range->bits / 8;
    unsigned rest = range->bits % 8;

    if (memcmp(bytes, range->prefix, whole) != 0)
        return false;
    return rest == 0 || (bytes[whole] ^ range->prefix[whole]) >> (8 - rest) == 0;
}

static bool in_any(const uint8_t *bytes, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (in_range(bytes, &ranges[i]))
            return true;
    }
    return false;
}

bool netaddr_routable(const struct netaddr *address)
{
    if (address->port == 0)
        return false;
    switch (address->network) {
    case NETADDR_IPV4:
        return !in_any(address->bytes, ipv4_private,
                       sizeof(ipv4_private) / sizeof(ipv4_private[0]));
    case NETADDR_IPV6:
        return !in_any(address->bytes, ipv6_private,
                       sizeof(ipv6_private) / sizeof(ipv6_private[0]));
    case NETADDR_TORV3:
    case NETADDR_I2P:
    case NETADDR_CJDNS:
        return true;
    case NETADDR_NONE:
        break;
    }
    return false;
}

/* ---- groups ---- */

/* Marks in a group's last byte, which no public group uses. */
#define GROUP_LOOPBACK 1
#define GROUP_PRIVATE 2

static bool is_loopback(const struct netaddr *address)
{
    static const uint8_t one[16] = {[15] = 1};

    return address->network == NETADDR_IPV4 ? address->bytes[0] == 127
                                            : memcmp(address->bytes, one, sizeof(one)) == 0;
}

static void group_ipv4(uint8_t group[NETADDR_GROUP_SIZE], const uint8_t *ip, uint8_t flip)
{
    group[0] = NETADDR_IPV4;
    group[1] = ip[0] ^ flip;
    group[2] = ip[1] ^ flip;
}

static void group_ipv6(uint8_t group[NETADDR_GROUP_SIZE], const uint8_t *ip)
{
    /* Hurricane Electric gives whole /32s' worth of tunnels away: its range counts by /36. */
    static const struct range tunnels = {{0x20, 0x01, 0x04, 0x70}, 32};

    for (size_t i = 0; i < sizeof(embedded) / sizeof(embedded[0]); i++) {
        if (in_range(ip, &embedded[i].range)) {
            group_ipv4(group, ip + embedded[i].at, embedded[i].flip);
            return;
        }
    }
    memcpy(group + 1, ip, 4);
    if (in_range(ip, &tunnels))
        group[5] = ip[4] & 0xf0;
}

void netaddr_group(uint8_t group[NETADDR_GROUP_SIZE], const struct netaddr *address)
{
    bool ip = address->network == NETADDR_IPV4 || address->network == NETADDR_IPV6;
    struct netaddr with_port = *address;

    memset(group, 0, NETADDR_GROUP_SIZE);
    group[0] = (uint8_t)address->network;
    with_port.port = 1; /* the port plays no part */
    if (ip && !netaddr_routable(&with_port)) {
        group[NETADDR_GROUP_SIZE - 1] = is_loopback(address) ? GROUP_LOOPBACK : GROUP_PRIVATE;
    } else if (address->network == NETADDR_IPV4) {
        group_ipv4(group, address->bytes, 0);
    } else if (address->network == NETADDR_IPV6) {
        group_ipv6(group, address->bytes);
    } else if (address->network == NETADDR_CJDNS) {
        group[1] = address->bytes[0]; /* always 0xfc: 4 bits more, as in Core */
        group[2] = address->bytes[1] & 0xf0;
    } else {
        group[1] = address->bytes[0] & 0xf0;
    }
}
