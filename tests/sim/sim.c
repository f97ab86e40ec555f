// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "tests/sim/sim.h"

#include "chain/compact.h"
#include "chain/cursor.h"
#include "chain/wire.h"
#include "chain/wire_addr.h"
#include "chain/wire_headers.h"
#include "chain/wire_inv.h"
#include "chain/wire_session.h"
#include "monitor/mem.h"
#include "monitor/store/observations.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { CONNECTED, CLOSED, BYTES, RESOLVED };

/* Something that the monitor will hear of. */
struct sim_event {
    int64_t at_ms;   /* monotonic */
    uint64_t number; /* of equals the earlier one first */
    enum kind kind;
    uint64_t id;
    const char *why;
    uint8_t *bytes;
    size_t len;
    struct sim_event *next;
};

static int64_t below(struct sim *sim, int64_t bound)
{
    return (int64_t)test_random_below(&sim->random, (uint32_t)bound);
}

/* ---- Events ---- */

static struct sim_event *schedule(struct sim *sim, int64_t in_ms, enum kind kind, uint64_t id)
{
    struct sim_event *event = mem_zeroed(1, sizeof *event);
    event->at_ms = sim->now.mono_ms + in_ms;
    event->number = sim->event_number++;
    event->kind = kind;
    event->id = id;
    struct sim_event **at = &sim->events;
    while (*at != NULL && (*at)->at_ms <= event->at_ms) {
        at = &(*at)->next;
    }
    event->next = *at;
    *at = event;
    return event;
}

static void free_event(struct sim_event *event)
{
    free(event->bytes);
    free(event);
}

static void drop_events(struct sim *sim, uint64_t id)
{
    struct sim_event **at = &sim->events;
    while (*at != NULL) {
        struct sim_event *event = *at;
        if (event->id == id) {
            *at = event->next;
            free_event(event);
        } else {
            at = &event->next;
        }
    }
}

/* Bytes of one connection must not overtake each other. */
static int64_t last_bytes_ms(const struct sim *sim, uint64_t id)
{
    int64_t last = sim->now.mono_ms;
    for (const struct sim_event *event = sim->events; event != NULL; event = event->next) {
        if (event->id == id && event->kind == BYTES && event->at_ms > last) {
            last = event->at_ms;
        }
    }
    return last;
}

/* ---- What hosts say ---- */

static struct sim_connection *connection_of(struct sim *sim, uint64_t id)
{
    for (size_t i = 0; i < SIM_CONNECTIONS; i++) {
        if (sim->connections[i].used && sim->connections[i].id == id) {
            return &sim->connections[i];
        }
    }
    return NULL;
}

static void forget(struct sim *sim, struct sim_connection *connection)
{
    drop_events(sim, connection->id);
    free(connection->in);
    *connection = (struct sim_connection){.used = false};
}

static void say(struct sim *sim, const struct sim_connection *connection, enum wire_type type,
                const void *payload, size_t len)
{
    int64_t after = last_bytes_ms(sim, connection->id) - sim->now.mono_ms;
    struct sim_event *event = schedule(sim, after + 20 + below(sim, 80), BYTES, connection->id);
    event->bytes = mem_zeroed(1, WIRE_FRAME_SIZE + len);
    if (len > 0) {
        memcpy(event->bytes + WIRE_FRAME_SIZE, payload, len);
    }
    event->len = wire_seal(event->bytes, sim->params.magic, type, len);
}

static size_t served(const struct sim_host *host)
{
    size_t tip = host->chain->records.count - 1;
    return tip > host->lag ? tip - host->lag : 0;
}

static void say_headers(struct sim *sim, const struct sim_connection *connection, size_t first,
                        size_t last)
{
    uint8_t *payload = mem_zeroed(1, WIRE_HEADERS_USUAL_MAX);
    struct writer writer = writer_of(payload, WIRE_HEADERS_USUAL_MAX);
    struct wire_headers headers = {.stride = HEADER_SIZE,
                                   .count = last + 1 > first ? last + 1 - first : 0};
    if (headers.count > 0) {
        headers.raw = records_at(&connection->host->chain->records, first);
    }
    wire_headers_put(&writer, &headers);
    say(sim, connection, WIRE_HEADERS, payload, writer.used);
    free(payload);
}

