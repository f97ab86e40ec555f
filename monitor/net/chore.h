// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * chore: work that is too long for the event loop, done now and then in a thread of libuv's pool.
 *
 *   idle --look() says so--> working: work() in the thread --> done(), in the loop --> idle
 */
#ifndef HASHTIDE_MONITOR_NET_CHORE_H
#define HASHTIDE_MONITOR_NET_CHORE_H

#include <stdbool.h>
#include <stdint.h>

struct uv_loop_s;
struct chore; /* opaque */

struct chore_options {
    struct uv_loop_s *loop;
    int64_t look_ms; /* how often look() is asked, while idle or not */
    /** Whether work() shall begin; what that needs is ready then. Asked while busy too, and then
     *  must say no. */
    bool (*look)(void *context, bool busy);
    void (*work)(void *context); /* in the thread */
    void (*done)(void *context); /* in the loop; also where it was ended before work() began */
    void *context;
};

struct chore *chore_new(const struct chore_options *options);
bool chore_is_busy(const struct chore *chore);
/** Ends it while the loop still runs its last round. True: the thread still works, nothing that it
 *  uses may be freed, and the process has to end without waiting for it. */
bool chore_stop(struct chore *chore);
/** When the loop has run that round, and nothing works. */
void chore_free(struct chore *chore);

#endif
