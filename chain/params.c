// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * params: the six networks as constant tables.
 *
 * Facts of Bitcoin's networks are those of Bitcoin Core 31 (BIP94 for testnet4, BIP325 for signet),
 * except the minimum chain work of mainnet, which is the built-in epoch table's at height 955584.
 * tidenet is ours: Bitcoin's rules, with a work limit so easy that a million blocks are mined in
 * seconds, and a genesis so early that they end before today.
 */
#include "config.h"

#include "chain/params.h"

#include <assert.h>
#include <string.h>

/* Genesis: version 1, no previous block, and a merkle root of the one coinbase. */
#define GENESIS_START                                                                              \
    0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,      \
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,  \
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00
/* "The Times 03/Jan/2009 Chancellor on brink of second bailout for banks" */
#define MERKLE_ROOT_2009                                                                           \
    0x3b, 0xa3, 0xed, 0xfd, 0x7a, 0x7b, 0x12, 0xb2, 0x7a, 0xc7, 0x2c, 0x3e, 0x67, 0x76, 0x8f,      \
        0x61, 0x7f, 0xc8, 0x1b, 0xc3, 0x88, 0x8a, 0x51, 0x32, 0x3a, 0x9f, 0xb8, 0xaa, 0x4b, 0x1e,  \
        0x5e, 0x4a
/* "03/May/2024 000000000000000000001ebd58c244970b3aa9d783bb001011fbe8ea8e98e00e" */
#define MERKLE_ROOT_2024                                                                           \
    0x4e, 0x7b, 0x2b, 0x91, 0x28, 0xfe, 0x02, 0x91, 0xdb, 0x06, 0x93, 0xaf, 0x2a, 0xe4, 0x18,      \
        0xb7, 0x67, 0xe6, 0x57, 0xcd, 0x40, 0x7e, 0x80, 0xcb, 0x14, 0x34, 0x22, 0x1e, 0xae, 0xa7,  \
        0xa0, 0x7a
#define LE32(value)                                                                                \
    (uint8_t)((value)&0xff), (uint8_t)((value) >> 8 & 0xff), (uint8_t)((value) >> 16 & 0xff),      \
        (uint8_t)((value) >> 24)

/* Limits as numbers: not the compact form's rounding, but what each network compares with. */
/* clang-format off */
#define LIMIT_2_224 {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_C(0xffffffff)}}
#define LIMIT_2_255 {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_C(0x7fffffffffffffff)}}
/* clang-format on */

/* Full names with a final dot, so that no search domain is tried. */
static const char *const main_dns_seeds[] = {
    "seed.bitcoin.sipa.be.",   "dnsseed.bluematt.me.",         "seed.bitcoin.jonasschnelli.ch.",
    "seed.btc.petertodd.net.", "seed.bitcoin.sprovoost.nl.",   "dnsseed.emzy.de.",
    "seed.bitcoin.wiz.biz.",   "seed.mainnet.achownodes.xyz.", NULL,
};

static const char *const testnet3_dns_seeds[] = {
    "testnet-seed.bitcoin.jonasschnelli.ch.", "seed.tbtc.petertodd.net.",
    "seed.testnet.bitcoin.sprovoost.nl.",     "testnet-seed.bluematt.me.",
    "seed.testnet.achownodes.xyz.",           NULL,
};

static const char *const testnet4_dns_seeds[] = {
    "seed.testnet4.bitcoin.sprovoost.nl.",
    "seed.testnet4.wiz.biz.",
    NULL,
};

static const char *const signet_dns_seeds[] = {
    "seed.signet.bitcoin.sprovoost.nl.",
    "seed.signet.achownodes.xyz.",
    NULL,
};

/*
 * Where no name may be resolved, a start: onion services from the list of long-lived nodes that
 * Bitcoin Core's releases carry (contrib/seeds). Over clear networks DNS seeds do, so no addresses
 * of those.
 */
