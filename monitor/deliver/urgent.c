// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * urgent: see urgent.h.
 */
#include "config.h"

#include "monitor/deliver/urgent.h"

#include "monitor/mem.h"

#include <stdlib.h>
#include <string.h>

/** A try. */
struct errand {
    struct urgent *urgent;
    struct errand *next;
    const struct sink *sink;
    char *id;
    char *body;
    struct sign_signature signature;
};

struct urgent {
    struct courier *courier;
    urgent_said_fn said;
    void *context;
    struct errand *errands;
    unsigned count;
};

static void errand_free(struct errand *errand)
{
    free(errand->id);
    free(errand->body);
    free(errand);
}

struct urgent *urgent_new(struct uv_loop_s *loop, urgent_said_fn said, void *context)
{
    struct urgent *urgent = mem_zeroed(1, sizeof *urgent);

    urgent->courier = courier_new(loop);
    urgent->said = said;
    urgent->context = context;
    if (urgent->courier == NULL) {
        free(urgent);
        return NULL;
    }
    return urgent;
}

void urgent_free(struct urgent *urgent)
{
    if (urgent == NULL)
        return;
    courier_free(urgent->courier);
    while (urgent->errands != NULL) {
        struct errand *errand = urgent->errands;

        urgent->errands = errand->next;
        errand_free(errand);
    }
    free(urgent);
}

static void on_answer(void *context, const struct courier_answer *answer)
{
    struct errand *errand = context;
    struct urgent *urgent = errand->urgent;
    struct errand **link = &urgent->errands;

    while (*link != errand)
        link = &(*link)->next;
    *link = errand->next;
    urgent->count--;
    urgent->said(urgent->context, errand->sink, answer);
    errand_free(errand);
}

bool urgent_send(struct urgent *urgent, const struct sink *sink,
                 const struct courier_message *message)
{
    struct errand *errand = NULL;
    struct courier_message copy = *message;

    if (urgent->count == URGENT_MAX)
        return false;
    errand = mem_zeroed(1, sizeof *errand);
    errand->urgent = urgent;
    errand->sink = sink;
    errand->id = mem_text(message->id);
    errand->body = mem_text_of(message->body, message->body_len);
    errand->next = urgent->errands;
    urgent->errands = errand;
    urgent->count++;
    copy.id = errand->id;
    copy.body = errand->body;
    if (message->signature != NULL) {
        errand->signature = *message->signature;
        copy.signature = &errand->signature;
    }
    (void)courier_send(urgent->courier, sink, &copy, on_answer, errand);
    return true;
}
