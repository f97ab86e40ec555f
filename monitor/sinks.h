// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sinks: sections [sink NAME] of the configuration: where alerts are sent, and how.
 *
 *     [sink ops]
 *     type=webhook
 *     url=https://example.org/hooks/tide
 *     secret-file=/etc/hashtide/ops.secret
 *     heartbeat=1d
 *
 * Secrets stand in files of their own, which are read when they are needed and not here; an address
 * that is a secret itself (Slack's, Discord's) may stand in one too. What is printed of a sink
 * shows the host it sends to and no more of the address.
 */
#ifndef HASHTIDE_MONITOR_SINKS_H
#define HASHTIDE_MONITOR_SINKS_H

#include "alerts/rule.h"
#include "alerts/webhook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Sinks in a configuration. */
#define SINKS_MAX 64
/** Recipients of one mail. */
#define SINKS_TO_MAX 16
/** Program and arguments of command=. */
#define SINKS_COMMAND_MAX 32
/** Longest address, path or command, with NUL. */
#define SINKS_VALUE_SIZE 2048
/** HOST:PORT of a proxy, with NUL. */
#define SINKS_PROXY_SIZE 280
/** A try that has taken so long is a failure, unless timeout= says otherwise. */
#define SINKS_TIMEOUT_MS ((int64_t)30 * 1000)
/** Where syslog and the journal listen. */
#define SINKS_SYSLOG_SOCKET "/dev/log"

enum sink_type {
    SINK_WEBHOOK, /* the document itself, with Standard Webhooks' headers */
    SINK_SLACK,
    SINK_DISCORD,
    SINK_NTFY,
    SINK_SMTP,
    SINK_SYSLOG,
    SINK_EXEC,
    SINK_TYPES,
};

struct sink {
    char name[RULE_NAME_SIZE];
    enum sink_type type;
    unsigned line;  /* of the section */
    char *url;      /* NULL: none, or in url_file. These are owned: */
    char *url_file; /* a file that others cannot read, with the address in it */
    char *secret_files[WEBHOOK_SECRETS_MAX];
    size_t secret_file_count;
    char *token_file; /* a password or an access token */
    char *ca_file;    /* certificates to trust instead of the system's */
    char *user;       /* of the mail server */
    char *from;
    char *to[SINKS_TO_MAX];
    size_t to_count;
    char *command[SINKS_COMMAND_MAX + 1]; /* program and arguments; NULL behind the last */
    size_t command_count;
    char *socket;                 /* of syslog */
    char proxy[SINKS_PROXY_SIZE]; /* "" for none */
    int64_t timeout_ms;           /* of one try */
    int64_t heartbeat_ms;         /* 0: none */
};

struct sinks {
    struct sink *items; /* in the file's order; owned */
    size_t count;
};

/** A section, as it stands in the file. */
struct sinks_section {
    const char *name;
    unsigned line;
    const struct rule_pair *pairs;
    size_t pair_count;
    const char *proxy; /* what holds where the section says nothing: "HOST:PORT", or "" */
};

/** Reads a section and appends the sink. False with error, and sinks as they were. */
bool sinks_read(struct sinks *sinks, struct rule_error *error, const struct sinks_section *section);
void sinks_free(struct sinks *sinks);
/** NULL if there is none of this name. */
const struct sink *sinks_find(const struct sinks *sinks, const char *name);

/** "webhook", "slack", ... */
const char *sinks_type_name(enum sink_type type);

/** Whether an address will do for a type. If not, *expected is what was expected. An address that
 *  was read from a file is checked by this too. */
bool sinks_url_ok(enum sink_type type, const char *url, const char **expected);
/** Scheme and host of an address that is ok: "https://example.org:8443". False if out, size bytes,
 *  is too small. */
bool sinks_url_host(char *out, size_t size, const char *url);
/** Whether what goes to an address can be read on the way: neither TLS, nor this machine, nor an
 *  onion service. */
bool sinks_url_in_clear(const char *url);
/** Whether it is an address on this machine. */
bool sinks_url_local(const char *url);

#define SINKS_EXPLAIN_SIZE 1024
/** The sink in one sentence for people, without secrets. */
void sinks_explain(char out[SINKS_EXPLAIN_SIZE], const struct sink *sink);

#endif
