// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * template: see template.h.
 *
 * One reader, next_piece(), takes a text apart for the check and for the filling in, so that what
 * has passed the one is understood by the other.
 */
#include "config.h"

#include "alerts/template.h"

#include "alerts/nearest.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/** A word in braces is no longer than this. */
#define WORD_SIZE 48
/** Letters in which a word may differ from the one that was meant. */
#define SLIP 3

static const char *const words[TEMPLATE_WORD_COUNT] = {
    [TEMPLATE_VALUE] = "value",       [TEMPLATE_LO] = "lo",           [TEMPLATE_HI] = "hi",
    [TEMPLATE_INTERVAL] = "interval", [TEMPLATE_RAISE] = "raise",     [TEMPLATE_CLEAR] = "clear",
    [TEMPLATE_METRIC] = "metric",     [TEMPLATE_PHRASE] = "phrase",   [TEMPLATE_RULE] = "rule",
    [TEMPLATE_SEVERITY] = "severity", [TEMPLATE_STATE] = "state",     [TEMPLATE_SINCE] = "since",
    [TEMPLATE_TIME] = "time",         [TEMPLATE_HEIGHT] = "height",   [TEMPLATE_HASH] = "hash",
    [TEMPLATE_MONITOR] = "monitor",   [TEMPLATE_NETWORK] = "network",
};

const char *template_word_name(enum template_word word)
{
    assert((unsigned)word < TEMPLATE_WORD_COUNT);
    return words[word];
}

enum piece_kind {
    PIECE_TEXT,
    PIECE_WORD,   /* name is set */
    PIECE_OPEN,   /* an optional part begins */
    PIECE_CLOSE,  /* and ends */
    PIECE_BROKEN, /* a brace that opens nothing or closes nothing */
    PIECE_END,
};

struct piece {
    enum piece_kind kind;
    const char *text; /* of len bytes */
    size_t len;
    char name[WORD_SIZE]; /* cut where too long: then it is none of ours */
};

/* Takes the next piece off the text. */
static struct piece next_piece(const char **text)
{
    const char *at = *text;
    struct piece piece = {.kind = PIECE_TEXT, .text = at, .len = strcspn(at, "{}[]")};

    if (*at == '\0') {
        piece.kind = PIECE_END;
    } else if (piece.len == 0) {
        size_t len = strcspn(at + 1, "{}");

        piece.len = 1;
        if (at[1] == at[0]) { /* doubled: the brace itself */
            *text = at + 2;
            return piece;
        }
        if (at[0] == '[' || at[0] == ']') {
            piece.kind = at[0] == '[' ? PIECE_OPEN : PIECE_CLOSE;
        } else if (at[0] == '}' || at[1 + len] != '}') {
            piece.kind = PIECE_BROKEN;
        } else {
            piece.kind = PIECE_WORD;
            piece.len = len + 2;
            snprintf(piece.name, sizeof piece.name, "%.*s", (int)(len < WORD_SIZE ? len : 0),
                     at + 1);
        }
    }
    *text = at + piece.len;
    return piece;
}

/* Both may be none. */
static void look_up(enum template_word *word, enum metric_id *metric, const char *name)
{
    *word = TEMPLATE_WORD_COUNT;
    for (unsigned i = 0; i < TEMPLATE_WORD_COUNT; i++) {
        if (strcmp(words[i], name) == 0)
            *word = (enum template_word)i;
    }
    *metric = *word == TEMPLATE_WORD_COUNT ? metric_find(name) : METRIC_COUNT;
}

static void unknown_word(char fault[TEMPLATE_FAULT_SIZE], const char *name)
{
    const char *nearest = strchr(name, '.') != NULL
                              ? metric_nearest(name)
                              : nearest_word(name, words, TEMPLATE_WORD_COUNT, SLIP);

    if (nearest != NULL)
        snprintf(fault, TEMPLATE_FAULT_SIZE, "unknown placeholder {%s}: did you mean {%s}?", name,
                 nearest);
    else
        snprintf(fault, TEMPLATE_FAULT_SIZE,
                 "unknown placeholder {%s}: expected a metric's name or one of value, interval, "
                 "lo, hi, raise, clear, since, height and the like",
                 name);
}

/* Length of the character of UTF-8 at the start of text (RFC 3629: shortest form, no surrogates); 0
 * if it is none. */
