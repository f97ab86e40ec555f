// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Entries lie in a dense array; `slots` says which entry stands in each place of the two tables,
 * and `index` finds an address (open addressing, linear probing; twice as many places as there can
 * be entries). Removing swaps the last entry into the gap.
 */
#include "config.h"

#include "monitor/net/addrbook.h"

#include "chain/sha256.h"
#include "monitor/mem.h"
#include "monitor/net/textfile.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NEW_BUCKETS = 256,
    NEW_BUCKET_SIZE = 32,
    NEW_BUCKETS_PER_SOURCE = 32, /* what one source group can reach */
    TRIED_BUCKETS = 64,
    TRIED_BUCKET_SIZE = 16,
    TRIED_BUCKETS_PER_GROUP = 4, /* what one group can reach */
    NEW_SLOTS = NEW_BUCKETS * NEW_BUCKET_SIZE,
    TRIED_SLOTS = TRIED_BUCKETS * TRIED_BUCKET_SIZE,
    SLOTS = NEW_SLOTS + TRIED_SLOTS, /* new first */
    INDEX_SIZE = 32768,              /* a power of two, more than twice SLOTS */
    NOWHERE = UINT16_MAX,
    DISCOURAGED_MAX = 1024,
};

/* When an address is no longer worth its place (as in Bitcoin Core). */
#define HORIZON_S (30 * 86400) /* not heard of for this long */
#define RECENT_S 60            /* tried a minute ago: not now */
#define MAX_RETRIES 3          /* never reached after so many tries */
#define MAX_FAILURES 10        /* failed so often ... */
#define MIN_FAIL_S (7 * 86400) /* ... since a success this long ago */
#define PUNISH_SOURCE_S 7200   /* told times are taken with a grain of salt */
#define DISCOURAGE_S 86400

struct stored {
    struct addrbook_entry entry;
    uint16_t slot;
};

struct discouraged {
    struct netaddr address; /* port 0: it is the host that is not wanted */
    int64_t until;
};

struct addrbook {
    uint64_t (*random)(void *context);
    void *random_context;
    uint8_t key[HASH256_SIZE]; /* decides buckets; secret, kept in the file */
    struct stored *entries;
    size_t count, room;
    uint16_t slots[SLOTS];
    uint16_t index[INDEX_SIZE];
    struct discouraged *discouraged; /* a ring in order of time */
    size_t discouraged_count;
};

static void clear_tables(struct addrbook *book)
{
    book->count = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        book->slots[i] = NOWHERE;
    }
    for (size_t i = 0; i < INDEX_SIZE; i++) {
        book->index[i] = NOWHERE;
    }
}

struct addrbook *addrbook_new(uint64_t (*random)(void *context), void *context)
{
    struct addrbook *book = mem_zeroed(1, sizeof *book);
    book->random = random;
    book->random_context = context;
    for (size_t i = 0; i < sizeof book->key; i += sizeof(uint64_t)) {
        uint64_t bits = random(context);
        memcpy(book->key + i, &bits, sizeof bits);
    }
    clear_tables(book);
    return book;
}

void addrbook_free(struct addrbook *book)
{
    if (book != NULL) {
        free(book->entries);
        free(book->discouraged);
        free(book);
    }
}

size_t addrbook_count(const struct addrbook *book)
{
    return book->count;
}

/* ---- Where an address may stand ----------------------------------------- */

/* A number that depends on the key and on bytes that others choose. tag tells the uses apart. */
static uint64_t keyed(const struct addrbook *book, uint8_t tag, const void *data, size_t len)
{
    uint8_t message[HASH256_SIZE + 1 + 64];
    assert(len <= 64);
    memcpy(message, book->key, HASH256_SIZE);
    message[HASH256_SIZE] = tag;
    memcpy(message + HASH256_SIZE + 1, data, len);
    struct hash256 hash;
    sha256(&hash, message, HASH256_SIZE + 1 + len);
    uint64_t number;
    memcpy(&number, hash.bytes, sizeof number);
    return number;
}

enum { TAG_INDEX, TAG_NEW_SUB, TAG_NEW_BUCKET, TAG_TRIED_SUB, TAG_TRIED_BUCKET, TAG_PLACE };