static void say_forged(struct sim *sim, const struct sim_connection *connection)
{
    uint8_t payload[1 + HEADER_SIZE + 1];
    struct header header;
    header_decode(&header, sim->params.genesis);
    header.prev = sim->params.genesis_hash;
    header.bits = 0x1d00ffff; /* far more work than it has */
    uint8_t raw[HEADER_SIZE];
    header_encode(raw, &header);
    struct writer writer = writer_of(payload, sizeof payload);
    wire_headers_put(&writer,
                     &(struct wire_headers){.raw = raw, .stride = HEADER_SIZE, .count = 1});
    say(sim, connection, WIRE_HEADERS, payload, writer.used);
}

static void say_version(struct sim *sim, const struct sim_connection *connection)
{
    static const char agent[] = "/host:1.0/";
    uint8_t payload[WIRE_VERSION_MAX];
    struct writer writer = writer_of(payload, sizeof payload);
    struct wire_version version = {.version = 70016,
                                   .services = WIRE_NODE_NETWORK | WIRE_NODE_WITNESS,
                                   .time = sim->now.wall_ms / 1000,
                                   .nonce = test_random_u64(&sim->random),
                                   .start_height = (int32_t)served(connection->host)};
    memcpy(version.user_agent, agent, sizeof agent - 1);
    version.user_agent_length = sizeof agent - 1;
    wire_version_put(&writer, &version);
    say(sim, connection, WIRE_VERSION, payload, writer.used);
    say(sim, connection, WIRE_VERACK, NULL, 0);
}

static void say_addresses(struct sim *sim, const struct sim_connection *connection)
{
    struct wire_addresses *list = mem_zeroed(1, sizeof *list);
    for (size_t i = 0; i < sim->host_count; i++) {
        list->address[i] = sim->hosts[i].address;
        list->services[i] = WIRE_NODE_NETWORK;
        list->last_seen[i] = (uint32_t)(sim->now.wall_ms / 1000 - 3600);
    }
    list->count = sim->host_count;
    uint8_t payload[SIM_HOSTS * 64];
    struct writer writer = writer_of(payload, sizeof payload);
    wire_addr_put(&writer, list);
    say(sim, connection, WIRE_ADDR, payload, writer.used);
    free(list);
}

static void answer_getheaders(struct sim *sim, const struct sim_connection *connection,
                              const uint8_t *payload, size_t len)
{
    struct wire_getheaders *ask = mem_zeroed(1, sizeof *ask);
    const struct sim_host *host = connection->host;
    size_t last = served(host), from = 0;
    bool known = wire_getheaders_decode(ask, payload, len);
    ck_assert(known);
    for (size_t i = 0; i < ask->count && from == 0; i++) {
        size_t found = chain_find(host->chain, &ask->locator[i]);
        from = found != SIZE_MAX && found <= last ? found : 0;
    }
    if (ask->count == 0) { /* one header by its hash */
        size_t found = chain_find(host->chain, &ask->stop);
        if (found != SIZE_MAX) {
            say_headers(sim, connection, found, found);
        }
    } else {
        size_t most = from + WIRE_HEADERS_COUNT_MAX;
        say_headers(sim, connection, from + 1, last < most ? last : most);
    }
    free(ask);
}

static void hear(struct sim *sim, struct sim_connection *connection, const struct wire_frame *frame,
                 const uint8_t *payload)
{
    const struct sim_host *host = connection->host;
    if (host->mute) {
        return;
    }
    if (frame->type == WIRE_VERSION) {
        say_version(sim, connection);
    } else if (frame->type == WIRE_VERACK) {
        connection->ready = true;
    } else if (frame->type == WIRE_PING) {
        say(sim, connection, WIRE_PONG, payload, frame->length);
    } else if (frame->type == WIRE_GETADDR && host->gossips) {
        say_addresses(sim, connection);
    } else if (frame->type == WIRE_GETHEADERS && host->forger) {
        say_forged(sim, connection);
    } else if (frame->type == WIRE_GETHEADERS && !host->stalls) {
        answer_getheaders(sim, connection, payload, frame->length);
    }
}

