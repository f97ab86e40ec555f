// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * datadir: where a network's files are, and the lock that keeps a second writer out.
 *
 * The main network's files are in the data directory itself, another network's in a subdirectory of
 * its name.
 */
#ifndef HASHTIDE_MONITOR_STORE_DATADIR_H
#define HASHTIDE_MONITOR_STORE_DATADIR_H

#include "chain/params.h"

#include <stdbool.h>
#include <stddef.h>

#define DATADIR_PATH_SIZE 4096
#define DATADIR_MESSAGE_SIZE 4608

/* Names of the files in it. */
#define DATADIR_HEADERS "headers.dat"
#define DATADIR_OBSERVATIONS "observations.sqlite"
#define DATADIR_ALERTS "alerts.sqlite"
#define DATADIR_MARKET "market.sqlite"
#define DATADIR_SOCKET "control.sock"
#define DATADIR_LOCK "lock"
#define DATADIR_PEERS "peers.dat"
#define DATADIR_ANCHORS "anchors.dat"
#define DATADIR_KEY "signing.key"
#define DATADIR_CALIBRATION "calibration.json"
#define DATADIR_LEDGER "ledger.csv"

/** Path of the network's directory under root. False when it is too long. */
bool datadir_path(char out[DATADIR_PATH_SIZE], const char *root, const struct params *params);

/** Path of a file (or, with name "", of nothing but the directory) of the network. False when it is
 * too long. */
bool datadir_file(char out[DATADIR_PATH_SIZE], const char *root, const struct params *params,
                  const char *name);

/** Makes the network's directory and those above it where they are missing, readable by the owner
 * alone (0700). False with message. */
bool datadir_create(char message[DATADIR_MESSAGE_SIZE], const char *root,
                    const struct params *params);

/**
 * Takes the single-instance lock of the network's directory, which must exist, and writes our
 * process id into it. Returns a descriptor that holds the lock until datadir_unlock() or the end of
 * the process, however it ends; or -1 with message, which names the process that has it.
 */
int datadir_lock(char message[DATADIR_MESSAGE_SIZE], const char *root, const struct params *params);
/** fd -1 is allowed. */
void datadir_unlock(int fd);

#endif