/* Network, bytes and port, without holes. */
static size_t flatten(uint8_t out[40], const struct netaddr *address)
{
    size_t len = netaddr_length(address->network);
    out[0] = (uint8_t)address->network;
    memcpy(out + 1, address->bytes, len);
    out[1 + len] = (uint8_t)(address->port >> 8);
    out[2 + len] = (uint8_t)address->port;
    return len + 3;
}

static uint16_t place_in(const struct addrbook *book, const struct netaddr *address,
                         uint16_t bucket, uint16_t size)
{
    uint8_t flat[42];
    size_t len = flatten(flat, address);
    flat[len] = (uint8_t)(bucket >> 8);
    flat[len + 1] = (uint8_t)bucket;
    return (uint16_t)(keyed(book, TAG_PLACE, flat, len + 2) % size);
}

static uint16_t new_slot(const struct addrbook *book, const struct addrbook_entry *entry)
{
    uint8_t groups[2 * NETADDR_GROUP_SIZE];
    memcpy(groups, entry->source_group, NETADDR_GROUP_SIZE);
    netaddr_group(groups + NETADDR_GROUP_SIZE, &entry->address);
    uint8_t sub[NETADDR_GROUP_SIZE + 1];
    memcpy(sub, entry->source_group, NETADDR_GROUP_SIZE);
    sub[NETADDR_GROUP_SIZE] =
        (uint8_t)(keyed(book, TAG_NEW_SUB, groups, sizeof groups) % NEW_BUCKETS_PER_SOURCE);
    uint16_t bucket = (uint16_t)(keyed(book, TAG_NEW_BUCKET, sub, sizeof sub) % NEW_BUCKETS);
    return (uint16_t)(bucket * NEW_BUCKET_SIZE +
                      place_in(book, &entry->address, bucket, NEW_BUCKET_SIZE));
}

static uint16_t tried_slot(const struct addrbook *book, const struct netaddr *address)
{
    uint8_t flat[40];
    size_t len = flatten(flat, address);
    uint8_t sub[NETADDR_GROUP_SIZE + 1];
    netaddr_group(sub, address);
    sub[NETADDR_GROUP_SIZE] =
        (uint8_t)(keyed(book, TAG_TRIED_SUB, flat, len) % TRIED_BUCKETS_PER_GROUP);
    uint16_t bucket = (uint16_t)(keyed(book, TAG_TRIED_BUCKET, sub, sizeof sub) % TRIED_BUCKETS);
    uint16_t place = place_in(book, address, (uint16_t)(bucket + NEW_BUCKETS), TRIED_BUCKET_SIZE);
    return (uint16_t)(NEW_SLOTS + bucket * TRIED_BUCKET_SIZE + place);
}

/* ---- The index of addresses --------------------------------------------- */

static size_t index_home(const struct addrbook *book, const struct netaddr *address)
{
    uint8_t flat[40];
    size_t len = flatten(flat, address);
    return keyed(book, TAG_INDEX, flat, len) % INDEX_SIZE;
}

/* The place where the address is, or the free one where it would be. */
static size_t index_find(const struct addrbook *book, const struct netaddr *address)
{
    size_t at = index_home(book, address);
    while (book->index[at] != NOWHERE &&
           !netaddr_equal(&book->entries[book->index[at]].entry.address, address)) {
        at = (at + 1) % INDEX_SIZE;
    }
    return at;
}

/* Frees a place and moves up what stood behind it, so that no search stops early. */
static void index_remove(struct addrbook *book, size_t gap)
{
    book->index[gap] = NOWHERE;
    for (size_t at = (gap + 1) % INDEX_SIZE; book->index[at] != NOWHERE;
         at = (at + 1) % INDEX_SIZE) {
        uint16_t moving = book->index[at];
        size_t home = index_home(book, &book->entries[moving].entry.address);
        if ((at + INDEX_SIZE - home) % INDEX_SIZE >= (at + INDEX_SIZE - gap) % INDEX_SIZE) {
            book->index[gap] = moving;
            book->index[at] = NOWHERE;
            gap = at;
        }
    }
}

static struct stored *find(const struct addrbook *book, const struct netaddr *address)
{
    uint16_t number = book->index[index_find(book, address)];
    return number == NOWHERE ? NULL : &book->entries[number];
}