static void listen_to(struct sim *sim, struct sim_connection *connection)
{
    size_t at = 0;
    struct wire_frame frame;
    while (connection->in_count - at >= WIRE_FRAME_SIZE &&
           wire_frame_decode(&frame, connection->in + at) &&
           connection->in_count - at >= WIRE_FRAME_SIZE + frame.length) {
        hear(sim, connection, &frame, connection->in + at + WIRE_FRAME_SIZE);
        at += WIRE_FRAME_SIZE + frame.length;
    }
    memmove(connection->in, connection->in + at, connection->in_count - at);
    connection->in_count -= at;
}

static void announce(struct sim *sim, const struct chain *chain)
{
    size_t tip = chain->records.count - 1;
    for (size_t i = 0; i < SIM_CONNECTIONS; i++) {
        const struct sim_connection *connection = &sim->connections[i];
        if (!connection->ready || connection->host->chain != chain || connection->host->lag > 0 ||
            connection->host->stalls) {
            continue;
        }
        if (connection->host->by_inv) {
            uint8_t payload[1 + WIRE_INV_ITEM_SIZE];
            struct writer writer = writer_of(payload, sizeof payload);
            struct wire_inv_item item = {.type = WIRE_INV_BLOCK, .hash = chain->hashes[tip]};
            wire_inv_put(&writer, &item, 1);
            say(sim, connection, WIRE_INV, payload, writer.used);
        } else {
            say_headers(sim, connection, tip, tip);
        }
    }
}

/* ---- The ports ---- */

static struct instant port_now(void *context)
{
    const struct sim *sim = context;
    return sim->now;
}

static uint64_t port_random(void *context)
{
    struct sim *sim = context;
    return test_random_u64(&sim->random);
}

static struct sim_host *host_at(struct sim *sim, const struct netaddr *address)
{
    for (size_t i = 0; i < sim->host_count; i++) {
        if (netaddr_equal(&sim->hosts[i].address, address)) {
            return &sim->hosts[i];
        }
    }
    return NULL;
}

static void port_connect(void *context, uint64_t id, const struct ports_target *target)
{
    struct sim *sim = context;
    struct sim_host *host = host_at(sim, &target->address);
    if (host != NULL && host->deaf) {
        schedule(sim, target->timeout_ms, CLOSED, id)->why = "connecting took too long";
        return;
    }
    if (host == NULL || host->down) {
        schedule(sim, 30, CLOSED, id)->why = "connection refused";
        return;
    }
    size_t i = 0;
    while (sim->connections[i].used) {
        i++;
        ck_assert(i < SIM_CONNECTIONS);
    }
    sim->connections[i] = (struct sim_connection){.used = true, .id = id, .host = host};
    host->accepted++;
    schedule(sim, 20 + below(sim, 200), CONNECTED, id);
}

static void port_send(void *context, uint64_t id, const uint8_t *bytes, size_t len)
{
    struct sim *sim = context;
    struct sim_connection *connection = connection_of(sim, id);
    if (connection == NULL) {
        return;
    }
    if (connection->in_count + len > connection->in_room) {
        connection->in_room = 2 * (connection->in_count + len);
        connection->in = mem_resize(connection->in, connection->in_room, 1);
    }
    memcpy(connection->in + connection->in_count, bytes, len);
    connection->in_count += len;
    listen_to(sim, connection);
}

static void port_close(void *context, uint64_t id)
{
    struct sim *sim = context;
    struct sim_connection *connection = connection_of(sim, id);
    drop_events(sim, id);
    if (connection != NULL) {
        forget(sim, connection);
    }
}