static const char *const main_fixed_seeds[] = {
    "rxejubww67egcw6speu4jvn3uh4h5dcrokd3bedoxa2qb4w2w27gn4ad.onion:8333",
    "s2h2gdkz5mk4qrfcgiecocbkkoapshuzsf5mxn5cl67ptzgtrqv4vzyd.onion:8333",
    "s3kcvocfgvhflaz4ook3zxyhqlt3kcz5zwnesxu3qu22xmkmxkairrad.onion:8333",
    "s7uoggkmsvuhff4k2r5jntcci5jwrwnjggb2k2zwg3s4em7xh5itncid.onion:8333",
    "sajwhnvra2pyb3s63pinuglaliun76wcxxhzfua5j57iyn3x7wc336qd.onion:8333",
    "sm4me5bhu2wy6bu4w53e2wffkialasbh6fnjivf32bqjhjnjlb6ys7qd.onion:8333",
    "spzwladgktg6tqb4muptylfudoqaxszgz4holksftryymnmtoq652rad.onion:8333",
    "srmcvqymewfeynldgohku4pr6wrxotudfy34lfrjsooet2tvsrudfvad.onion:8333",
    "t35zxzi6bmtq22mwdmygyjophnvt7wevvrxcmnc2p6g4ojpwhtop5yqd.onion:8333",
    "tet4eei5uiltcdd3t6gwieu5hrfmf22jek5xpnzrusekjhjztar7p4qd.onion:8333",
    "thtzju4iz5vytcj5k32gixt3zagqsauyk3gvqcwxymcbf2uh2dnovjid.onion:8333",
    "tkxx2fvz4dwim3ksq64jbc4ezotdn7tmahpcgguvdnprdxjgm27haqqd.onion:8333",
    "u243bnf3p54ule4un5kdszc3n5dcvpj4oofdgbu5zqkwqrckejsf5mad.onion:8333",
    "u3qhxwdbmjks2hbfouqcvoewbfadjotcgfnl656ahb33imy4ana4zgqd.onion:8333",
    "uegjypkyta55u2h5psaqlucpo3sm3hrumsyg4y7q24kxw3lxtkkwnvid.onion:8333",
    "un7aswzx4gjeym2jg4n65hp3nmgfvh54phkip7qjpudeajmdkdhqlpqd.onion:8333",
    "v327cnzsw7fheim63ge2o54votgzaryprve4usxzqavozecwcunyhuad.onion:8333",
    "vcoc7ldllc6ygydkiae6mopxfhunedgcpjbhs63mkm6v7trivd4ivxad.onion:8333",
    "vfr3vp3ifrsya5uzfwr6kopolohglhr4aso5htmo7js5eyno3fr5eqid.onion:8333",
    "w2qvjxn2eljr5g2s6n4pnyq27jwyydtesfdj2zl6ksz3caqoqmi4zjid.onion:8333",
    "w7uxnbpo7n5ekrljtn7ayhrmrbjqedf7zixpyljsrw2bh67fvbf4rdad.onion:8333",
    "x2my6gggeyq2kddxr2bad32x6luabusxwdbac5juqp4zwzjqxyosg5yd.onion:8333",
    "xn4crbhjyycbj2pa3quv6333i2xpmscbzshmssbhuchc74d6uphblxad.onion:8333",
    "yfgo33tiu6w3nrvnfyw2nmpcwtfozinctn57566y5l4hfcttuvgff7id.onion:8333",
    "yzo2vz4kuitm53zwynkm7ddfdw5escsp5fp7rgf6uspphe653mvdekqd.onion:8333",
    "z4gvqymmj5jmg3dnao7k3vc245pzepqcrevzyh4s5xn5fcc6ape22sqd.onion:8333",
    "zcdv7z3vetrpeo7souyie7u3vyy6w43cuautaogldhs4n2fitytsihyd.onion:8333",
    "zpx2tq27yviwzbpc4nyjfqtlhigoa5k7cwl676nft7bkajo6jq224hid.onion:8333",
    NULL,
};

/* From the time when signet had few DNS seeds; both stand in Bitcoin Core 26. */
static const char *const signet_fixed_seeds[] = {
    "178.128.221.177:38333",
    "v7ajjeirttkbnt32wpy3c6w3emwnfr3fkla7hpxcfokr3ysd3kqtzmqd.onion:38333",
    NULL,
};

static const char *const no_seeds[] = {NULL};

