// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: addresses are read and written as people and other nodes write them, only
 * public ones count as routable, and groups are those of Bitcoin Core.
 */
#include "config.h"

#include "chain/netaddr.h"
#include "chain/sha3.h"
#include "tests/support/check.h"

#include <string.h>

static struct netaddr parse(const char *text)
{
    struct netaddr address;

    ck_assert_msg(netaddr_parse(&address, text, 8333), "%s", text);
    return address;
}

START_TEST(test_sha3)
{
    /* FIPS 202's examples: the empty message, "abc", and 135 bytes, which is one less than a block.
     */
    static const uint8_t empty[4] = {0xa7, 0xff, 0xc6, 0xf8};
    static const uint8_t abc[4] = {0x3a, 0x98, 0x5d, 0xa7};
    static const uint8_t abc_end[4] = {0x11, 0x43, 0x15, 0x32};
    uint8_t digest[SHA3_256_SIZE];
    uint8_t longest[SHA3_256_INPUT_MAX] = {0};

    sha3_256(digest, "", 0);
    ck_assert_mem_eq(digest, empty, sizeof(empty));
    sha3_256(digest, "abc", 3);
    ck_assert_mem_eq(digest, abc, sizeof(abc));
    ck_assert_mem_eq(digest + 28, abc_end, sizeof(abc_end));
    sha3_256(digest, longest, sizeof(longest));
    ck_assert_mem_ne(digest, empty, sizeof(empty));
}
END_TEST

START_TEST(test_text)
{
    static const struct {
        const char *in;
        const char *out;
        enum netaddr_network network;
    } cases[] = {
        {"1.2.3.4", "1.2.3.4:8333", NETADDR_IPV4},
        {"1.2.3.4:18444", "1.2.3.4:18444", NETADDR_IPV4},
        {"[::ffff:1.2.3.4]:1", "1.2.3.4:1", NETADDR_IPV4},
        {"2001:db8::1", "[2001:db8::1]:8333", NETADDR_IPV6},
        {"[2001:DB8:0:0::1]", "[2001:db8::1]:8333", NETADDR_IPV6},
        {"[2001:db8::1]:65535", "[2001:db8::1]:65535", NETADDR_IPV6},
        {"::1", "[::1]:8333", NETADDR_IPV6},
        {"2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion",
         "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion:8333", NETADDR_TORV3},
        {"2GZYXA5IHM7NSGGFXNU52RCK2VV4RVMDLKIU3ZZUI5DU4XYCLEN53WID.ONION:9",
         "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion:9", NETADDR_TORV3},
        {"ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p:1",
         "ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p:1", NETADDR_I2P},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct netaddr address = parse(cases[i].in);
        struct netaddr again;
        char text[NETADDR_TEXT_SIZE];

        ck_assert_int_eq(address.network, cases[i].network);
        netaddr_format(text, &address);
        ck_assert_str_eq(text, cases[i].out);
        again = parse(text);
        ck_assert(netaddr_equal(&again, &address));
    }
}
END_TEST

START_TEST(test_bad_text)
{
    static const char *const cases[] = {
        "",
        ":",
        "1.2.3",
        "1.2.3.4:",
        "1.2.3.4:0",
        "1.2.3.4:65536",
        "1.2.3.4:+1",
        "1.2.3.4:1 ",
        " 1.2.3.4",
        "1.2.3.256",
        "[1.2.3.4]:1",
        "[2001:db8::1",
        "[2001:db8::1]x",
        "2001:db8::1]:1",
        "localhost",
        "seed.example.org:8333",
        /* a wrong checksum, a digit too few, a digit that is none, another suffix */
        "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wia.onion",
        "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wi.onion",
        "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen531id.onion",
        "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onio",
        "expyuzz4wqqyqhjn.onion",
        /* left-over bits that are not zero */
        "ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdr.b32.i2p",
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct netaddr address = {.port = 77};

        ck_assert_msg(!netaddr_parse(&address, cases[i], 8333), "%s", cases[i]);
        ck_assert_uint_eq(address.port, 77); /* untouched */
    }
}
END_TEST

