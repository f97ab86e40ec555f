// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Any bytes as a script of `simulate`: either a script, whose chain then begins as chains do, or
 * one line that says what is wrong.
 */
#include "config.h"

#include "monitor/simulate.h"
#include "monitor/simulate_script.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/** Blocks of a chain: enough for all to begin, and soon done where they take years each. */
#define BLOCKS 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_block(const struct simulate_block *block, const struct simulate_block *last)
{
    if (block->found > block->arrived || block->arrived < last->arrived || block->height > BLOCKS ||
        block->hashrate == 0 || block->events == NULL)
        abort();
}

static void run(struct simulate_script *script)
{
    struct simulate_script_error error = {""};
    struct simulate *simulate = NULL;
    struct simulate_block block = {.height = 0};
    struct simulate_block last = {.height = 0};
    uint32_t best = 0;
    enum simulate_result result = SIMULATE_FOUND;

    script->blocks = BLOCKS;
    if (!simulate_script_check(script, &error)) {
        if (error.text[0] == '\0')
            abort();
        return;
    }
    simulate = simulate_new(script);
    while ((result = simulate_next(simulate, &block)) == SIMULATE_FOUND) {
        check_block(&block, &last);
        if (block.best && block.height != best++)
            abort();
        last = block;
    }
    if (result == SIMULATE_END && best != BLOCKS + 1)
        abort();
    simulate_free(simulate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct simulate_script script;
    struct simulate_script_error error = {""};

    if (simulate_script_parse(&script, &error, "fuzz.script", (const char *)data, size)) {
        run(&script);
        simulate_script_free(&script);
    } else if (error.text[0] == '\0' || strchr(error.text, '\n') != NULL) {
        abort();
    }
    return 0;
}
