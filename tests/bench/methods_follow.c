// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_follow: see methods_follow.h.
 */
#include "config.h"

#include "tests/bench/methods_follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void follow_init(struct follow *follow, double rate_ehs, uint32_t batch)
{
    memset(follow, 0, sizeof *follow);
    follow->model = nowcast_model(batch);
    follow->state = nowcast_start(&follow->model, rate_ehs);
}

void follow_epoch(struct follow *follow, uint32_t height)
{
    size_t epoch = height / EPOCH_BLOCKS;

    if (epoch > 0 && follow->epoch_blocks > 0 && !follow->rates_known)
        follow->rates[epoch - 1] = follow->epoch_blocks / follow->epoch_sum;
    follow->epoch_sum = 0.0;
    follow->epoch_blocks = 0;
    if (epoch >= FOLLOW_WARM_EPOCHS)
        follow->drift =
            nowcast_drift(follow->rates[epoch - 1], follow->rates[epoch - FOLLOW_WARM_EPOCHS]);
}

void follow_next(struct follow *follow, uint32_t height, double u)
{
    if (height % EPOCH_BLOCKS == 0)
        follow_epoch(follow, height);
    nowcast_update(&follow->state, &follow->model, height, u, follow->drift);
    follow->epoch_sum += u;
    follow->epoch_blocks++;
}

double *path_array(size_t count)
{
    double *array = calloc(count, sizeof *array);

    if (array == NULL) {
        printf("no memory for a path of %zu\n", count);
        exit(EXIT_FAILURE);
    }
    return array;
}

struct path path_make(const struct synth_options *options, size_t blocks, uint64_t seed,
                      uint64_t number)
{
    struct synth synth = synth_init(options, seed, number);
    struct path path = {
        .blocks = blocks,
        .u = path_array(blocks + 1),
        .time_s = path_array(blocks + 1),
        .work_eh = path_array(blocks + 1),
        .log_rate = path_array(blocks + 1),
    };

    for (size_t i = 0; i < blocks; i++) {
        struct synth_block block = synth_next(&synth);

        path.u[i + 1] = path.u[i] + block.u;
        path.time_s[i + 1] = path.time_s[i] + block.dt_s;
        path.work_eh[i + 1] = path.work_eh[i] + block.work_eh;
        path.log_rate[i + 1] = block.log_rate;
    }
    return path;
}

void path_free(struct path *path)
{
    free(path->u);
    free(path->time_s);
    free(path->work_eh);
    free(path->log_rate);
}