START_TEST(test_names)
{
    enum netaddr_network network;

    for (unsigned i = NETADDR_IPV4; i <= NETADDR_CJDNS; i++) {
        if (i == 3) /* Tor v2, which is no more */
            continue;
        ck_assert(netaddr_network_by_name(&network, netaddr_network_name((enum netaddr_network)i)));
        ck_assert_uint_eq(network, i);
    }
    ck_assert(!netaddr_network_by_name(&network, "tor2"));
    ck_assert_uint_eq(netaddr_length(NETADDR_NONE), 0);
    ck_assert_uint_eq(netaddr_length((enum netaddr_network)3), 0);
}
END_TEST

START_TEST(test_routable)
{
    static const char *const public[] = {
        "1.2.3.4",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.0.1",
        "172.32.0.1",
        "192.167.0.1",
        "223.1.2.3",
        "198.17.0.1",
        "198.20.0.1",
        "2001:4860::1",
        "2a00::1",
        "2002:102:304::1",
        "64:ff9b::808:808",
        "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion",
    };
    static const char *const private[] = {
        "0.1.2.3",     "10.0.0.1",     "100.64.0.1",  "127.0.0.1",   "169.254.1.1",
        "172.16.0.1",  "172.31.255.1", "192.0.2.1",   "192.168.1.1", "198.18.0.1",
        "198.19.1.1",  "198.51.100.1", "203.0.113.1", "224.0.0.1",   "255.255.255.255",
        "::1",         "::",           "fe80::1",     "fc00::1",     "fd87:d87e:eb43::1",
        "2001:db8::1", "2001:10::1",   "2001:20::1",  "ff02::1",
    };

    for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++) {
        struct netaddr address = parse(public[i]);

        ck_assert_msg(netaddr_routable(&address), "%s", public[i]);
        address.port = 0;
        ck_assert(!netaddr_routable(&address));
    }
    for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
        struct netaddr address = parse(private[i]);

        ck_assert_msg(!netaddr_routable(&address), "%s", private[i]);
    }
}
END_TEST

static bool same_group(const char *a, const char *b)
{
    struct netaddr first = parse(a);
    struct netaddr second = parse(b);
    uint8_t groups[2][NETADDR_GROUP_SIZE];

    netaddr_group(groups[0], &first);
    netaddr_group(groups[1], &second);
    return memcmp(groups[0], groups[1], NETADDR_GROUP_SIZE) == 0;
}

START_TEST(test_groups)
{
    ck_assert(same_group("1.2.3.4:1", "1.2.200.4:2"));
    ck_assert(!same_group("1.2.3.4", "1.3.3.4"));
    ck_assert(same_group("127.0.0.1", "127.9.9.9:3"));
    ck_assert(same_group("10.0.0.1", "192.168.1.1"));
    ck_assert(!same_group("10.0.0.1", "127.0.0.1"));
    ck_assert(!same_group("::1", "127.0.0.1"));
    ck_assert(same_group("2a00:1450:1::1", "2a00:1450:2::1"));
    ck_assert(!same_group("2a00:1450::1", "2a00:1451::1"));
    ck_assert(!same_group("2001:470:1000::1", "2001:470:2000::1")); /* tunnels: /36 */
    ck_assert(same_group("2001:470:1000::1", "2001:470:1fff::1"));
    ck_assert(same_group("2002:102:304::1", "1.2.3.4"));          /* 6to4 */
    ck_assert(same_group("2001:0:1:1:1:1:fefd:fcfb", "1.2.3.4")); /* Teredo, inverted */
    ck_assert(same_group("64:ff9b::102:304", "1.2.3.4"));         /* RFC 6052 */
    ck_assert(same_group("::ffff:0:102:304", "1.2.3.4"));         /* RFC 6145 */
    ck_assert(!same_group("2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion",
                          "explorerzydxu5ecjrkwceayqybizmpjjznk5izmitf2modhcusuqlid.onion"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_sha3, test_text, test_bad_text, test_names, test_routable, test_groups,
    };

    return TEST_MAIN("netaddr", tests);
}
