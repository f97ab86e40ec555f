// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * bench_store: what the program itself costs on a chain of 950,000 headers: `hashtide import` from
 * nothing, reopening the store with everything verified, `hashtide export blocks`. The yardstick is
 * OpenSSL's double hash of the same headers, measured between the rounds. Each figure is the best
 * of some rounds: the machine's noise only ever adds.
 */
#include "config.h"

#include "monitor/store/headerfile.h"
#include "tests/support/records.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if HAVE_CRYPTO
#define OPENSSL_SUPPRESS_DEPRECATED /* the low-level calls are the fastest that it has */
#include <openssl/sha.h>
#endif

#define HEADERS 950000
#define SPACING 596
#define ROUNDS 5
#define PATH_SIZE 512

static double cpu_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double of_timeval(struct timeval value)
{
    return (double)value.tv_sec + (double)value.tv_usec * 1e-6;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void lower(double *best, double took)
{
    if (*best == 0 || took < *best)
        *best = took;
}

/* CPU time of OpenSSL hashing all headers twice over; 0 without OpenSSL. */
static double openssl(const struct records *records)
{
#if HAVE_CRYPTO
    double start = cpu_seconds();
    uint8_t sum = 0;

    for (size_t i = 0; i < records->count; i++) {
        uint8_t hash[SHA256_DIGEST_LENGTH];
        SHA256_CTX sha;

        SHA256_Init(&sha);
        SHA256_Update(&sha, records_at(records, i), HEADER_SIZE);
        SHA256_Final(hash, &sha);
        SHA256_Init(&sha);
        SHA256_Update(&sha, hash, sizeof(hash));
        SHA256_Final(hash, &sha);
        sum ^= hash[0];
    }
    start = cpu_seconds() - start;
    return sum == 0 ? start + 1e-12 : start; /* so that nothing is optimised away */
#else
    (void)records;
    return 0;
#endif
}

/* Runs the program; its CPU time. */
static double run(const char *const *arguments)
{
    const char *program = getenv("HASHTIDE_BIN");
    struct rusage usage;
    int status;
    pid_t child = fork();

    if (child < 0)
        die("fork");
    if (child == 0) {
        char *argv[16] = {NULL};
        int null = open("/dev/null", O_WRONLY);

        for (int i = 0; arguments[i] != NULL && i < 15; i++)
            argv[i] = strdup(arguments[i]);
        (void)dup2(null, STDOUT_FILENO);
        execv(program != NULL ? program : "./hashtide", argv);
        _exit(127);
    }
    if (wait4(child, &status, 0, &usage) != child || status != 0)
        die("hashtide failed");
    return of_timeval(usage.ru_utime) + of_timeval(usage.ru_stime);
}

static long anonymous_kilobytes(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[128];
    long found = 0;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        (void)sscanf(line, "RssAnon: %ld", &found);
    if (file != NULL)
        fclose(file);
    return found;
}

/* Opens and verifies the store once; CPU time, and what it then holds in memory. */
static double reopen(const char *path, long *kilobytes)
{
    struct headerfile_options options = {
        .io = io_system(), .path = path, .params = params_get(NETWORK_TIDENET)};
    struct headerfile_opened opened;
    long before = anonymous_kilobytes();
    double start = cpu_seconds();
    struct headerfile *file = headerfile_open(&options, &opened);

    start = cpu_seconds() - start;
    if (file == NULL || opened.headers != HEADERS || opened.repaired)
        die("the store does not open");
    *kilobytes = anonymous_kilobytes() - before;
    headerfile_close(file);
    return start;
}

static void print_rate(const char *name, double took, double yardstick)
{
    printf("%-44s %7.1f ns/header", name, took / HEADERS * 1e9);
    if (yardstick > 0)
        printf("   %.2f x OpenSSL's rate", yardstick / took);
    printf("\n");
}

static void write_input(const char *path, const struct records *records)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL || fwrite(records->bytes, HEADER_SIZE, records->count, file) != HEADERS ||
        fclose(file) != 0)
        die(path);
}

static void measure(const char *folder, const struct records *records)
{
    char input[PATH_SIZE];
    char data[PATH_SIZE];
    char path[PATH_SIZE + 32];
    double yardstick = 0, imported = 0, reopened = 0, exported = 0;
    long tree_memory = 0;

    snprintf(input, sizeof(input), "%s/input.bin", folder);
    snprintf(data, sizeof(data), "%s/data", folder);
    snprintf(path, sizeof(path), "%s/tidenet/headers.dat", data);
    write_input(input, records);
    for (int i = 0; i < ROUNDS; i++) {
        const char *import[] = {"hashtide",  "import", "--network", "tidenet",
                                "--datadir", data,     input,       NULL};
        const char *export[] = {"hashtide",  "export", "--network", "tidenet",
                                "--datadir", data,     "blocks",    NULL};
        long memory;

        (void)unlink(path);
        lower(&yardstick, openssl(records));
        lower(&imported, run(import));
        lower(&reopened, reopen(path, &memory));
        tree_memory = memory > tree_memory ? memory : tree_memory; /* later rounds reuse pages */
        if (i < 2)
            lower(&exported, run(export));
    }
    print_rate("OpenSSL SHA256_Update, double hash", yardstick, 0);
    print_rate("hashtide import, whole process", imported, yardstick);
    print_rate("reopen the store, all verified", reopened, yardstick);
    printf("%-44s %7.2f M rows/s\n", "hashtide export blocks, whole process",
           HEADERS / exported * 1e-6);
    printf("%-44s %7.2f MB (anonymous)\n", "resident: the opened store",
           (double)tree_memory * 1.024e-3);
}

int main(void)
{
    char folder[] = "bench-store-XXXXXX";
    char command[64];
    struct records records = {0};

    if (mkdtemp(folder) == NULL)
        die(folder);
    printf("mining %d tidenet headers in memory\n", HEADERS);
    records_mine(&records, params_get(NETWORK_TIDENET), HEADERS, SPACING, 1);
    measure(folder, &records);
    records_free(&records);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command) == 0 ? 0 : 1;
}
