// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * figures_json: the engine's figures in `hashtide status --json`.
 *
 * Each part is an object that is always there; where there is no figure it holds null, and reason
 * says why. A number is never NaN or infinite.
 */
#include "config.h"

#include "monitor/fields.h"
#include "monitor/figures.h"

#include <math.h>

static bool set_real(json_t *object, const char *key, bool known, double value)
{
    return fields_set(object, key, known && isfinite(value) ? json_real(value) : json_null());
}

static bool set_integer(json_t *object, const char *key, bool known, int64_t value)
{
    return fields_set(object, key, known ? json_integer(value) : json_null());
}

static bool set_reason(json_t *object, const struct figures *figures, enum engine_status status)
{
    if (!figures->known)
        return fields_set(object, "reason", json_string(figures->reason));
    return status == ENGINE_OK ||
           fields_set(object, "reason", json_string(engine_status_text(status)));
}

static json_t *nowcast_to_json(const struct figures *figures)
{
    const struct engine_hashrate *hashrate = &figures->hashrate;
    const struct nowcast_estimate *estimate = &hashrate->estimate;
    bool known = figures->known && hashrate->status == ENGINE_OK;
    json_t *object = json_object();
    bool good = true;

    good = good && set_real(object, "ehs", known, estimate->ehs);
    good = good && set_real(object, "lo95", known, estimate->lo95);
    good = good && set_real(object, "hi95", known, estimate->hi95);
    good = good && set_real(object, "memory_blocks", known, estimate->memory);
    good = good && set_integer(object, "height", known, figures->height);
    good = good && set_integer(object, "time", known, figures->at_s);
    good = good && fields_set(object, "live", json_boolean(known && figures->live));
    good = good && fields_set(object, "widened", json_boolean(known && hashrate->widened));
    good = good &&
           set_integer(object, "alarm_height", known && hashrate->widened, hashrate->alarm_height);
    good = good && set_real(object, "drift_per_day", known,
                            hashrate->drift * 86400.0 / PARAMS_SPACING_SECONDS);
    good = good && set_reason(object, figures, hashrate->status);
    return fields_complete(object, good);
}

static json_t *core_to_json(const struct figures *figures)
{
    json_t *object = json_object();
    bool good = true;

    good = good &&
           set_real(object, "ehs", figures->known && figures->core_ehs > 0.0, figures->core_ehs);
    good = good && set_integer(object, "blocks", true, FIGURES_CORE_BLOCKS);
    return fields_complete(object, good);
}

static json_t *silence_to_json(const struct figures *figures)
{
    bool asked = figures->known && figures->live;
    bool known = asked && figures->hashrate.status == ENGINE_OK;
    json_t *object = json_object();
    bool good = true;

    good = good && set_real(object, "seconds", known, figures->hashrate.silence_s);
    good = good && set_real(object, "p", known, figures->hashrate.silence_p);
    good =
        good && fields_set(object, "since",
                           known ? json_string(figures->silence_by_arrival ? "arrival" : "header")
                                 : json_null());
    if (figures->known && !figures->live)
        good =
            good && fields_set(object, "reason", json_string("what has come since is not known"));
    else
        good = good && set_reason(object, figures, figures->hashrate.status);
    return fields_complete(object, good);
}

static bool set_moments(json_t *object, bool known, const struct volatility_moments *moments)
{
    return set_real(object, "change_sd", known, moments->change_sd) &&
           set_real(object, "luck_sd", known, moments->luck_sd) &&
           set_real(object, "net_sd", known, moments->net_sd) &&
           set_real(object, "correlation", known, moments->correlation);
}

static json_t *epochs_to_json(const struct figures *figures)
{
    const struct engine_volatility *volatility = &figures->volatility;
    bool known = figures->known && volatility->epoch_status == ENGINE_OK;
    json_t *object = json_object();
    bool good = true;

    good = good && set_integer(object, "epochs", known, volatility->epochs);
    good = good && set_moments(object, known, &volatility->epoch);
    good = good && set_real(object, "walk_daily_sd", known, volatility->reversing.parts.daily_sd);
    good =
        good && set_real(object, "transient_sd", known, volatility->reversing.parts.transient_sd);
    good = good && set_real(object, "persistence", known, volatility->reversing.parts.persistence);
    good = good && set_real(object, "gain", known, volatility->reversing.gain);
    good = good && set_reason(object, figures, volatility->epoch_status);
    return fields_complete(object, good);
}

static json_t *volatility_to_json(const struct figures *figures)
{
    const struct engine_volatility *volatility = &figures->volatility;
    bool known = figures->known && volatility->status == ENGINE_OK;
    json_t *object = json_object();
    bool good = true;

    good = good && set_real(object, "daily_sd", known, volatility->daily_sd);
    good = good && set_real(object, "lo95", known, volatility->lo95);
    good = good && set_real(object, "hi95", known, volatility->hi95);
    good = good && set_integer(object, "blocks", known, volatility->blocks);
    good = good && set_integer(object, "height", known, volatility->height);
    good = good && set_integer(object, "batch_blocks", true, VOLATILITY_BATCH);
    good = good && set_moments(object, known, &volatility->batch);
    good = good && fields_set(object, "by_epoch", epochs_to_json(figures));
    good = good && set_reason(object, figures, volatility->status);
    return fields_complete(object, good);
}

