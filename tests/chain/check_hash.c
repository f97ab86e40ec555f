// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: SHA-256 is SHA-256 in every implementation, hashes are read and written as
 * people know them, headers survive encoding, and the six networks begin where they should.
 */
#include "config.h"

#include "chain/compact.h"
#include "chain/epochs.h"
#include "chain/hash.h"
#include "chain/header.h"
#include "chain/netaddr.h"
#include "chain/params.h"
#include "chain/sha256.h"
#include "chain/validate.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <stdio.h>
#include <string.h>

/* SHA-256 as the standard spells digests: not turned round. */
static void assert_digest(const struct hash256 *hash, const char *hex)
{
    char text[2 * HASH256_SIZE + 1];

    for (size_t i = 0; i < HASH256_SIZE; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", hash->bytes[i]);
    ck_assert_str_eq(text, hex);
}

START_TEST(nist_vectors)
{
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static char million[1000000];
    struct hash256 hash;

    sha256(&hash, "", 0);
    assert_digest(&hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256(&hash, "abc", 3);
    assert_digest(&hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256(&hash, two_blocks, strlen(two_blocks));
    assert_digest(&hash, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    memset(million, 'a', sizeof(million));
    sha256(&hash, million, sizeof(million));
    assert_digest(&hash, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

/* The digest of the digests of 0, 00 01, 00 01 02, ...: every length of padding. The expected
 * values are Python's hashlib's. */
START_TEST(every_length)
{
    uint8_t data[200];
    struct hash256 single[201];
    struct hash256 twice[201];
    struct hash256 all;

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)i;
    for (size_t len = 0; len <= sizeof(data); len++) {
        sha256(&single[len], data, len);
        sha256d(&twice[len], data, len);
    }
    sha256(&all, single, sizeof(single));
    assert_digest(&all, "64ef7c229fce2408b5336b6a542fea0e078c3a87d2da85cb3fc52e2008b65021");
    sha256(&all, twice, sizeof(twice));
    assert_digest(&all, "70d99d65cd3cf9293ae49f35370a25f264a661bf75e9a213da198cee4e0787a9");
}
END_TEST

/* Double hashes of counts of records at a stride, from an unaligned place, against the general
 * function. */
static void check_headers(const struct sha256_impl *impl, struct test_random *random)
{
    enum { MOST = 9, STRIDE_MOST = 100 };
    uint8_t buffer[MOST * STRIDE_MOST + 16];
    size_t count = test_random_below(random, MOST + 1);
    size_t stride = HEADER_SIZE + test_random_below(random, STRIDE_MOST - HEADER_SIZE + 1);
    uint8_t *start = buffer + test_random_below(random, 16);
    struct hash256 hashes[MOST + 1];
    struct hash256 expected;

    test_random_fill(random, buffer, sizeof(buffer));
    memset(hashes, 0x55, sizeof(hashes));
    impl->headers(hashes, start, stride, count);
    for (size_t i = 0; i < count; i++) {
        sha256d(&expected, start + i * stride, HEADER_SIZE);
        ck_assert_msg(hash256_equal(&hashes[i], &expected), "%s: %zu of %zu", impl->name, i, count);
    }
    memset(&expected, 0x55, sizeof(expected));
    ck_assert(hash256_equal(&hashes[count], &expected)); /* nothing written beyond */
}

START_TEST(implementations_agree)
{
    struct test_random random = test_random_init(test_seed(), 1);
    const struct sha256_impl *shani = sha256_shani();

    for (int i = 0; i < 2000; i++) {
        check_headers(sha256_portable(), &random);
        check_headers(sha256_best(), &random);
    }
    if (shani == NULL) {
        printf("no SHA-NI here: the portable implementation was compared with itself\n");
        return;
    }
    for (int i = 0; i < 2000; i++) {
        uint8_t blocks[5 * 64];
        uint32_t one[8], other[8];
        size_t count = test_random_below(&random, 6);

        test_random_fill(&random, blocks, sizeof(blocks));
        test_random_fill(&random, one, sizeof(one));
        memcpy(other, one, sizeof(other));
        sha256_portable()->compress(one, blocks, count);
        shani->compress(other, blocks, count);
        ck_assert_mem_eq(one, other, sizeof(one));
    }
}
END_TEST

START_TEST(hash_hex)
{
    static const char genesis[] =
        "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
    static const char upper[] = "000000000019D6689C085AE165831E934FF763AE46A2A6C172B3F1B60A8CE26F";
    char bad[HASH256_HEX_SIZE + 1];
    char hex[HASH256_HEX_SIZE];
    struct hash256 hash, same;

    ck_assert(hash256_from_hex(&hash, genesis));
    ck_assert_uint_eq(hash.bytes[0], 0x6f);
    ck_assert_uint_eq(hash.bytes[31], 0);
    ck_assert(!hash256_is_zero(&hash));
    hash256_to_hex(hex, &hash);
    ck_assert_str_eq(hex, genesis);
    ck_assert(hash256_from_hex(&same, upper));
    ck_assert(hash256_equal(&hash, &same));
    ck_assert(!hash256_from_hex(&same, ""));
    ck_assert(!hash256_from_hex(&same, genesis + 1));
    for (size_t i = 0; i < strlen(genesis);
         i++) { /* cut short, and a wrong digit, at every place */
        memcpy(bad, genesis, sizeof(genesis));
        bad[i] = 'g';
        ck_assert(!hash256_from_hex(&same, bad));
        bad[i] = '\0';
        ck_assert(!hash256_from_hex(&same, bad));
    }
    (void)snprintf(bad, sizeof(bad), "%s0", genesis);
    ck_assert(!hash256_from_hex(&same, bad));
    ck_assert(hash256_equal(&hash, &same)); /* untouched by failures */
}
END_TEST

START_TEST(header_codec)
{
    struct test_random random = test_random_init(test_seed(), 2);
    struct header header;
    uint8_t raw[HEADER_SIZE], again[HEADER_SIZE];

    for (int i = 0; i < 1000; i++) {
        test_random_fill(&random, raw, sizeof(raw));
        header_decode(&header, raw);
        header_encode(again, &header);
        ck_assert_mem_eq(raw, again, sizeof(raw));
    }
    memset(raw, 0, sizeof(raw));
    raw[3] = 0x80;
    header_decode(&header, raw);
    ck_assert_int_eq(header.version, INT32_MIN);
    memset(raw, 0xff, 4);
    header_decode(&header, raw);
    ck_assert_int_eq(header.version, -1);
}
END_TEST

START_TEST(networks)
{
    for (int i = 0; i < NETWORK_COUNT; i++) {
        const struct params *params = params_get((enum network)i);
        struct header header;
        struct hash256 hash;

        ck_assert_int_eq((int)params->network, i);
        ck_assert_ptr_eq(params_by_name(params->name), params);
        header_decode(&header, params->genesis);
        header_hash(&hash, params->genesis);
        ck_assert(hash256_equal(&hash, &params->genesis_hash));
        ck_assert(hash256_is_zero(&header.prev));
        ck_assert_uint_eq(header.bits, params->limit_bits);
        ck_assert_uint_eq(compact_encode(params->limit), params->limit_bits);
        ck_assert_ptr_nonnull(params->dns_seeds);
        for (const char *const *seed = params->fixed_seeds; *seed != NULL; seed++) {
            struct netaddr address;

            ck_assert_msg(netaddr_parse(&address, *seed, 0), "%s", *seed);
            ck_assert_uint_eq(address.port, params->port);
        }
        for (int j = 0; j < i; j++) {
            ck_assert_uint_ne(params->port, params_get((enum network)j)->port);
            ck_assert_mem_ne(params->magic, params_get((enum network)j)->magic, 4);
        }
        /* tidenet's and regtest's geneses need luck, the others' have proof of work. */
        if (params->network < NETWORK_REGTEST)
            ck_assert(validate_work(params, &header, &hash));
    }
    ck_assert_ptr_eq(params_by_name("test"), params_get(NETWORK_TESTNET3));
    ck_assert_ptr_eq(params_by_name("mainnet"), params_get(NETWORK_MAIN));
    ck_assert_ptr_null(params_by_name("nonet"));
    ck_assert_ptr_null(params_by_name(""));
}
END_TEST

/* Mainnet's floor is a row of the built-in table, some epochs before its end. */
START_TEST(minimum_work_of_main)
{
    struct epoch_row row;

    ck_assert(epochs_find(&row, 955584));
    ck_assert_int_eq(u256_cmp(row.chainwork, params_get(NETWORK_MAIN)->minimum_chain_work), 0);
    row = epochs_get(0);
    ck_assert(hash256_equal(&row.hash, &params_get(NETWORK_MAIN)->genesis_hash));
    ck_assert(!epochs_find(&row, 955585));
    ck_assert(!epochs_find(&row, (uint32_t)epochs_count() * PARAMS_RETARGET_BLOCKS));
}
END_TEST

START_TEST(known_geneses)
{
    static const struct {
        enum network network;
        const char *hash;
        const char magic[5];
        uint16_t port;
    } known[] = {
        {NETWORK_MAIN, "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
         "\xf9\xbe\xb4\xd9", 8333},
        {NETWORK_TESTNET3, "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
         "\x0b\x11\x09\x07", 18333},
        {NETWORK_TESTNET4, "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
         "\x1c\x16\x3f\x28", 48333},
        {NETWORK_SIGNET, "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
         "\x0a\x03\xcf\x40", 38333},
        {NETWORK_REGTEST, "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
         "\xfa\xbf\xb5\xda", 18444},
        {NETWORK_TIDENET, "1c6b352d0f55c31e33e593477332de3ea12f35401d8ec34d6ac5c452962d1cb7",
         "tide", 18999},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const struct params *params = params_get(known[i].network);
        char hex[HASH256_HEX_SIZE];

        hash256_to_hex(hex, &params->genesis_hash);
        ck_assert_str_eq(hex, known[i].hash);
        ck_assert_mem_eq(params->magic, known[i].magic, 4);
        ck_assert_uint_eq(params->port, known[i].port);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        nist_vectors, every_length, implementations_agree, hash_hex,
        header_codec, networks,     known_geneses,         minimum_work_of_main,
    };

    return TEST_MAIN("hashes", tests);
}
