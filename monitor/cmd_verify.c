// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_verify: checks an alert or an export with the monitor's public key alone, and a webhook with
 * its secret. It needs no store and no configuration: whoever receives alerts can run it.
 *
 * What the caller says of himself (the key he trusts, his secrets, the clock) is usage when it is
 * wrong, exit code 2; what a stranger sent (bytes, signatures, headers) is an answer, 0 or 1.
 */
#include "config.h"

#include "monitor/command.h"
#include "monitor/filesign.h"
#include "monitor/number.h"
#include "monitor/secretfile.h"
#include "monitor/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/** Largest tolerance: a century, for messages from an archive. */
#define TOLERANCE_MAX UINT64_C(3155760000)

struct request {
    const char *path;
    struct verify_claim claim;
    struct verify_webhook webhook;
};

/* ---- the signature ---- */

/* Reads a signature file. False after command_error() if it can't be read; what is in it is judged
 * later. */
static bool read_signature_file(struct verify_claim *claim, const char *path)
{
    char text[SIGFILE_SIZE_MAX + 1];
    size_t len = 0;
    FILE *file = fopen(path, "re");
    bool failed = file == NULL;

    if (!failed) {
        len = fread(text, 1, sizeof text, file);
        failed = ferror(file) != 0;
    }
    if (failed)
        command_error("cannot read the signature %s: %s", path, strerror(errno));
    else
        claim->verdict = sigfile_parse(&claim->claimed, text, len);
    if (file != NULL)
        fclose(file);
    return !failed;
}

static bool take_key(struct verify_claim *claim, const char *text)
{
    enum sign_verdict verdict = SIGN_KEY_LENGTH;

    if (text == NULL) {
        command_error("--key=HEX is wanted: the monitor's public key, as its owner made it known");
        return false;
    }
    verdict = sign_key_parse(&claim->key, text, strlen(text));
    if (verdict == SIGN_GOOD)
        return true;
    command_error("--key: %s", sign_verdict_text(verdict));
    return false;
}

/* What --signature, --signature-file or FILE.sig says. Returns an exit code. */
static int read_claim(struct request *request, const struct command_call *call)
{
    const char *text = command_value(call, "signature");
    const char *file = command_value(call, "signature-file");
    struct verify_claim *claim = &request->claim;
    char beside[OUTPUT_PATH_SIZE];

    claim->wanted = text != NULL || file != NULL || command_value(call, "key") != NULL;
    if (!claim->wanted)
        return COMMAND_DONE;
    if (text != NULL && file != NULL) {
        command_error("--signature and --signature-file exclude each other");
        return COMMAND_USAGE;
    }
    if (!take_key(claim, command_value(call, "key")))
        return COMMAND_USAGE;
    if (text != NULL) {
        claim->claimed.tag = SIGN_ALERT;
        claim->claimed.key = claim->key;
        claim->verdict = sign_signature_parse(&claim->claimed.signature, text, strlen(text));
        return COMMAND_DONE;
    }
    if (file == NULL && strcmp(request->path, "-") == 0) {
        command_error("standard input has no signature beside it: give --signature or "
                      "--signature-file");
        return COMMAND_USAGE;
    }
    if (file == NULL && !filesign_path(beside, request->path)) {
        command_error("the name of the signature is too long: %s%s", request->path,
                      FILESIGN_ENDING);
        return COMMAND_USAGE;
    }
    return read_signature_file(claim, file != NULL ? file : beside) ? COMMAND_DONE : COMMAND_FAILED;
}

/* ---- the webhook ---- */

static bool take_tolerance(struct webhook_clock *clock, const char *text)
{
    uint64_t seconds = WEBHOOK_TOLERANCE_S;

    if (text != NULL && !number_parse(&seconds, text, 0, TOLERANCE_MAX)) {
        command_error("--tolerance=%s: expected a number of seconds, at most %" PRIu64, text,
                      TOLERANCE_MAX);
        return false;
    }
    clock->now_s = (int64_t)time(NULL);
    clock->tolerance_s = (int64_t)seconds;
    return true;
}