static void port_resolve(void *context, uint64_t id, const char *name)
{
    struct sim *sim = context;
    (void)name;
    sim->lookups++;
    schedule(sim, 300, RESOLVED, id);
}

static void port_wake_at(void *context, int64_t mono_ms)
{
    struct sim *sim = context;
    sim->wake_ms = mono_ms;
}

static struct ports_clock port_clock(void *context)
{
    const struct sim *sim = context;
    return (struct ports_clock){
        .known = true, .synchronized = sim->clock_synchronized, .error_us = 5000};
}

static void fill_ports(struct sim *sim)
{
    sim->ports = (struct ports){.context = sim,
                                .now = port_now,
                                .random = port_random,
                                .connect = port_connect,
                                .send = port_send,
                                .close = port_close,
                                .resolve = port_resolve,
                                .wake_at = port_wake_at,
                                .clock = port_clock};
}

/* ---- The disk ---- */

static ssize_t full_pwrite(void *context, int fd, const void *buffer, size_t len, off_t offset)
{
    const struct sim *sim = context;
    const struct io *real = io_system();
    return sim->disk_full ? -ENOSPC : real->pwrite(real->context, fd, buffer, len, offset);
}

/* Counted, not done: nothing here survives the test. */
static int no_fdatasync(void *context, int fd)
{
    struct sim *sim = context;
    (void)fd;
    sim->syncs++;
    return 0;
}

static int64_t wall_ms(void *context)
{
    const struct sim *sim = context;
    return sim->now.wall_ms;
}

const char *sim_path(const struct sim *sim, char out[128], const char *name)
{
    snprintf(out, 128, "%s/%s", sim->directory, name);
    return out;
}

static void remove_directory(const char *directory)
{
    DIR *open = opendir(directory);
    for (const struct dirent *entry; open != NULL && (entry = readdir(open)) != NULL;) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        unlink(path);
    }
    if (open != NULL) {
        closedir(open);
    }
    rmdir(directory);
}

/* ---- The world ---- */

