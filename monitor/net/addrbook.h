// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * addrbook: addresses of peers that we know or have heard of, and those we want nothing more of.
 *
 * Two tables, as in Bitcoin Core: "new" for what others told us, "tried" for what has answered.
 * Each is an array of buckets; a secret key decides which bucket an address may stand in, by the
 * network group of the address and of who told it. So one source can fill only a few buckets of
 * new, and one group only a few of tried, however many addresses it names: crowding out honest
 * addresses is dear. All is bounded: 8192 + 1024 entries, about 900 kB when full; entries are
 * allocated as they come.
 *
 * The file (peers.dat) is text, one address a line, written whole to a new file that then replaces
 * the old one. Lines that make no sense are passed over: the worst that a broken file can do is to
 * make us ask the seeds again.
 */
#ifndef HASHTIDE_MONITOR_NET_ADDRBOOK_H
#define HASHTIDE_MONITOR_NET_ADDRBOOK_H

#include "chain/netaddr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addrbook; /* opaque */

/** What is known of an address. Times are UNIX seconds, 0 never. */
struct addrbook_entry {
    struct netaddr address;
    uint64_t services;
    uint8_t source_group[NETADDR_GROUP_SIZE]; /* of who told us */
    int64_t last_seen;                        /* as told, or our own last contact */
    int64_t last_attempt;
    int64_t last_success; /* last handshake */
    uint32_t attempts;    /* without success, since the last one */
    bool tried;
};

/** random: where chance comes from (64 unguessable bits). */
struct addrbook *addrbook_new(uint64_t (*random)(void *context), void *context);
void addrbook_free(struct addrbook *book);

/** Number of entries, both tables. */
size_t addrbook_count(const struct addrbook *book);
/** Adds or refreshes an address that source told us of; false when it is not taken (unroutable, no
 * room in its bucket, discouraged). */
bool addrbook_add(struct addrbook *book, const struct netaddr *address,
                  const struct netaddr *source, uint64_t services, int64_t last_seen, int64_t now);
/** A connection is being tried. */
void addrbook_attempt(struct addrbook *book, const struct netaddr *address, int64_t now);
/** A handshake was done: the address moves to tried (the one whose place it takes goes back to
 * new). */
void addrbook_good(struct addrbook *book, const struct netaddr *address, uint64_t services,
                   int64_t now);
/** What is known of an address; false if nothing. */
bool addrbook_get(const struct addrbook *book, struct addrbook_entry *out,
                  const struct netaddr *address);

/** Which entries a choice may fall on. */
typedef bool (*addrbook_wanted_fn)(void *context, const struct addrbook_entry *entry);
/**
 * An entry by chance among those that wanted() likes; those that failed or were tried a moment ago
 * are less likely. new_only: for feelers. False if there is none.
 */
bool addrbook_choose(struct addrbook *book, struct addrbook_entry *out, bool new_only, int64_t now,
                     addrbook_wanted_fn wanted, void *context);

/** Wants nothing of an address for a day. Bounded: the oldest is forgotten. */
void addrbook_discourage(struct addrbook *book, const struct netaddr *address, int64_t now);
bool addrbook_discouraged(const struct addrbook *book, const struct netaddr *address, int64_t now);
size_t addrbook_discouraged_count(const struct addrbook *book, int64_t now);

/** Reads the file into an empty book; false if it can't be read (a file that is not there is no
 * error). */
bool addrbook_load(struct addrbook *book, const char *path, int64_t now);
/** Writes the file. False with errno set. */
bool addrbook_save(const struct addrbook *book, const char *path);

#endif