static void remove_entry(struct addrbook *book, uint16_t number)
{
    struct stored *gone = &book->entries[number];
    index_remove(book, index_find(book, &gone->entry.address));
    if (gone->slot != NOWHERE) {
        book->slots[gone->slot] = NOWHERE;
    }
    uint16_t last = (uint16_t)(book->count - 1);
    if (number != last) {
        struct stored *moved = &book->entries[last];
        book->index[index_find(book, &moved->entry.address)] = number;
        if (moved->slot != NOWHERE) {
            book->slots[moved->slot] = number;
        }
        *gone = *moved;
    }
    book->count--;
}

static struct stored *insert_entry(struct addrbook *book, const struct addrbook_entry *entry,
                                   uint16_t slot)
{
    if (book->count == book->room) {
        book->room = book->room == 0 ? 64 : book->room * 2;
        book->entries = mem_resize(book->entries, book->room, sizeof *book->entries);
    }
    uint16_t number = (uint16_t)book->count;
    size_t at = index_find(book, &entry->address);
    assert(book->index[at] == NOWHERE && book->slots[slot] == NOWHERE);
    book->entries[book->count++] = (struct stored){.entry = *entry, .slot = slot};
    book->index[at] = number;
    book->slots[slot] = number;
    return &book->entries[number];
}

/* ---- Adding, trying, succeeding ----------------------------------------- */

/* Tried within the last so many seconds? A time that lies ahead was noted before the clock was set
 * back, and says nothing. */
static bool tried_within(const struct addrbook_entry *entry, int64_t now, int64_t seconds)
{
    return entry->last_attempt > now - seconds && entry->last_attempt <= now;
}

/* No longer worth its place: too old, from the future, or never reached. */
static bool is_terrible(const struct addrbook_entry *entry, int64_t now)
{
    if (tried_within(entry, now, RECENT_S)) {
        return false; /* not judged while it is being tried */
    }
    if (entry->last_seen > now + 600 || entry->last_seen < now - HORIZON_S) {
        return true;
    }
    if (entry->last_success == 0) {
        return entry->attempts >= MAX_RETRIES;
    }
    return entry->last_success < now - MIN_FAIL_S && entry->attempts >= MAX_FAILURES;
}

/* Puts an entry into new unless a better one stands in its place. */
static bool place_new(struct addrbook *book, const struct addrbook_entry *entry, int64_t now)
{
    uint16_t slot = new_slot(book, entry);
    if (book->slots[slot] != NOWHERE) {
        if (!is_terrible(&book->entries[book->slots[slot]].entry, now)) {
            return false;
        }
        remove_entry(book, book->slots[slot]);
    }
    insert_entry(book, entry, slot);
    return true;
}

bool addrbook_add(struct addrbook *book, const struct netaddr *address,
                  const struct netaddr *source, uint64_t services, int64_t last_seen, int64_t now)
{
    if (!netaddr_routable(address) || addrbook_discouraged(book, address, now)) {
        return false;
    }
    int64_t seen = last_seen <= 0 || last_seen > now + 600 ? now - 5 * 86400 : last_seen;
    seen -= netaddr_equal(address, source) ? 0 : PUNISH_SOURCE_S;
    struct stored *known = find(book, address);
    if (known != NULL) {
        if (seen > known->entry.last_seen) {
            known->entry.last_seen = seen;
        }
        known->entry.services |= services;
        return true;
    }
    struct addrbook_entry entry = {.address = *address, .services = services, .last_seen = seen};
    netaddr_group(entry.source_group, source);
    return !is_terrible(&entry, now) && place_new(book, &entry, now);
}

void addrbook_attempt(struct addrbook *book, const struct netaddr *address, int64_t now)
{
    struct stored *known = find(book, address);
    if (known != NULL) {
        known->entry.last_attempt = now;
        known->entry.attempts++;
    }
}

/* Makes room in tried: who stands there goes back to new, if there is room for it. */
static void make_room(struct addrbook *book, uint16_t slot, int64_t now)
{
    if (book->slots[slot] == NOWHERE) {
        return;
    }
    struct addrbook_entry evicted = book->entries[book->slots[slot]].entry;
    remove_entry(book, book->slots[slot]);
    evicted.tried = false;
    place_new(book, &evicted, now);
}