static bool set_extent(json_t *object, const struct figures_change *change)
{
    const struct engine_extent *found = &change->extent;
    const struct change_extent *extent = &found->extent;
    bool known = found->status == ENGINE_OK;

    return set_integer(object, "onset_height", known, extent->onset) &&
           set_integer(object, "onset_lo95", known, extent->onset_lo) &&
           set_integer(object, "onset_hi95", known, extent->onset_hi) &&
           set_integer(object, "onset_time", known && change->onset_time > 0, change->onset_time) &&
           set_real(object, "ratio", known, exp(extent->log_size)) &&
           set_real(object, "ratio_lo90", known, exp(extent->log_size_lo)) &&
           set_real(object, "ratio_hi90", known, exp(extent->log_size_hi)) &&
           set_real(object, "confidence", known, found->confidence) &&
           set_real(object, "recovered", known, found->recovered) &&
           set_integer(object, "recovered_height", known && found->recovered_height > 0,
                       found->recovered_height) &&
           (known || fields_set(object, "reason", json_string(engine_status_text(found->status))));
}

static json_t *change_to_json(const struct figures_change *change)
{
    bool fall = change->change.direction == CHANGE_FALL;
    json_t *object = json_object();
    bool good = true;

    good = good && fields_set(object, "direction", json_string(fall ? "fall" : "rise"));
    good = good && set_integer(object, "alarm_height", true, change->change.alarm);
    good = good && set_integer(object, "alarm_time", true, change->alarm_time);
    good = good && set_real(object, "luck_per_year", true, change->change.luck_per_year);
    good = good && set_extent(object, change);
    return fields_complete(object, good);
}

static json_t *changes_to_json(const struct figures *figures)
{
    json_t *object = json_object();
    bool good = true;

    good = good && set_integer(object, "falls", figures->known, (int64_t)figures->falls);
    good = good && set_integer(object, "rises", figures->known, (int64_t)figures->rises);
    good = good && fields_set(object, "last",
                              figures->has_last ? change_to_json(&figures->last) : json_null());
    good = good && set_reason(object, figures, ENGINE_OK);
    return fields_complete(object, good);
}

static json_t *score_to_json(const struct figures *figures, bool known)
{
    json_t *object = json_object();
    bool good = true;

    known = known && figures->score.epochs > 0;
    good = good && set_integer(object, "done", known, figures->milestone);
    good = good && set_integer(object, "epochs", true, known ? figures->score.epochs : 0);
    good = good && set_real(object, "error", known, figures->score.error);
    good = good && set_real(object, "linear_error", known, figures->score.linear_error);
    good = good && set_real(object, "mempool_error", known, figures->score.mempool_error);
    good = good && set_real(object, "crps", known, figures->score.crps);
    good = good && set_real(object, "coverage95", known, figures->score.coverage);
    return fields_complete(object, good);
}

static json_t *forecast_to_json(const struct figures *figures)
{
    const struct engine_forecast *forecast = &figures->forecast;
    bool known = figures->known && figures->no_forecast == NULL && forecast->status == ENGINE_OK;
    json_t *object = json_object();
    bool good = true;

    good = good && set_integer(object, "height", known, forecast->height);
    good = good && set_integer(object, "done", known, forecast->done);
    good = good && set_integer(object, "to_come", known, forecast->to_come);
    good = good && set_real(object, "ratio", known, forecast->ratio);
    good = good && set_real(object, "ratio_lo95", known, forecast->ratio_lo95);
    good = good && set_real(object, "ratio_hi95", known, forecast->ratio_hi95);
    good = good && set_real(object, "difficulty", known, forecast->difficulty);
    good = good && set_real(object, "difficulty_lo95", known, forecast->difficulty_lo95);
    good = good && set_real(object, "difficulty_hi95", known, forecast->difficulty_hi95);
    good = good && set_real(object, "seconds", known, forecast->seconds);
    good = good && set_real(object, "seconds_lo95", known, forecast->seconds_lo95);
    good = good && set_real(object, "seconds_hi95", known, forecast->seconds_hi95);
    good = good && set_integer(object, "from", known, figures->at_s);
    good = good && set_real(object, "linear_ratio", known, forecast->linear);
    good = good && set_real(object, "mempool_ratio", known, forecast->mempool);
    good = good && fields_set(object, "past", score_to_json(figures, known));
    if (figures->known && figures->no_forecast != NULL)
        good = good && fields_set(object, "reason", json_string(figures->no_forecast));
    else
        good = good && set_reason(object, figures, forecast->status);
    return fields_complete(object, good);
}

static json_t *analysis_to_json(const struct figures *figures)
{
    json_t *object = json_object();
    bool good = true;

    good = good && set_integer(object, "height", figures->known, figures->height);
    good = good && set_real(object, "false_alarms_per_year", figures->known,
                            figures->false_alarms_per_year);
    good = good && set_real(object, "daily_sd", figures->known && figures->daily_sd > 0.0,
                            figures->daily_sd);
    good = good && set_reason(object, figures, ENGINE_OK);
    return fields_complete(object, good);
}

bool figures_to_json(json_t *status, json_t *hashrate, const struct figures *figures)
{
    return fields_set(hashrate, "nowcast", nowcast_to_json(figures)) &&
           fields_set(hashrate, "core", core_to_json(figures)) &&
           fields_set(status, "silence", silence_to_json(figures)) &&
           fields_set(status, "volatility", volatility_to_json(figures)) &&
           fields_set(status, "changes", changes_to_json(figures)) &&
           fields_set(status, "retarget", forecast_to_json(figures)) &&
           fields_set(status, "analysis", analysis_to_json(figures));
}