static const struct params networks[NETWORK_COUNT] = {
    [NETWORK_MAIN] =
        {
            .network = NETWORK_MAIN,
            .name = "main",
            .magic = {0xf9, 0xbe, 0xb4, 0xd9},
            .port = 8333,
            .genesis = {GENESIS_START, MERKLE_ROOT_2009, LE32(1231006505u), LE32(0x1d00ffffu),
                        LE32(2083236893u)},
            .genesis_hash = {{0x6f, 0xe2, 0x8c, 0x0a, 0xb6, 0xf1, 0xb3, 0x72, 0xc1, 0xa6, 0xa2,
                              0x46, 0xae, 0x63, 0xf7, 0x4f, 0x93, 0x1e, 0x83, 0x65, 0xe1, 0x5a,
                              0x08, 0x9c, 0x68, 0xd6, 0x19, 0x00, 0x00, 0x00, 0x00, 0x00}},
            .limit_bits = 0x1d00ffff,
            .limit = LIMIT_2_224,
            .version2_height = 227931,
            .version3_height = 363725,
            .version4_height = 388381,
            .minimum_chain_work = {{UINT64_C(0x8918f05ead40b3df), UINT64_C(0x00000001332737cb),
                                    UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000000)}},
            .dns_seeds = main_dns_seeds,
            .fixed_seeds = main_fixed_seeds,
        },
    [NETWORK_TESTNET3] =
        {
            .network = NETWORK_TESTNET3,
            .name = "testnet3",
            .magic = {0x0b, 0x11, 0x09, 0x07},
            .port = 18333,
            .genesis = {GENESIS_START, MERKLE_ROOT_2009, LE32(1296688602u), LE32(0x1d00ffffu),
                        LE32(414098458u)},
            .genesis_hash = {{0x43, 0x49, 0x7f, 0xd7, 0xf8, 0x26, 0x95, 0x71, 0x08, 0xf4, 0xa3,
                              0x0f, 0xd9, 0xce, 0xc3, 0xae, 0xba, 0x79, 0x97, 0x20, 0x84, 0xe9,
                              0x0e, 0xad, 0x01, 0xea, 0x33, 0x09, 0x00, 0x00, 0x00, 0x00}},
            .limit_bits = 0x1d00ffff,
            .limit = LIMIT_2_224,
            .min_difficulty = true,
            .version2_height = 21111,
            .version3_height = 330776,
            .version4_height = 581885,
            .minimum_chain_work = {{UINT64_C(0xe1c649f3708d14b6), UINT64_C(0x00000000000017dd),
                                    UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000000)}},
            .dns_seeds = testnet3_dns_seeds,
            .fixed_seeds = no_seeds,
        },
    [NETWORK_TESTNET4] =
        {
            .network = NETWORK_TESTNET4,
            .name = "testnet4",
            .magic = {0x1c, 0x16, 0x3f, 0x28},
            .port = 48333,
            .genesis = {GENESIS_START, MERKLE_ROOT_2024, LE32(1714777860u), LE32(0x1d00ffffu),
                        LE32(393743547u)},
            .genesis_hash = {{0x43, 0xf0, 0x8b, 0xda, 0xb0, 0x50, 0xe3, 0x5b, 0x56, 0x7c, 0x86,
                              0x4b, 0x91, 0xf4, 0x7f, 0x50, 0xae, 0x72, 0x5a, 0xe2, 0xde, 0x53,
                              0xbc, 0xfb, 0xba, 0xf2, 0x84, 0xda, 0x00, 0x00, 0x00, 0x00}},
            .limit_bits = 0x1d00ffff,
            .limit = LIMIT_2_224,
            .min_difficulty = true,
            .bip94 = true,
            .version2_height = 1,
            .version3_height = 1,
            .version4_height = 1,
            .minimum_chain_work = {{UINT64_C(0xfe15d0177d086304), UINT64_C(0x00000000000009a0),
                                    UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000000)}},
            .dns_seeds = testnet4_dns_seeds,
            .fixed_seeds = no_seeds,
        },
    [NETWORK_SIGNET] =
        {
            .network = NETWORK_SIGNET,
            .name = "signet",
            .magic = {0x0a, 0x03, 0xcf, 0x40},
            .port = 38333,
            .genesis = {GENESIS_START, MERKLE_ROOT_2009, LE32(1598918400u), LE32(0x1e0377aeu),
                        LE32(52613770u)},
            .genesis_hash = {{0xf6, 0x1e, 0xee, 0x3b, 0x63, 0xa3, 0x80, 0xa4, 0x77, 0xa0, 0x63,
                              0xaf, 0x32, 0xb2, 0xbb, 0xc9, 0x7c, 0x9f, 0xf9, 0xf0, 0x1f, 0x2c,
                              0x42, 0x25, 0xe9, 0x73, 0x98, 0x81, 0x08, 0x00, 0x00, 0x00}},
            .limit_bits = 0x1e0377ae,
            .limit = {{UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000000),
                       UINT64_C(0x0000000000000000), UINT64_C(0x00000377ae000000)}},
            .work_only_advisory = true,
            .version2_height = 1,
            .version3_height = 1,
            .version4_height = 1,
            .minimum_chain_work = {{UINT64_C(0x00000b463ea0a4b8), UINT64_C(0x0000000000000000),
                                    UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000000)}},
            .dns_seeds = signet_dns_seeds,
            .fixed_seeds = signet_fixed_seeds,
        },
    [NETWORK_REGTEST] =
        {
            .network = NETWORK_REGTEST,
            .name = "regtest",
            .magic = {0xfa, 0xbf, 0xb5, 0xda},
            .port = 18444,
            .genesis = {GENESIS_START, MERKLE_ROOT_2009, LE32(1296688602u), LE32(0x207fffffu),
                        LE32(2u)},
            .genesis_hash = {{0x06, 0x22, 0x6e, 0x46, 0x11, 0x1a, 0x0b, 0x59, 0xca, 0xaf, 0x12,
                              0x60, 0x43, 0xeb, 0x5b, 0xbf, 0x28, 0xc3, 0x4f, 0x3a, 0x5e, 0x33,
                              0x2a, 0x1f, 0xc7, 0xb2, 0xb7, 0x3c, 0xf1, 0x88, 0x91, 0x0f}},
            .limit_bits = 0x207fffff,
            .limit = LIMIT_2_255,
            .no_retarget = true,
            .version2_height = 1,
            .version3_height = 1,
            .version4_height = 1,
            .minimum_chain_work = {{UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000000),
                                    UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000000)}},
            .dns_seeds = no_seeds,
            .fixed_seeds = no_seeds,
        },
    [NETWORK_TIDENET] =
        {
            .network = NETWORK_TIDENET,
            .name = "tidenet",
            .magic = {0x74, 0x69, 0x64, 0x65},
            .port = 18999,
            .genesis = {GENESIS_START, MERKLE_ROOT_2009, LE32(500000000u), LE32(0x207fffffu),
                        LE32(0u)},
            .genesis_hash = {{0xb7, 0x1c, 0x2d, 0x96, 0x52, 0xc4, 0xc5, 0x6a, 0x4d, 0xc3, 0x8e,
                              0x1d, 0x40, 0x35, 0x2f, 0xa1, 0x3e, 0xde, 0x32, 0x73, 0x47, 0x93,
                              0xe5, 0x33, 0x1e, 0xc3, 0x55, 0x0f, 0x2d, 0x35, 0x6b, 0x1c}},
            .limit_bits = 0x207fffff,
            .limit = LIMIT_2_255,
            .version2_height = 1,
            .version3_height = 1,
            .version4_height = 1,
            .minimum_chain_work = {{UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000000),
                                    UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000000)}},
            .dns_seeds = no_seeds,
            .fixed_seeds = no_seeds,
        },
};

const struct params *params_get(enum network network)
{
    assert((unsigned)network < NETWORK_COUNT);
    return &networks[network];
}

const struct params *params_by_name(const char *name)
{
    if (strcmp(name, "mainnet") == 0)
        name = "main";
    else if (strcmp(name, "test") == 0)
        name = "testnet3";
    for (size_t i = 0; i < NETWORK_COUNT; i++) {
        if (strcmp(networks[i].name, name) == 0)
            return &networks[i];
    }
    return NULL;
}