void sim_init(struct sim *sim, size_t blocks, uint64_t stream)
{
    memset(sim, 0, sizeof *sim);
    sim->random = test_random_init(test_seed(), stream);
    sim->params = *params_get(NETWORK_TIDENET);
    struct settings_error error;
    bool parsed = settings_parse_text(&sim->settings, &error, "sim", "network=tidenet\n", 16);
    ck_assert(parsed);
    sim->settings.params = &sim->params;
    chain_init(&sim->chain, &sim->params);
    chain_extend(&sim->chain, blocks - 1, 600, 0);
    sim->now = (struct instant){.wall_ms = (int64_t)sim->chain.context.time * 1000 + 1000,
                                .mono_ms = 50000000};
    sim->wake_ms = INSTANT_NEVER;
    sim->clock_synchronized = true;
    /* Memory, where there is such a place: SQLite's syncs would be most of the time otherwise. */
    bool memory = access("/dev/shm", W_OK) == 0;
    snprintf(sim->directory, sizeof sim->directory, "%s/hashtide-sim-XXXXXX",
             memory ? "/dev/shm" : "/tmp");
    if (mkdtemp(sim->directory) == NULL) {
        abort();
    }
    snprintf(sim->settings.datadir, sizeof sim->settings.datadir, "%s", sim->directory);
    fill_ports(sim);
    sim->io = *io_system();
    sim->io.context = sim;
    sim->io.pwrite = full_pwrite;
    sim->io.fdatasync = no_fdatasync;
    char path[128];
    sim->log_fd = open(sim_path(sim, path, "log"), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    sim->log = log_new(&(struct log_options){
        .level = LOG_DEBUG, .fd = sim->log_fd, .wall_ms = wall_ms, .clock_context = sim});
}

void sim_free(struct sim *sim)
{
    if (sim->app != NULL) {
        sim_stop(sim, false);
    }
    chain_free(&sim->chain);
    log_free(sim->log);
    close(sim->log_fd);
    settings_free(&sim->settings);
    remove_directory(sim->directory);
}

struct sim_host *sim_add_host(struct sim *sim)
{
    ck_assert(sim->host_count < SIM_HOSTS);
    size_t i = sim->host_count++;
    sim->hosts[i] =
        (struct sim_host){.address = {.network = NETADDR_IPV4,
                                      .bytes = {(uint8_t)(11 + i / 8), (uint8_t)(1 + i), 2, 3},
                                      .port = sim->params.port},
                          .chain = &sim->chain};
    return &sim->hosts[i];
}

static void add_item(struct settings_list *list, const char *text)
{
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = mem_text(text);
}

void sim_connect_to(struct sim *sim, const struct sim_host *host)
{
    char text[NETADDR_TEXT_SIZE];
    netaddr_format(text, &host->address);
    add_item(&sim->settings.connect, text);
}

static void on_moved(void *context, const struct pipeline_move *move)
{
    struct sim *sim = context;
    sim->moves++;
    sim->live_moves += move->live;
    if (move->reorg.disconnected > sim->deepest.disconnected) {
        sim->deepest = move->reorg;
    }
}

static void on_settled(void *context)
{
    struct sim *sim = context;
    sim->settled++;
}

void sim_start(struct sim *sim)
{
    char headers[128], observations[128], peers[128], anchors[128];
    char message[APP_MESSAGE_SIZE];
    struct app_options options = {
        .settings = &sim->settings,
        .ports = &sim->ports,
        .log = sim->log,
        .io = &sim->io,
        .paths = {.headers = sim_path(sim, headers, "headers.dat"),
                  .observations = sim_path(sim, observations, "observations.sqlite"),
                  .peers = sim_path(sim, peers, "peers.dat"),
                  .anchors = sim_path(sim, anchors, "anchors.dat")},
        .analyse = true,
        .settled = on_settled,
        .moved = on_moved,
        .context = sim,
    };
    sim->app = app_new(&options, message);
    if (sim->app == NULL) {
        fprintf(stderr, "%s\n", message);
        abort();
    }
    app_wake(sim->app);
}

void sim_stop(struct sim *sim, bool crash)
{
    if (!crash) {
        app_drain(sim->app);
    }
    app_free(sim->app);
    sim->app = NULL;
    sim->wake_ms = INSTANT_NEVER;
    for (size_t i = 0; i < SIM_CONNECTIONS; i++) {
        if (sim->connections[i].used) {
            forget(sim, &sim->connections[i]);
        }
    }
    while (sim->events != NULL) {
        struct sim_event *event = sim->events;
        sim->events = event->next;
        free_event(event);
    }
}

void sim_set_clock(struct sim *sim, int64_t by_ms)
{
    sim->now.wall_ms += by_ms;
}

void sim_mine(struct sim *sim, struct chain *chain)
{
    int64_t spacing = sim->now.wall_ms / 1000 - (int64_t)chain->context.time;
    chain_extend(chain, 1, spacing < 1 ? 1 : (uint32_t)spacing, (uint32_t)(uintptr_t)chain);
    announce(sim, chain);
}

static void resolve(struct sim *sim, uint64_t id)
{
    struct netaddr addresses[SIM_HOSTS];
    size_t count = sim->seeds_answer ? sim->host_count : 0;
    for (size_t i = 0; i < count; i++) {
        addresses[i] = sim->hosts[i].address;
        addresses[i].port = 0;
    }
    ck_assert(sim->app != NULL);
    app_resolved(sim->app, id, addresses, count, "unknown name");
}

static void happen(struct sim *sim, struct sim_event *event)
{
    struct sim_connection *connection = connection_of(sim, event->id);
    switch (event->kind) {
    case CONNECTED:
        ck_assert_ptr_nonnull(connection);
        connection->up = true;
        app_connected(sim->app, event->id);
        break;
    case CLOSED:
        if (connection != NULL) {
            forget(sim, connection);
        }
        app_closed(sim->app, event->id, event->why);
        break;
    case BYTES:
        app_bytes(sim->app, event->id, event->bytes, event->len);
        break;
    case RESOLVED:
        resolve(sim, event->id);
        break;
    }
    free_event(event);
}

static void go_to(struct sim *sim, int64_t mono_ms)
{
    if (mono_ms > sim->now.mono_ms) {
        sim->now.wall_ms += mono_ms - sim->now.mono_ms;
        sim->now.mono_ms = mono_ms;
    }
}

static void mine_next(struct sim *sim)
{
    if (sim->next_block_ms != 0) {
        sim_mine(sim, &sim->chain);
    }
    double u = (1.0 + test_random_below(&sim->random, 1000000)) / 1000001.0;
    double mean_s =
        sim->rate > 0.0 ? compact_expected_hashes(sim->chain.context.bits) / sim->rate : 600.0;
    sim->next_block_ms = sim->now.mono_ms + 1 + (int64_t)(-log(u) * mean_s * 1000.0);
}

void sim_run(struct sim *sim, int64_t ms)
{
    int64_t end = sim->now.mono_ms + ms;
    for (;;) {
        int64_t event_ms = sim->events == NULL ? INSTANT_NEVER : sim->events->at_ms;
        int64_t block_ms = sim->mining ? sim->next_block_ms : INSTANT_NEVER;
        int64_t next = event_ms < sim->wake_ms ? event_ms : sim->wake_ms;
        next = block_ms < next ? block_ms : next;
        if (next > end) {
            break;
        }
        go_to(sim, next);
        if (block_ms <= next) {
            mine_next(sim);
        } else if (event_ms <= next) {
            struct sim_event *event = sim->events;
            sim->events = event->next;
            happen(sim, event);
        } else {
            sim->wake_ms = INSTANT_NEVER;
            app_wake(sim->app);
        }
    }
    go_to(sim, end);
}

void sim_run_synced(struct sim *sim)
{
    for (int i = 0; i < 3600 && !app_is_synced(sim->app); i++) {
        sim_run(sim, SIM_SECOND);
    }
    ck_assert(app_is_synced(sim->app));
}

/* ---- Looking ---- */

uint32_t sim_height(const struct sim *sim)
{
    const struct tree *tree = app_tree(sim->app);
    return tree_get(tree, tree_best(tree)).height;
}

bool sim_at_tip(const struct sim *sim, const struct chain *chain)
{
    const struct tree *tree = app_tree(sim->app);
    struct hash256 hash;
    return tree_hash(tree, &hash, tree_best(tree)) &&
           hash256_equal(&hash, &chain->hashes[chain->records.count - 1]);
}

size_t sim_said_times(const struct sim *sim, const char *text)
{
    struct stat st;
    if (fstat(sim->log_fd, &st) != 0) {
        abort();
    }
    char *all = mem_zeroed(1, (size_t)st.st_size + 1);
    ssize_t len = pread(sim->log_fd, all, (size_t)st.st_size, 0);
    size_t times = 0;
    for (const char *at = all; len > 0 && (at = strstr(at, text)) != NULL; at++) {
        times++;
    }
    free(all);
    return times;
}

bool sim_said(const struct sim *sim, const char *text)
{
    return sim_said_times(sim, text) > 0;
}

size_t sim_peers(struct sim *sim)
{
    struct status status;
    bool read = app_status(sim->app, &status);
    ck_assert(read);
    size_t ready = 0;
    for (size_t i = 0; i < status.peer_count; i++) {
        ready += status.peers[i].ready;
    }
    status_free(&status);
    return ready;
}

static bool count_row(void *context, const struct observation_first *row)
{
    size_t *count = context;
    (void)row;
    (*count)++;
    return true;
}

size_t sim_arrivals(const struct sim *sim)
{
    char path[128], message[512];
    size_t count = 0;
    struct observations *rows = observations_open(sim_path(sim, path, "observations.sqlite"), true,
                                                  NULL, message, sizeof message);
    if (rows == NULL || !observations_each_first(rows, count_row, &count)) {
        abort();
    }
    observations_close(rows);
    return count;
}
