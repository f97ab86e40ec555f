// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * market: what a bitcoin costs, as several sources on the web say, none of which is believed alone.
 *
 * A source is a name, an address that answers with JSON, and a JSON pointer (RFC 6901) to the price
 * in USD; perhaps a second one to the time of that price. Every answer gets a verdict by name. Of
 * prices that are in order, those near their median count; there is a price only where more than
 * half of them do, and at least two, unless there is one source in all.
 */
#ifndef HASHTIDE_MONITOR_MARKET_H
#define HASHTIDE_MONITOR_MARKET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MARKET_NAME_SIZE 24
#define MARKET_URL_SIZE 512
#define MARKET_POINTER_SIZE 128
#define MARKET_DETAIL_SIZE 160
#define MARKET_SOURCES_MAX 16
/** An answer with more bytes is refused. */
#define MARKET_BODY_MAX ((size_t)32 * 1024)
/** How far a price may lie from the median, as a share of it. */
#define MARKET_APART 0.1
/** A price that its source itself dates further back, or forward, is stale. */
#define MARKET_STALE_MS ((int64_t)3600 * 1000)
#define MARKET_LEAST_AGREEING 2

struct market_source {
    char name[MARKET_NAME_SIZE]; /* lower-case letters, digits, '-' */
    char url[MARKET_URL_SIZE];
    char pointer[MARKET_POINTER_SIZE];
    char time_pointer[MARKET_POINTER_SIZE]; /* to UNIX time in seconds; "" if there is none */
};

enum market_verdict {
    MARKET_GOOD,
    MARKET_UNREACHABLE,
    MARKET_TOO_SLOW,
    MARKET_UNTRUSTED, /* its certificate */
    MARKET_TOO_LONG,
    MARKET_REDIRECT,
    MARKET_REFUSED, /* any other status than 200 */
    MARKET_NOT_JSON,
    MARKET_NO_VALUE,   /* nothing where the pointer points */
    MARKET_WRONG_TYPE, /* neither a number nor a text of one */
    MARKET_NO_PRICE,   /* a number that no price can be */
    MARKET_STALE,
    MARKET_APART_FROM_OTHERS,
    MARKET_VERDICTS,
};
/** "good", "too-slow", ... */
const char *market_verdict_name(enum market_verdict verdict);
/** Whether the source did something that an honest one does not: counted and told. */
bool market_verdict_suspect(enum market_verdict verdict);

struct market_quote {
    const struct market_source *source;
    enum market_verdict verdict;
    double usd;                      /* 0 where the answer gave none */
    char detail[MARKET_DETAIL_SIZE]; /* for people; "" if the verdict says it all */
};

/** What all sources together say. */
struct market_round {
    bool known;
    double usd;    /* median of those that agree */
    double spread; /* largest less least of these, over the median */
    unsigned sources, agreeing, suspect;
};

/** "NAME URL POINTER" or "NAME URL POINTER TIME-POINTER". False with why (a constant). */
bool market_source_parse(struct market_source *out, const char **why, const char *text);
/** The sources that are built in; *count of them. */
const struct market_source *market_sources_builtin(size_t *count);

/** Reads an answer's body. Sets verdict, usd and detail. now_ms: UNIX time. */
void market_read(struct market_quote *quote, const char *body, size_t len, int64_t now_ms);
/** Judges quotes against each other: good ones that lie apart get that verdict. */
struct market_round market_settle(struct market_quote *quotes, size_t count);

/** The value that a pointer points to, or NULL: borrowed. */
json_t *market_find(json_t *root, const char *pointer);

#endif
