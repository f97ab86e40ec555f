// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerting_answer: what people ask of the rules, through the control socket.
 */
#include "config.h"

#include "monitor/alerting_internal.h"
#include "monitor/alerts_view.h"

enum board_answer alerting_acknowledge(struct alerting *alerting, const char *rule, bool *written)
{
    enum board_answer answer =
        board_acknowledge(alerting->board, rule, &alerting->metrics, alerting_say, alerting);

    *written = answer != BOARD_DONE || (!alerting->stuck && alerting_commit(alerting));
    return answer;
}

enum board_answer alerting_silence(struct alerting *alerting, const char *rule,
                                   int64_t until_wall_ms, bool *written)
{
    enum board_answer answer = board_silence(alerting->board, rule, until_wall_ms);

    *written = answer != BOARD_DONE || (!alerting->stuck && alerting_commit(alerting));
    return answer;
}

json_t *alerting_json(const struct alerting *alerting)
{
    return alerts_view_rules(&(struct alerts_view){.board = alerting->board,
                                                   .metrics = &alerting->metrics,
                                                   .key = alerting->speaker.public_key,
                                                   .wall_ms = alerting->moment.now.wall_ms});
}
