// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * settings_sections: sections [alert NAME] and [sink NAME]: kept as they stand, and the rules that
 * come of the first kind. The file's other sections, of networks, are settings.c's affair.
 */
#include "config.h"

#include "alerts/ruleset.h"
#include "monitor/mem.h"
#include "monitor/settings_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *settings_section_kind_name(enum settings_section_kind kind)
{
    return kind == SETTINGS_ALERT ? "alert" : "sink";
}

const struct settings_section *settings_section_find(const struct settings *settings,
                                                     enum settings_section_kind kind,
                                                     const char *name)
{
    for (size_t i = 0; i < settings->section_count; i++) {
        if (settings->sections[i].kind == kind && strcmp(settings->sections[i].name, name) == 0)
            return &settings->sections[i];
    }
    return NULL;
}

struct settings_section *settings_section_add(struct settings *settings,
                                              enum settings_section_kind kind, const char *name,
                                              unsigned line)
{
    struct settings_section *section = NULL;

    settings->sections =
        mem_resize(settings->sections, settings->section_count + 1, sizeof *settings->sections);
    section = &settings->sections[settings->section_count++];
    *section = (struct settings_section){.kind = kind, .name = mem_text(name), .line = line};
    return section;
}

void settings_section_put(struct settings_section *section, const char *key, size_t key_len,
                          const char *value, size_t value_len, unsigned line)
{
    char *text = mem_zeroed(key_len + value_len + 2, 1);

    memcpy(text, key, key_len);
    memcpy(text + key_len + 1, value, value_len);
    section->pairs = mem_resize(section->pairs, section->pair_count + 1, sizeof *section->pairs);
    section->texts = mem_resize(section->texts, section->pair_count + 1, sizeof *section->texts);
    section->texts[section->pair_count] = text;
    section->pairs[section->pair_count++] =
        (struct rule_pair){.key = text, .value = text + key_len + 1, .line = line};
}

void settings_sections_free(struct settings *settings)
{
    for (size_t i = 0; i < settings->section_count; i++) {
        struct settings_section *section = &settings->sections[i];

        for (size_t j = 0; j < section->pair_count; j++)
            free(section->texts[j]);
        free(section->texts);
        free(section->pairs);
        free(section->name);
    }
    free(settings->sections);
    settings->sections = NULL;
    settings->section_count = 0;
}

/* Every sink that a rule names has a section. */
static bool check_sinks(const struct settings *settings, const struct settings_section *section,
                        struct rule_error *error)
{
    const struct rule *rule = ruleset_find(&settings->rules, section->name);

    for (size_t i = 0; i < rule->sink_count; i++) {
        if (settings_section_find(settings, SETTINGS_SINK, rule->sinks[i]) != NULL)
            continue;
        error->line = section->line;
        for (size_t j = 0; j < section->pair_count; j++) {
            if (strcmp(section->pairs[j].key, "sinks") == 0)
                error->line = section->pairs[j].line;
        }
        snprintf(error->text, sizeof error->text,
                 "alert %s: sinks=%s: there is no such sink: expected a section [sink %s]",
                 section->name, rule->sinks[i], rule->sinks[i]);
        return false;
    }
    return true;
}

bool settings_read_sinks(struct settings *settings, struct rule_error *error)
{
    for (size_t i = 0; i < settings->section_count; i++) {
        const struct settings_section *section = &settings->sections[i];
        struct sinks_section given = {
            .name = section->name,
            .line = section->line,
            .pairs = section->pairs,
            .pair_count = section->pair_count,
            .proxy = settings->proxy,
        };

        if (section->kind == SETTINGS_SINK && !sinks_read(&settings->sinks, error, &given))
            return false;
    }
    return true;
}

bool settings_read_rules(struct settings *settings, struct rule_error *error)
{
    if (!ruleset_defaults(&settings->rules)) {
        *error = (struct rule_error){.text = "out of memory"};
        return false;
    }
    for (size_t i = 0; i < settings->section_count; i++) {
        const struct settings_section *section = &settings->sections[i];

        if (section->kind == SETTINGS_ALERT &&
            (!ruleset_read(&settings->rules, error, section->name, section->line, section->pairs,
                           section->pair_count) ||
             !check_sinks(settings, section, error)))
            return false;
    }
    return true;
}
