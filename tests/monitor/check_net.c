// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The parts of monitor/net that do no I/O of their own: SOCKS5, address book, selection, clock.
 */
#include "config.h"

#include "monitor/net/addrbook.h"
#include "monitor/net/clock.h"
#include "monitor/net/select.h"
#include "monitor/net/socks5.h"
#include "monitor/net/textfile.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW INT64_C(1700000000)
#define ONION "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"

static uint64_t chance(void *context)
{
    return test_random_u64(context);
}

static struct netaddr address_of(const char *text)
{
    struct netaddr address;
    ck_assert_msg(netaddr_parse(&address, text, 8333), "%s", text);
    return address;
}

/* The n-th address of many, each in a group of its own. */
static struct netaddr nth(uint32_t n)
{
    return (struct netaddr){.network = NETADDR_IPV4,
                            .bytes = {(uint8_t)(20 + n / 250), (uint8_t)(1 + n % 250), 1, 1},
                            .port = 8333};
}

/* ---- SOCKS5 ---- */

/* Feeds bytes in pieces of random length; returns how many were used, output is the last one. */
static size_t feed(struct socks5 *socks, struct socks5_output *output, const uint8_t *bytes,
                   size_t len, struct test_random *random)
{
    size_t used = 0;
    struct socks5_output last = {.len = 0};
    while (used < len && socks->state != SOCKS5_DONE && socks->state != SOCKS5_FAILED) {
        size_t piece = 1 + test_random_below(random, (uint32_t)(len - used));
        used += socks5_bytes(socks, output, bytes + used, piece);
        if (output->len > 0)
            last = *output;
    }
    *output = last;
    return used;
}

START_TEST(socks5_reaches_what_can_be_named)
{
    static const struct netaddr none = {.network = NETADDR_NONE};
    struct test_random random = test_random_init(test_seed(), 1);
    struct netaddr onion = address_of(ONION ":8333");
    struct netaddr four = address_of("1.2.3.4:18444");
    struct netaddr six = address_of("[2001:4860::1]:8333");
    const struct {
        const struct netaddr *address;
        const char *host;
        size_t request_len;
        uint8_t type;
    } cases[] = {{&four, NULL, 10, 1},
                 {&six, NULL, 22, 4},
                 {&onion, NULL, 7 + 62, 3},
                 {&none, "seed.example", 7 + 12, 3}};
    static const uint8_t plain[] = {5, 0};
    static const uint8_t reply[] = {5, 0, 0, 3, 4, 'h', 'o', 's', 't', 1, 2, 'P', 'E', 'E', 'R'};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct socks5 socks;
        struct socks5_output output;
        ck_assert(socks5_start(&socks, &output, cases[i].address, cases[i].host, 8333, 7));
        ck_assert_mem_eq(output.bytes, "\5\2\0\2", 4);
        ck_assert_uint_eq(feed(&socks, &output, plain, 2, &random), 2);
        ck_assert_uint_eq(output.len, cases[i].request_len);
        ck_assert_uint_eq(output.bytes[1], 1);
        ck_assert_uint_eq(output.bytes[3], cases[i].type);
        /* What comes behind the reply is left for the peer. */
        ck_assert_uint_eq(feed(&socks, &output, reply, sizeof reply, &random), sizeof reply - 4);
        ck_assert_int_eq(socks.state, SOCKS5_DONE);
    }
}
END_TEST

START_TEST(socks5_isolates_by_user)
{
    struct test_random random = test_random_init(test_seed(), 2);
    struct netaddr four = address_of("1.2.3.4:18444");
    struct socks5 socks;
    struct socks5_output output;
    ck_assert(socks5_start(&socks, &output, &four, NULL, 0, 0x0123456789abcdef));
    feed(&socks, &output, (const uint8_t *)"\5\2", 2, &random);
    ck_assert_uint_eq(output.len, 3 + 2 * 16);
    ck_assert_mem_eq(output.bytes,
                     "\1\020"
                     "0123456789abcdef"
                     "\020"
                     "0123456789abcdef",
                     35);
    feed(&socks, &output, (const uint8_t *)"\1\0", 2, &random);
    ck_assert_int_eq(socks.state, SOCKS5_REQUEST);
    ck_assert_uint_eq(output.len, 10);
}
END_TEST