void addrbook_good(struct addrbook *book, const struct netaddr *address, uint64_t services,
                   int64_t now)
{
    struct stored *known = find(book, address);
    if (known == NULL) {
        return;
    }
    struct addrbook_entry entry = known->entry;
    entry.last_success = now;
    entry.last_seen = now;
    entry.attempts = 0;
    entry.services = services;
    if (entry.tried) {
        known->entry = entry;
        return;
    }
    entry.tried = true;
    remove_entry(book, (uint16_t)(known - book->entries));
    uint16_t slot = tried_slot(book, address);
    make_room(book, slot, now);
    insert_entry(book, &entry, slot);
}

bool addrbook_get(const struct addrbook *book, struct addrbook_entry *out,
                  const struct netaddr *address)
{
    const struct stored *known = find(book, address);
    if (known != NULL) {
        *out = known->entry;
    }
    return known != NULL;
}

/* ---- Choosing ----------------------------------------------------------- */

/* Chance in 1/65536 that an entry which was drawn is taken: it falls with each failure, and is
 * small right after a try. */
static uint32_t chance(const struct addrbook_entry *entry, int64_t now)
{
    uint32_t parts = 65536;
    if (tried_within(entry, now, 600)) {
        parts /= 100;
    }
    for (uint32_t i = 0; i < entry->attempts && i < 8; i++) {
        parts = parts * 2 / 3;
    }
    return parts;
}

/* Walks one table from a random place on and takes the first entry that is wanted and lucky; the
 * luck grows with each round. */
static bool choose_from(struct addrbook *book, struct addrbook_entry *out, uint16_t first,
                        uint16_t size, int64_t now, addrbook_wanted_fn wanted, void *context)
{
    uint32_t boost = 1;
    for (int round = 0; round < 4; round++, boost *= 12) {
        uint64_t chance_bits = book->random(book->random_context);
        uint16_t start = (uint16_t)(chance_bits % size);
        for (uint16_t i = 0; i < size; i++) {
            uint16_t number = book->slots[first + (start + i) % size];
            if (number == NOWHERE) {
                continue;
            }
            const struct addrbook_entry *entry = &book->entries[number].entry;
            if (tried_within(entry, now, RECENT_S) || !wanted(context, entry)) {
                continue;
            }
            if (book->random(book->random_context) % 65536 < (uint64_t)chance(entry, now) * boost) {
                *out = *entry;
                return true;
            }
        }
    }
    return false;
}

bool addrbook_choose(struct addrbook *book, struct addrbook_entry *out, bool new_only, int64_t now,
                     addrbook_wanted_fn wanted, void *context)
{
    if (book->count == 0) {
        return false;
    }
    /* Both tables are as likely, so that whoever fills new with rubbish gets half of the tries at
     * most. */
    bool tried_first = !new_only && book->random(book->random_context) % 2 == 0;
    if (tried_first && choose_from(book, out, NEW_SLOTS, TRIED_SLOTS, now, wanted, context)) {
        return true;
    }
    if (choose_from(book, out, 0, NEW_SLOTS, now, wanted, context)) {
        return true;
    }
    return !new_only && !tried_first &&
           choose_from(book, out, NEW_SLOTS, TRIED_SLOTS, now, wanted, context);
}

/* ---- Discouraged -------------------------------------------------------- */