/* Returns an exit code. */
static int read_webhook(struct request *request, const struct command_call *call)
{
    static const char *const names[] = {"webhook-id", "webhook-timestamp", "webhook-signature",
                                        "secret-file"};
    const char *values[4];
    struct verify_webhook *webhook = &request->webhook;
    const char *missing = NULL;
    char message[SECRETFILE_MESSAGE_SIZE];

    for (size_t i = 0; i < 4; i++) {
        values[i] = command_value(call, names[i]);
        webhook->wanted = webhook->wanted || values[i] != NULL;
        if (values[i] == NULL && missing == NULL)
            missing = names[i];
    }
    if (!webhook->wanted && command_value(call, "tolerance") != NULL) {
        command_error("--tolerance is for webhooks: give --webhook-id and the others too");
        return COMMAND_USAGE;
    }
    if (!webhook->wanted)
        return COMMAND_DONE;
    if (missing != NULL) {
        command_error("a webhook is verified with --webhook-id, --webhook-timestamp, "
                      "--webhook-signature and --secret-file: there is no --%s",
                      missing);
        return COMMAND_USAGE;
    }
    webhook->headers = (struct webhook_headers){values[0], values[1], values[2]};
    if (!take_tolerance(&webhook->clock, command_value(call, "tolerance")))
        return COMMAND_USAGE;
    if (secretfile_webhook(&webhook->secrets, message, values[3]))
        return COMMAND_DONE;
    command_error("%s", message);
    return COMMAND_USAGE;
}

/* ---- doing it ---- */

static int read_request(struct request *request, const struct command_call *call)
{
    int code = COMMAND_DONE;

    if (call->argument_count != 1) {
        command_error("'verify' takes one file, or - for standard input; try 'hashtide verify "
                      "--help'");
        return COMMAND_USAGE;
    }
    request->path = call->arguments[0];
    code = read_claim(request, call);
    if (code == COMMAND_DONE)
        code = read_webhook(request, call);
    if (code == COMMAND_DONE && !request->claim.wanted && !request->webhook.wanted) {
        command_error("nothing to verify with: give --key=HEX, or a webhook's headers and "
                      "--secret-file; try 'hashtide verify --help'");
        return COMMAND_USAGE;
    }
    return code;
}

static int verify(const struct request *request, bool json)
{
    struct verify_bytes bytes;
    char message[VERIFY_MESSAGE_SIZE];
    json_t *report = NULL;
    bool good = false;
    /* A claim without form has no tag. */
    enum sign_tag tag =
        request->claim.verdict == SIGN_GOOD ? request->claim.claimed.tag : SIGN_ALERT;

    if (!verify_read(&bytes, message, request->path, tag, request->webhook.wanted)) {
        command_error("%s", message);
        return COMMAND_FAILED;
    }
    report = verify_report(request->path, &bytes, &request->claim, &request->webhook);
    verify_bytes_free(&bytes);
    if (report == NULL) {
        command_error("out of memory");
        return COMMAND_FAILED;
    }
    if (json) {
        json_dumpf(report, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        verify_print(report);
    }
    good = json_is_true(json_object_get(report, "good"));
    json_decref(report);
    return good ? COMMAND_DONE : COMMAND_FAILED;
}

static int run(const struct command_call *call)
{
    struct request request = {.path = NULL};
    int code = read_request(&request, call);

    if (code == COMMAND_DONE)
        code = verify(&request, command_flag(call, "json"));
    webhook_secrets_wipe(&request.webhook.secrets);
    return code;
}

static const struct command_option options[] = {
    {"key", 0, true, "HEX", "the public key of the monitor that is to have signed"},
    {"signature", 0, true, "HEX", "the header hashtide-signature of an alert: [bip340=]HEX"},
    {"signature-file", 0, true, "FILE", "a signature file; the default is FILE.sig"},
    {"webhook-id", 0, true, "ID", "the header webhook-id"},
    {"webhook-timestamp", 0, true, "SECONDS", "the header webhook-timestamp"},
    {"webhook-signature", 0, true, "LIST", "the header webhook-signature"},
    {"secret-file", 0, true, "FILE", "the webhook's secrets, one whsec_... on each line"},
    {"tolerance", 0, true, "SECONDS", "how far off the webhook's time may be (default 300)"},
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_verify = {
    .name = "verify",
    .synopsis = "verify --key HEX [--signature HEX | --signature-file FILE] [--json] FILE",
    .summary = "check the signature of an alert or an export",
    .details =
        "Checks that FILE (- is standard input) was signed with a key, and says what was\n"
        "checked. FILE holds the body of an alert as it was received, to the byte, with\n"
        "--signature; or an export, whose signature is in FILE.sig. The public key must come\n"
        "from the monitor's owner, not from where FILE came from.\n"
        "\n"
        "With --webhook-id, --webhook-timestamp, --webhook-signature and --secret-file it\n"
        "checks the headers of a webhook too, or alone where there is no --key.\n"
        "\n"
        "Exit code 0: all of it is good. 1: it is not, or cannot be read.",
    .options = options,
    .settings_wanted = false,
    .run = run,
};
