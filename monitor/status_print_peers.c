// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * status_print_peers: the table of peers on the screen.
 */
#include "config.h"

#include "monitor/fields.h"
#include "monitor/status_print_internal.h"
#include "monitor/words.h"

#include <string.h>

/** Columns of a peer's address: room for the table's title at least, and a whole IPv6 address. */
#define ADDRESS_NARROWEST 34
#define ADDRESS_WIDEST 47
/** Peers' nets that are counted apart. */
#define NETS_MAX 8

/* "ipv4 5, onion 3". */
static void count_nets(char *out, size_t size, const json_t *peers)
{
    struct {
        const char *name;
        unsigned count;
    } nets[NETS_MAX] = {{NULL, 0}};
    size_t used = 0;

    for (size_t i = 0; i < json_array_size(peers); i++) {
        const char *name = fields_text(json_array_get(peers, i), "network");
        size_t at = 0;

        while (at < NETS_MAX && nets[at].name != NULL && strcmp(nets[at].name, name) != 0)
            at++;
        if (at == NETS_MAX)
            continue;
        nets[at].name = name;
        nets[at].count++;
    }
    out[0] = '\0';
    for (size_t i = 0; i < NETS_MAX && nets[i].name != NULL && used + 1 < size; i++) {
        char name[16];

        screen_plain(name, 8, nets[i].name);
        used += (size_t)snprintf(out + used, size - used, "%s%s %u", i > 0 ? ", " : "", name,
                                 nets[i].count);
    }
}

static void print_peer(struct screen *out, const json_t *peer, int width)
{
    const json_t *height = json_object_get(peer, "height");
    char address[ADDRESS_WIDEST + 1];
    char state[11];
    char software[64];
    char known[32] = "?";

    screen_plain(address, (size_t)width, fields_text(peer, "address"));
    screen_plain(state, sizeof state - 1, fields_text(peer, "state"));
    screen_plain(software, (size_t)(SCREEN_COLUMNS - width - 23), fields_text(peer, "subversion"));
    if (json_is_integer(height))
        words_count(known, sizeof known, json_integer_value(height));
    screen_line(out, "%-*s %9s  %-10s %s", width, address, known, state, software);
}

void status_print_peers(struct screen *out, const json_t *status)
{
    const json_t *peers = json_object_get(status, "peers");
    size_t count = json_array_size(peers);
    int width = ADDRESS_NARROWEST;
    size_t room = 0;
    size_t shown = 0;
    char nets[128];
    char title[192];

    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(fields_text(json_array_get(peers, i), "address"));

        if (len > (size_t)width)
            width = len < ADDRESS_WIDEST ? (int)len : ADDRESS_WIDEST;
    }
    count_nets(nets, sizeof nets, peers);
    snprintf(title, sizeof title, "%zu %s: %s", count, count == 1 ? "peer" : "peers", nets);
    if (out->lines + 2 >= SCREEN_LINES) { /* no room for a table */
        screen_line(out, "%s; --json has them", title);
        return;
    }
    screen_line(out, "%-*.*s %9s  %-10s %s", width, width, title, "height", "state", "software");
    room = SCREEN_LINES - out->lines;
    shown = count <= room ? count : room - 1;
    for (size_t i = 0; i < shown; i++)
        print_peer(out, json_array_get(peers, i), width);
    if (shown < count)
        screen_line(out, "and %zu more; --json has them all", count - shown);
}