static bool same_host(const struct netaddr *a, const struct netaddr *b)
{
    return a->network == b->network && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void addrbook_discourage(struct addrbook *book, const struct netaddr *address, int64_t now)
{
    if (book->discouraged == NULL) {
        book->discouraged = mem_zeroed(DISCOURAGED_MAX, sizeof *book->discouraged);
    }
    struct stored *known = find(book, address);
    if (known != NULL) {
        remove_entry(book, (uint16_t)(known - book->entries));
    }
    size_t at = book->discouraged_count++ % DISCOURAGED_MAX;
    book->discouraged[at] = (struct discouraged){.address = *address, .until = now + DISCOURAGE_S};
}

/* Later than any that is noted now: from before the clock was set back. */
static bool still_holds(const struct discouraged *discouraged, int64_t now)
{
    return discouraged->until > now && discouraged->until <= now + DISCOURAGE_S;
}

bool addrbook_discouraged(const struct addrbook *book, const struct netaddr *address, int64_t now)
{
    for (size_t i = 0; i < book->discouraged_count && i < DISCOURAGED_MAX; i++) {
        if (still_holds(&book->discouraged[i], now) &&
            same_host(&book->discouraged[i].address, address)) {
            return true;
        }
    }
    return false;
}

size_t addrbook_discouraged_count(const struct addrbook *book, int64_t now)
{
    size_t count = 0;
    for (size_t i = 0; i < book->discouraged_count && i < DISCOURAGED_MAX; i++) {
        count += still_holds(&book->discouraged[i], now);
    }
    return count;
}

/* ---- The file ----------------------------------------------------------- */

/*
 * Line 1: "hashtide-peers 1 KEY" with the secret key in hex. Then lines of
 * ADDRESS SERVICES LAST_SEEN LAST_ATTEMPT LAST_SUCCESS ATTEMPTS TRIED SOURCE_GROUP, services and
 * group in hex, the rest decimal.
 */
#define FILE_HEAD "hashtide-peers 1 "

static void load_line(struct addrbook *book, const char *line, int64_t now)
{
    char address[NETADDR_TEXT_SIZE];
    uint64_t group;
    unsigned tried;
    struct addrbook_entry entry = {0};
    int used = 0;
    int fields = sscanf(line,
                        "%79s %" SCNx64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNu32
                        " %1u %16" SCNx64 "%n",
                        address, &entry.services, &entry.last_seen, &entry.last_attempt,
                        &entry.last_success, &entry.attempts, &tried, &group, &used);
    if (fields != 8 || line[used] != '\0' || tried > 1 ||
        !netaddr_parse(&entry.address, address, 0) || !netaddr_routable(&entry.address) ||
        find(book, &entry.address) != NULL) {
        return;
    }
    for (size_t i = 0; i < NETADDR_GROUP_SIZE; i++) {
        entry.source_group[i] = (uint8_t)(group >> (8 * (NETADDR_GROUP_SIZE - 1 - i)));
    }
    /* Times from a file written under a wrong clock would make an entry immortal. */
    entry.last_attempt = entry.last_attempt > now ? 0 : entry.last_attempt;
    entry.last_success = entry.last_success > now ? 0 : entry.last_success;
    entry.tried = tried == 1 && entry.last_success != 0;
    if (entry.tried && book->slots[tried_slot(book, &entry.address)] == NOWHERE) {
        insert_entry(book, &entry, tried_slot(book, &entry.address));
    } else {
        entry.tried = false;
        place_new(book, &entry, now);
    }
}

struct loading {
    struct addrbook *book;
    int64_t now;
    bool head_seen;
};

static bool load_each(void *context, const char *line)
{
    struct loading *loading = context;
    if (loading->head_seen) {
        load_line(loading->book, line, loading->now);
        return true;
    }
    loading->head_seen = true;
    struct hash256 key;
    if (strncmp(line, FILE_HEAD, strlen(FILE_HEAD)) != 0 ||
        !hash256_from_hex(&key, line + strlen(FILE_HEAD))) {
        return false; /* not ours, or of another version: begin anew */
    }
    memcpy(loading->book->key, key.bytes, sizeof loading->book->key);
    return true;
}

bool addrbook_load(struct addrbook *book, const char *path, int64_t now)
{
    assert(book->count == 0);
    struct loading loading = {.book = book, .now = now};
    return textfile_read(path, load_each, &loading);
}

/* What textfile_replace() hands through. */
struct saving {
    const struct addrbook *book;
};

static void save_to(void *context, FILE *out)
{
    const struct addrbook *book = ((const struct saving *)context)->book;
    struct hash256 key;
    char hex[HASH256_HEX_SIZE];
    memcpy(key.bytes, book->key, sizeof key.bytes);
    hash256_to_hex(hex, &key);
    fprintf(out, FILE_HEAD "%s\n", hex);
    for (size_t i = 0; i < book->count; i++) {
        const struct addrbook_entry *e = &book->entries[i].entry;
        char address[NETADDR_TEXT_SIZE];
        netaddr_format(address, &e->address);
        fprintf(out, "%s %" PRIx64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRIu32 " %d ", address,
                e->services, e->last_seen, e->last_attempt, e->last_success, e->attempts, e->tried);
        for (size_t b = 0; b < NETADDR_GROUP_SIZE; b++) {
            fprintf(out, "%02x", (unsigned)e->source_group[b]);
        }
        fputc('\n', out);
    }
}

bool addrbook_save(const struct addrbook *book, const char *path)
{
    struct saving saving = {.book = book};
    return textfile_replace(path, save_to, &saving);
}