static size_t character(const char *text)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)text[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t code = len == 1 ? lead : lead & (0x7fU >> len);

    if (len == 0 || lead > 0xf4)
        return 0;
    for (size_t i = 1; i < len; i++) {
        unsigned char next = (unsigned char)text[i];

        if ((next & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (next & 0x3f);
    }
    if (code < smallest[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    return len;
}

static bool is_utf8(const char *text)
{
    while (*text != '\0') {
        size_t len = character(text);

        if (len == 0)
            return false;
        text += len;
    }
    return true;
}

static bool lone(char fault[TEMPLATE_FAULT_SIZE], char sign, const char *expected)
{
    snprintf(fault, TEMPLATE_FAULT_SIZE, "a lone '%c': expected %s, or '%c%c' for the sign itself",
             sign, expected, sign, sign);
    return false;
}

static bool check_word(char fault[TEMPLATE_FAULT_SIZE], const char *name)
{
    enum template_word word = TEMPLATE_WORD_COUNT;
    enum metric_id metric = METRIC_COUNT;

    look_up(&word, &metric, name);
    if (word != TEMPLATE_WORD_COUNT || metric != METRIC_COUNT)
        return true;
    unknown_word(fault, name);
    return false;
}

bool template_check(char fault[TEMPLATE_FAULT_SIZE], const char *text)
{
    bool optional = false;

    if (!is_utf8(text)) {
        snprintf(fault, TEMPLATE_FAULT_SIZE, "expected UTF-8");
        return false;
    }
    for (;;) {
        struct piece piece = next_piece(&text);

        switch (piece.kind) {
        case PIECE_END:
            if (optional)
                return lone(fault, '[', "a ']' behind it");
            fault[0] = '\0';
            return true;
        case PIECE_TEXT:
            break;
        case PIECE_OPEN:
        case PIECE_CLOSE:
            if (optional == (piece.kind == PIECE_OPEN))
                return lone(fault, *piece.text, "[text with {WORD}], and none in another");
            optional = !optional;
            break;
        case PIECE_BROKEN:
            return lone(fault, *piece.text, "{WORD}");
        case PIECE_WORD:
            if (!check_word(fault, piece.name))
                return false;
            break;
        }
    }
}

void template_metrics(bool wanted[METRIC_COUNT], const char *text)
{
    for (struct piece piece = next_piece(&text); piece.kind != PIECE_END;
         piece = next_piece(&text)) {
        enum template_word word = TEMPLATE_WORD_COUNT;
        enum metric_id metric = METRIC_COUNT;

        if (piece.kind != PIECE_WORD)
            continue;
        look_up(&word, &metric, piece.name);
        if (metric != METRIC_COUNT)
            wanted[metric] = true;
    }
}

/* Appends what fits. */
static bool append(char *out, size_t size, size_t *used, const char *text, size_t len)
{
    bool fits = len < size - *used;

    if (!fits) {
        len = size - *used - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--; /* the rest of a character that does not fit whole */
    }
    memcpy(out + *used, text, len);
    *used += len;
    out[*used] = '\0';
    return fits;
}

/* False: it is unknown. */
static bool fill_word(char out[TEMPLATE_VALUE_SIZE], const char *name, template_fill_fn fill,
                      void *context)
{
    enum template_word word = TEMPLATE_WORD_COUNT;
    enum metric_id metric = METRIC_COUNT;

    out[0] = '\0';
    look_up(&word, &metric, name);
    return fill(context, out, word, metric);
}

/* Passes over the optional part that begins at text if something in it is unknown. */
static const char *pass_unknown(const char *text, template_fill_fn fill, void *context)
{
    const char *at = text;
    bool known = true;

    for (struct piece piece = next_piece(&at); piece.kind != PIECE_CLOSE; piece = next_piece(&at)) {
        char value[TEMPLATE_VALUE_SIZE];

        assert(piece.kind != PIECE_END);
        if (piece.kind == PIECE_WORD && !fill_word(value, piece.name, fill, context))
            known = false;
    }
    return known ? text : at;
}

void template_fill(char *out, size_t size, const char *text, template_fill_fn fill, void *context)
{
    size_t used = 0;

    assert(size > 0);
    out[0] = '\0';
    for (struct piece piece = next_piece(&text); piece.kind != PIECE_END;
         piece = next_piece(&text)) {
        char value[TEMPLATE_VALUE_SIZE];

        assert(piece.kind != PIECE_BROKEN);
        if (piece.kind == PIECE_OPEN)
            text = pass_unknown(text, fill, context);
        if (piece.kind == PIECE_OPEN || piece.kind == PIECE_CLOSE)
            continue;
        if (piece.kind == PIECE_WORD) {
            (void)fill_word(value, piece.name, fill, context);
            piece.text = value;
            piece.len = strlen(value);
        }
        if (!append(out, size, &used, piece.text, piece.len))
            return;
    }
}
