// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * screen: see screen.h.
 */
#include "config.h"

#include "monitor/screen.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

/** Room for a line before it is broken. */
#define LONGEST 512
/** Lines of a wrapped text. */
#define WRAPPED_LINES 2

/* How much of the text a line of that width takes: whole words, if there is one that fits, and
 * numbers with their %. */
static size_t fitting(const char *text, size_t width)
{
    size_t len = strlen(text);

    if (len <= width)
        return len;
    for (len = width; len > 0 && (text[len] != ' ' || text[len + 1] == '%'); len--) {
    }
    return len > 0 ? len : width;
}

/* The same, but up to the last semicolon, if there is one. */
static size_t fitting_part(const char *text, size_t width)
{
    size_t len = width;

    if (strlen(text) <= width)
        return strlen(text);
    while (len > 0 && (text[len - 1] != ';' || text[len] != ' '))
        len--;
    return len > 0 ? len : fitting(text, width);
}

void screen_line(struct screen *out, const char *format, ...)
{
    char text[LONGEST];
    const char *rest = text;
    size_t indent = 0;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    do {
        size_t len = fitting_part(rest, SCREEN_COLUMNS - indent);
        const char *next = rest + len;

        while (len > 0 && rest[len - 1] == ' ')
            len--;
        fprintf(out->file, "%*s%.*s\n", (int)indent, "", (int)len, rest);
        out->lines++;
        indent = SCREEN_INDENT;
        rest = next + strspn(next, " ");
    } while (*rest != '\0');
}

void screen_plain(char *out, size_t width, const char *text)
{
    size_t used = 0;

    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        bool printable = *c >= 0x20 && *c < 0x7f;
        size_t len = printable ? 1 : 4;

        if (used + len > width) {
            for (size_t i = used < 3 ? used : 3; i > 0; i--)
                out[used - i] = '.';
            break;
        }
        snprintf(out + used, len + 1, printable ? "%c" : "\\x%02x", *c);
        used += len;
    }
    out[used] = '\0';
}

void screen_wrapped(struct screen *out, const char *name, const char *text)
{
    for (unsigned line = 1; line <= WRAPPED_LINES && *text != '\0'; line++) {
        size_t len = fitting(text, SCREEN_COLUMNS - SCREEN_INDENT);

        screen_line(out, "%-*s%.*s", SCREEN_INDENT, name, (int)len, text);
        name = "";
        text += len;
        text += strspn(text, " ");
    }
}
