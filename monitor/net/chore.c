// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * chore: see chore.h.
 */
#include "config.h"

#include "monitor/net/chore.h"

#include "monitor/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <uv.h>

struct chore {
    struct chore_options options;
    uv_timer_t timer;
    uv_work_t work;
    bool busy;
};

static void work(uv_work_t *request)
{
    struct chore *chore = request->data;

    chore->options.work(chore->options.context);
}

static void on_worked(uv_work_t *request, int status)
{
    struct chore *chore = request->data;

    (void)status;
    chore->busy = false;
    chore->options.done(chore->options.context);
}

static void on_look(uv_timer_t *timer)
{
    struct chore *chore = timer->data;
    bool wanted = chore->options.look(chore->options.context, chore->busy);

    assert(!wanted || !chore->busy);
    if (!wanted)
        return;
    chore->work.data = chore;
    chore->busy = true;
    (void)uv_queue_work(chore->options.loop, &chore->work, work, on_worked); /* cannot fail */
}

struct chore *chore_new(const struct chore_options *options)
{
    struct chore *chore = mem_zeroed(1, sizeof *chore);

    chore->options = *options;
    chore->timer.data = chore;
    (void)uv_timer_init(options->loop, &chore->timer); /* cannot fail */
    (void)uv_timer_start(&chore->timer, on_look, (uint64_t)options->look_ms,
                         (uint64_t)options->look_ms);
    return chore;
}

bool chore_is_busy(const struct chore *chore)
{
    return chore->busy;
}

bool chore_stop(struct chore *chore)
{
    uv_close((uv_handle_t *)&chore->timer, NULL);
    return chore->busy && uv_cancel((uv_req_t *)&chore->work) != 0;
}

void chore_free(struct chore *chore)
{
    free(chore);
}
