// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerting_answer: what people ask of the rules, through the control socket.
 */
#include "config.h"

#include "monitor/alerting_internal.h"
#include "monitor/alerts_view.h"
#include "monitor/fields.h"

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

static json_t *figure_json(enum metric_id id, const struct metric_value *value)
{
    json_t *object = json_pack("{s:f, s:f, s:f, s:s}", "value", value->value, "lo", value->lo, "hi",
                               value->hi, "unit", metric_unit_name(metric_info(id)->unit));

    if (object != NULL && value->to_height > 0)
        (void)json_object_set_new(object, "from_height", json_integer(value->from_height));
    if (object != NULL && value->to_height > 0)
        (void)json_object_set_new(object, "to_height", json_integer(value->to_height));
    return object;
}

json_t *alerting_figures_json(const struct alerting *alerting)
{
    json_t *figures = json_object();

    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        enum metric_id id = (enum metric_id)i;

        if (alerting->given[i].known)
            (void)fields_set(figures, metric_info(id)->name, figure_json(id, &alerting->given[i]));
    }
    return figures;
}
