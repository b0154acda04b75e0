// SPDX-License-Identifier: GPL-2.0-or-later
/// Warm restart: what the state file of the last run says goes back into bgpd as soon as its instance is configured,
/// before the first session comes up.

#ifndef CN_RESTORE_H
#define CN_RESTORE_H

#include "running.h"

struct cn_restore;

/// Reads a state file; how many of its bytes are good goes to `good`, 0 when there is none. NULL when there is nothing
/// to restore.
struct cn_restore *cn_restore_read(const char *path, struct cn_running *running, size_t *good);

/// The same from bytes.
struct cn_restore *cn_restore_read_bytes(
    const char *bytes, size_t count, struct cn_running *running, size_t *good);

/// Restores the networks of the instances that are there now, each once. Returns whether instances are still missing.
bool cn_restore_step(struct cn_restore *restore, struct cn_running *running);

/// How many networks still wait for their instance.
size_t cn_restore_waiting(const struct cn_restore *restore);

void cn_restore_free(struct cn_restore *restore);

#endif
