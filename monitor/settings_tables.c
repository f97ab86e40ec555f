// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * settings_tables: the keys that say where tables come from: ledger.file= and the like.
 */
#include "config.h"

#include "alerts/hex.h"
#include "monitor/settings_internal.h"

#include <stdio.h>
#include <string.h>

/* Always false. */
static bool refuse(struct settings_complaint *complaint, const char *text)
{
    snprintf(complaint->text, sizeof complaint->text, "%s", text);
    return false;
}

/* ---- the ledger ---- */

bool settings_set_ledger_file(struct settings *s, struct settings_complaint *complaint,
                              const char *value)
{
    return settings_read_path(s->tables[BUILTIN_CONVERSIONS].file, complaint, value);
}

void settings_format_ledger_file(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->tables[BUILTIN_CONVERSIONS].file);
}

bool settings_set_ledger_url(struct settings *s, struct settings_complaint *complaint,
                             const char *value)
{
    size_t scheme = strncmp(value, "https://", 8) == 0 ? 8 : 7;

    if (scheme == 7 && strncmp(value, "http://", 7) != 0)
        return refuse(complaint, "expected an address, https://...");
    if (value[scheme] == '\0' || strlen(value) >= TABLEFILE_URL_SIZE ||
        strpbrk(value, " \t\"<>") != NULL)
        return refuse(complaint, "expected an address, without blanks and quotes, of less than "
                                 "2048 bytes");
    memcpy(s->tables[BUILTIN_CONVERSIONS].url, value, strlen(value) + 1);
    return true;
}

void settings_format_ledger_url(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->tables[BUILTIN_CONVERSIONS].url);
}

bool settings_set_ledger_sha256(struct settings *s, struct settings_complaint *complaint,
                                const char *value)
{
    struct tablefile_choice *ledger = &s->tables[BUILTIN_CONVERSIONS];

    if (hex_parse(ledger->sha256, TABLEFILE_SHA256_SIZE, value, strlen(value)) != HEX_GOOD)
        return refuse(complaint, "expected 64 digits, lower-case hexadecimal, as sha256sum prints "
                                 "them");
    ledger->pinned = true;
    return true;
}

void settings_format_ledger_sha256(char *out, const struct settings *s)
{
    const struct tablefile_choice *ledger = &s->tables[BUILTIN_CONVERSIONS];

    out[0] = '\0';
    if (ledger->pinned)
        hex_format(out, ledger->sha256, TABLEFILE_SHA256_SIZE);
}

bool settings_set_ledger_key(struct settings *s, struct settings_complaint *complaint,
                             const char *value)
{
    struct tablefile_choice *ledger = &s->tables[BUILTIN_CONVERSIONS];
    enum sign_verdict verdict = sign_key_parse(&ledger->key, value, strlen(value));

    if (verdict != SIGN_GOOD)
        return refuse(complaint, sign_verdict_text(verdict));
    ledger->keyed = true;
    return true;
}

void settings_format_ledger_key(char *out, const struct settings *s)
{
    const struct tablefile_choice *ledger = &s->tables[BUILTIN_CONVERSIONS];

    out[0] = '\0';
    if (ledger->keyed)
        sign_key_format(out, &ledger->key);
}

/* ---- claims and efficiency ---- */

bool settings_set_claims_file(struct settings *s, struct settings_complaint *complaint,
                              const char *value)
{
    return settings_read_path(s->tables[BUILTIN_CLAIMS].file, complaint, value);
}

void settings_format_claims_file(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->tables[BUILTIN_CLAIMS].file);
}

bool settings_set_efficiency_file(struct settings *s, struct settings_complaint *complaint,
                                  const char *value)
{
    return settings_read_path(s->tables[BUILTIN_EFFICIENCY].file, complaint, value);
}

void settings_format_efficiency_file(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->tables[BUILTIN_EFFICIENCY].file);
}

/* ---- companies ---- */

bool settings_set_companies_file(struct settings *s, struct settings_complaint *complaint,
                                 const char *value)
{
    return settings_read_path(s->tables[BUILTIN_COMPANIES].file, complaint, value);
}

void settings_format_companies_file(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->tables[BUILTIN_COMPANIES].file);
}

/* ---- prices ---- */

bool settings_set_price_file(struct settings *s, struct settings_complaint *complaint,
                             const char *value)
{
    return settings_read_path(s->tables[BUILTIN_PRICES].file, complaint, value);
}

void settings_format_price_file(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->tables[BUILTIN_PRICES].file);
}

/* ---- power and used machines ---- */

bool settings_set_power_file(struct settings *s, struct settings_complaint *complaint,
                             const char *value)
{
    return settings_read_path(s->tables[BUILTIN_POWER].file, complaint, value);
}

void settings_format_power_file(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->tables[BUILTIN_POWER].file);
}

bool settings_set_machines_file(struct settings *s, struct settings_complaint *complaint,
                                const char *value)
{
    return settings_read_path(s->tables[BUILTIN_MACHINES].file, complaint, value);
}

void settings_format_machines_file(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->tables[BUILTIN_MACHINES].file);
}

/* ---- what mining and AI earn and cost ---- */

bool settings_set_economics_file(struct settings *s, struct settings_complaint *complaint,
                                 const char *value)
{
    return settings_read_path(s->tables[BUILTIN_ECONOMICS].file, complaint, value);
}

void settings_format_economics_file(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->tables[BUILTIN_ECONOMICS].file);
}

/* ---- all of them ---- */

const char *settings_tables_fault(const struct settings *settings, const char **key)
{
    const struct tablefile_choice *ledger = &settings->tables[BUILTIN_CONVERSIONS];

    if (ledger->url[0] != '\0' && ledger->file[0] != '\0') {
        *key = "ledger.url";
        return "ledger.url and ledger.file exclude each other";
    }
    if (ledger->url[0] != '\0' && !ledger->pinned && !ledger->keyed) {
        *key = "ledger.url";
        return "ledger.url: how is what comes from there to be believed? expected ledger.sha256 or "
               "ledger.key beside it";
    }
    if (ledger->url[0] == '\0' && (ledger->pinned || ledger->keyed)) {
        *key = ledger->pinned ? "ledger.sha256" : "ledger.key";
        return "ledger.sha256 and ledger.key are for what ledger.url names: expected that too";
    }
    return NULL;
}