START_TEST(socks5_failures_have_names)
{
    struct test_random random = test_random_init(test_seed(), 3);
    struct netaddr four = address_of("1.2.3.4:18444");
    const struct {
        const char *bytes;
        size_t len;
        const char *says;
    } cases[] = {
        {"HTTP/1.1 400", 12, "as a SOCKS5 proxy"},
        {"\4\0", 2, "as a SOCKS5 proxy"},
        {"\5\377", 2, "authentication"},
        {"\5\2\1\1", 4, "user name"},
        {"\5\0\5\5", 4, "refused"},
        {"\5\0\5\11", 4, "unknown error"},
        {"\5\0\5\0\0\7", 6, "makes no sense"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct socks5 socks;
        struct socks5_output output;
        ck_assert(socks5_start(&socks, &output, &four, NULL, 0, 0));
        feed(&socks, &output, (const uint8_t *)cases[i].bytes, cases[i].len, &random);
        ck_assert_int_eq(socks.state, SOCKS5_FAILED);
        ck_assert_msg(strstr(socks.error, cases[i].says) != NULL, "%s", socks.error);
    }
}
END_TEST

START_TEST(socks5_survives_any_bytes)
{
    struct test_random random = test_random_init(test_seed(), 4);
    struct netaddr four = address_of("1.2.3.4:18444");
    for (size_t round = 0; round < 20000; round++) {
        uint8_t bytes[300];
        struct socks5 socks;
        struct socks5_output output;
        test_random_fill(&random, bytes, sizeof bytes);
        bytes[0] = 5; /* further in than chance would get */
        bytes[1] = test_random_one_in(&random, 2) ? 0 : 2;
        bytes[2] = bytes[1] == 0 ? 5 : 1;
        bytes[3] = 0;
        ck_assert(socks5_start(&socks, &output, &four, NULL, 0, 0));
        ck_assert_uint_le(feed(&socks, &output, bytes, sizeof bytes, &random), sizeof bytes);
        ck_assert_int_ne(socks.state, SOCKS5_GREETING);
    }
}
END_TEST

START_TEST(socks5_refuses_what_cannot_be_named)
{
    struct netaddr i2p = {.network = NETADDR_I2P, .port = 1};
    struct netaddr none = {.network = NETADDR_NONE};
    char name[300];
    struct socks5 socks;
    struct socks5_output output;
    memset(name, 'a', sizeof name);
    name[256] = '\0';
    ck_assert(!socks5_start(&socks, &output, &i2p, NULL, 0, 0));
    ck_assert(!socks5_start(&socks, &output, &none, name, 1, 0));
    name[255] = '\0';
    ck_assert(socks5_start(&socks, &output, &none, name, 1, 0));
    ck_assert(!socks5_start(&socks, &output, &none, "", 1, 0));
}
END_TEST

/* ---- The address book ---- */

static bool any(void *context, const struct addrbook_entry *entry)
{
    (void)context;
    (void)entry;
    return true;
}

START_TEST(addrbook_keeps_what_it_is_told)
{
    struct test_random random = test_random_init(test_seed(), 5);
    struct addrbook *book = addrbook_new(chance, &random);
    struct netaddr source = address_of("9.9.9.9"), a = nth(1), local = address_of("127.0.0.1");
    struct addrbook_entry entry;
    ck_assert(!addrbook_choose(book, &entry, false, NOW, any, NULL));
    ck_assert(addrbook_add(book, &a, &source, 9, NOW - 100, NOW));
    ck_assert(addrbook_add(book, &a, &source, 9, NOW - 50, NOW)); /* the same again */
    ck_assert(!addrbook_add(book, &local, &source, 9, NOW, NOW));
    ck_assert(!addrbook_add(book, &(struct netaddr){.network = NETADDR_IPV4, .bytes = {8, 8}},
                            &source, 9, NOW - 40 * 86400, NOW)); /* too old */
    ck_assert_uint_eq(addrbook_count(book), 1);
    ck_assert(addrbook_choose(book, &entry, true, NOW, any, NULL));
    ck_assert(netaddr_equal(&entry.address, &a));
    addrbook_attempt(book, &a, NOW);
    ck_assert(!addrbook_choose(book, &entry, false, NOW, any, NULL)); /* only just tried */
    addrbook_good(book, &a, 1033, NOW);
    ck_assert(addrbook_get(book, &entry, &a));
    ck_assert(entry.tried && entry.attempts == 0 && entry.services == 1033);
    ck_assert(!addrbook_choose(book, &entry, true, NOW + 3600, any, NULL)); /* no longer new */
    ck_assert(addrbook_choose(book, &entry, false, NOW + 3600, any, NULL));
    addrbook_free(book);
}
END_TEST

START_TEST(addrbook_forgets_times_that_lie_ahead)
{
    struct test_random random = test_random_init(test_seed(), 20);
    struct addrbook *book = addrbook_new(chance, &random);
    struct netaddr a = {.network = NETADDR_IPV4, .bytes = {8, 8, 8, 8}, .port = 8333};
    struct netaddr b = {.network = NETADDR_IPV4, .bytes = {9, 9, 9, 9}, .port = 8333};
    int64_t wrong = NOW + 365 * 86400; /* until the clock is set */
    struct addrbook_entry entry;
    ck_assert(addrbook_add(book, &a, &b, 9, wrong, wrong));
    addrbook_attempt(book, &a, wrong);
    addrbook_discourage(book, &b, wrong);
    ck_assert(addrbook_discouraged(book, &b, wrong));
    ck_assert(addrbook_choose(book, &entry, false, NOW, any, NULL));
    ck_assert(!addrbook_discouraged(book, &b, NOW));
    addrbook_free(book);
}
END_TEST

START_TEST(addrbook_is_bounded)
{
    struct test_random random = test_random_init(test_seed(), 6);
    struct addrbook *book = addrbook_new(chance, &random);
    struct netaddr one_source = address_of("9.9.9.9");
    /* One source, however much it says, gets an eighth of the new table. */
    for (uint32_t i = 0; i < 20000; i++) {
        struct netaddr address = nth(i % 40000);
        address.bytes[2] = (uint8_t)(i / 40000);
        addrbook_add(book, &address, &one_source, 1, NOW - 100, NOW);
    }
    ck_assert_uint_le(addrbook_count(book), 32 * 32);
    ck_assert_uint_ge(addrbook_count(book), 32 * 16);
    /* Many sources fill it, and no more. */
    for (uint32_t i = 0; i < 60000; i++) {
        struct netaddr address = nth(test_random_below(&random, 50000));
        struct netaddr source = nth(test_random_below(&random, 50000));
        address.bytes[3] = (uint8_t)(1 + test_random_below(&random, 200));
        addrbook_add(book, &address, &source, 1, NOW - 100, NOW);
        if (test_random_one_in(&random, 4))
            addrbook_good(book, &address, 1, NOW);
    }
    ck_assert_uint_le(addrbook_count(book), 8192 + 1024);
    ck_assert_uint_ge(addrbook_count(book), 6000);
    addrbook_free(book);
}
END_TEST

/* A second book, plain and slow: the set of addresses that must and must not be found. */
START_TEST(addrbook_finds_all_that_it_has)
{
    struct test_random random = test_random_init(test_seed(), 7);
    struct addrbook *book = addrbook_new(chance, &random);
    bool discouraged[500] = {false};
    for (size_t round = 0; round < 20000; round++) {
        uint32_t n = test_random_below(&random, 500);
        struct netaddr address = nth(n), source = nth(test_random_below(&random, 500));
        struct addrbook_entry entry;
        switch (test_random_below(&random, 5)) {
        case 0:
            if (test_random_one_in(&random, 20)) {
                addrbook_discourage(book, &address, NOW);
                discouraged[n] = true;
            }
            break;
        case 1:
            addrbook_attempt(book, &address, NOW);
            break;
        case 2:
            addrbook_good(book, &address, 1, NOW);
            break;
        default: {
            size_t before = addrbook_count(book);
            bool known = addrbook_get(book, &entry, &address);
            bool taken = addrbook_add(book, &address, &source, 1, NOW - 10, NOW);
            ck_assert(addrbook_get(book, &entry, &address) == (known || taken));
            ck_assert(addrbook_count(book) <= before + (taken && !known));
            break;
        }
        }
        ck_assert(addrbook_discouraged(book, &address, NOW) == discouraged[n]);
        ck_assert(!discouraged[n] || !addrbook_get(book, &entry, &address));
    }
    ck_assert(!addrbook_discouraged(book, &(struct netaddr){.network = NETADDR_IPV4}, NOW));
    ck_assert_uint_eq(addrbook_discouraged_count(book, NOW + 86401), 0);
    addrbook_free(book);
}
END_TEST

static void file_path(char path[64])
{
    snprintf(path, 64, "/tmp/hashtide-check-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

START_TEST(addrbook_survives_its_file)
{
    struct test_random random = test_random_init(test_seed(), 8);
    struct addrbook *book = addrbook_new(chance, &random);
    struct addrbook *again = addrbook_new(chance, &random);
    struct netaddr onion = address_of(ONION ":8333"), six = address_of("[2001:4860::1]:8333");
    char path[64];
    file_path(path);
    for (uint32_t i = 0; i < 300; i++) {
        struct netaddr address = nth(i), source = nth(i / 3);
        addrbook_add(book, &address, &source, 9, NOW - i, NOW);
        if (i % 5 == 0)
            addrbook_good(book, &address, 1033, NOW - 1);
    }
    addrbook_add(book, &onion, &onion, 9, NOW, NOW);
    addrbook_add(book, &six, &six, 9, NOW, NOW);
    ck_assert(addrbook_save(book, path));
    ck_assert(addrbook_load(again, path, NOW));
    ck_assert_uint_eq(addrbook_count(again), addrbook_count(book));
    for (uint32_t i = 0; i < 302; i++) {
        struct netaddr address = i < 300 ? nth(i) : i == 300 ? onion : six;
        struct addrbook_entry a = {.services = 0}, b = {.services = 0};
        ck_assert(addrbook_get(book, &a, &address) == addrbook_get(again, &b, &address));
        ck_assert_uint_eq(a.services, b.services);
        ck_assert_int_eq(a.last_success, b.last_success);
        ck_assert(a.tried == b.tried);
        ck_assert_mem_eq(a.source_group, b.source_group, NETADDR_GROUP_SIZE);
    }
    addrbook_free(book);
    addrbook_free(again);
    unlink(path);
}
END_TEST

/* Any file is survived, and what is not ours leaves the book empty. */
START_TEST(addrbook_survives_any_file)
{
    struct test_random random = test_random_init(test_seed(), 9);
    char path[64];
    file_path(path);
    for (size_t round = 0; round < 300; round++) {
        struct addrbook *book = addrbook_new(chance, &random);
        for (uint32_t i = 0; i < 20; i++) {
            struct netaddr address = nth(i);
            addrbook_add(book, &address, &address, 9, NOW, NOW);
        }
        ck_assert(addrbook_save(book, path));
        addrbook_free(book);
        FILE *file = fopen(path, "r+");
        ck_assert_ptr_nonnull(file);
        for (uint32_t i = 0; i < 1 + round % 8; i++) {
            fseek(file, (long)test_random_below(&random, 1500), SEEK_SET);
            fputc((int)test_random_below(&random, 256), file);
        }
        fclose(file);
        book = addrbook_new(chance, &random);
        ck_assert(addrbook_load(book, path, NOW));
        ck_assert_uint_le(addrbook_count(book), 20 + 8);
        addrbook_free(book);
    }
    struct addrbook *book = addrbook_new(chance, &random);
    ck_assert(addrbook_load(book, "/nonexistent/peers.dat", NOW));
    ck_assert(!addrbook_save(book, "/nonexistent/peers.dat"));
    ck_assert(!addrbook_load(book, "/", NOW));
    addrbook_free(book);
    unlink(path);
}
END_TEST

/* ---- Selection ---- */

START_TEST(select_takes_distinct_groups)
{
    struct test_random random = test_random_init(test_seed(), 10);
    struct addrbook *book = addrbook_new(chance, &random);
    struct netaddr used[8];
    struct select_view view = {
        .book = book, .used = used, .networks = select_reachable(false, NULL, 0), .now = NOW};
    for (uint32_t i = 0; i < 200; i++) { /* of four groups */
        struct netaddr address = nth(i % 4);
        address.bytes[3] = (uint8_t)(1 + i);
        addrbook_add(book, &address, &address, 1, NOW - 10, NOW);
    }
    while (select_outbound(book, &used[view.used_count], &view))
        ck_assert_uint_lt(++view.used_count, 5);
    ck_assert_uint_eq(view.used_count, 4);
    addrbook_free(book);
}
END_TEST

START_TEST(select_obeys_onlynet)
{
    char *onion[] = {(char[]){"onion"}};
    char *six[] = {(char[]){"ipv6"}, (char[]){"ipv4"}};
    ck_assert_uint_eq(select_reachable(false, onion, 1), 0);
    ck_assert_uint_eq(select_reachable(true, onion, 1), SELECT_NETWORK(NETADDR_TORV3));
    ck_assert_uint_eq(select_reachable(false, six, 1), SELECT_NETWORK(NETADDR_IPV6));
    ck_assert_uint_eq(select_reachable(false, six, 2),
                      SELECT_NETWORK(NETADDR_IPV6) | SELECT_NETWORK(NETADDR_IPV4));
    ck_assert_uint_eq(select_reachable(true, NULL, 0), SELECT_NETWORK(NETADDR_IPV6) |
                                                           SELECT_NETWORK(NETADDR_IPV4) |
                                                           SELECT_NETWORK(NETADDR_TORV3));
}
END_TEST

START_TEST(select_avoids_the_discouraged)
{
    struct test_random random = test_random_init(test_seed(), 11);
    struct addrbook *book = addrbook_new(chance, &random);
    struct netaddr a = nth(1), out;
    struct select_view view = {
        .book = book, .networks = select_reachable(false, NULL, 0), .now = NOW};
    addrbook_add(book, &a, &a, 1, NOW - 10, NOW);
    ck_assert(select_outbound(book, &out, &view));
    addrbook_discourage(book, &a, NOW);
    ck_assert(!select_allowed(&view, &a));
    ck_assert(!addrbook_add(book, &a, &a, 1, NOW - 10, NOW));
    ck_assert(!select_outbound(book, &out, &view));
    view.now += 86401;
    ck_assert(select_allowed(&view, &a));
    addrbook_free(book);
}
END_TEST

/* ---- The clock ---- */

START_TEST(clock_watch_tells_jumps_from_steering)
{
    struct clock_watch watch = {.started = false};
    struct instant now = {.wall_ms = 1700000000000, .mono_ms = 5000};
    ck_assert_int_eq(clock_watch_step(&watch, now), 0);
    for (int i = 0; i < 10000; i++) { /* a fast oscillator, steered: 500 ppm for a day */
        now.mono_ms += 10000;
        now.wall_ms += 10005;
        ck_assert_int_eq(clock_watch_step(&watch, now), 0);
    }
    now.wall_ms -= 3600000;
    ck_assert_int_eq(clock_watch_step(&watch, now), -3600000);
    ck_assert_int_eq(clock_watch_step(&watch, now), 0);
    now.wall_ms += 2000;
    ck_assert_int_eq(clock_watch_step(&watch, now), 2000);
}
END_TEST

START_TEST(clock_reads_something_sensible)
{
    struct instant a = clock_now(), b = clock_now();
    ck_assert_int_gt(a.wall_ms, 1600000000000);
    ck_assert_int_ge(b.mono_ms, a.mono_ms);
    ck_assert_int_ge(clock_wall_ms(NULL), a.wall_ms - 86400000);
}
END_TEST

/* ---- Text files ---- */

static bool count_line(void *context, const char *line)
{
    size_t *count = context;
    ck_assert(strchr(line, '\n') == NULL);
    (*count)++;
    return true;
}

static void write_lines(void *context, FILE *out)
{
    for (int i = 0; i < *(const int *)context; i++)
        fprintf(out, "line %d\n", i);
}

START_TEST(textfile_is_whole_or_as_before)
{
    char path[64], other[80];
    size_t count = 0;
    int lines = 5;
    file_path(path);
    ck_assert(textfile_replace(path, write_lines, &lines));
    ck_assert(textfile_read(path, count_line, &count));
    ck_assert_uint_eq(count, 5);
    snprintf(other, sizeof other, "%s.new", path);
    ck_assert_int_ne(access(other, F_OK), 0);
    FILE *file = fopen(path, "a"); /* a cut line at the end is no line */
    ck_assert_ptr_nonnull(file);
    fputs("half a li", file);
    fclose(file);
    count = 0;
    ck_assert(textfile_read(path, count_line, &count));
    ck_assert_uint_eq(count, 5);
    unlink(path);
    count = 0;
    ck_assert(textfile_read(path, count_line, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        socks5_reaches_what_can_be_named,
        socks5_isolates_by_user,
        socks5_failures_have_names,
        socks5_survives_any_bytes,
        socks5_refuses_what_cannot_be_named,
        addrbook_keeps_what_it_is_told,
        addrbook_forgets_times_that_lie_ahead,
        addrbook_is_bounded,
        addrbook_finds_all_that_it_has,
        addrbook_survives_its_file,
        addrbook_survives_any_file,
        select_takes_distinct_groups,
        select_obeys_onlynet,
        select_avoids_the_discouraged,
        clock_watch_tells_jumps_from_steering,
        clock_reads_something_sensible,
        textfile_is_whole_or_as_before,
    };
    return TEST_MAIN("net", tests);
}
