// SPDX-License-Identifier: GPL-2.0-or-later
/// Warm restart: what the state file of the last run says goes back into bgpd as soon as its configuration is read,
/// before the first session comes up.
///
/// A network waits for its instance, and for its class where the state file does not say what that is. What waits
/// stands in the state file as before.

#ifndef CN_RESTORE_H
#define CN_RESTORE_H

#include "state_file.h"

struct cn_restore;

/// Reads a state file of a bgpd that has been away for no longer than `maximum_age_s`; how many of its bytes are good
/// goes to `good`, 0 when there is none or it may not be restored. NULL when there is nothing to restore.
struct cn_restore *cn_restore_read(
    const char *path, uint64_t maximum_age_s, struct cn_running *running, size_t *good);

/// The same from bytes.
struct cn_restore *cn_restore_read_bytes(
    const char *bytes, size_t count, uint64_t maximum_age_s, struct cn_running *running, size_t *good);

/// Restores what can be restored now, each network once. Returns whether some still wait. For its class a network waits
/// ten seconds.
bool cn_restore_step(struct cn_restore *restore, struct cn_running *running);

/// How many networks wait.
size_t cn_restore_count(const struct cn_restore *restore);

/// The networks that wait, and before them what is known of their classes.
void cn_restore_each(const struct cn_restore *restore, const struct cn_state_reader *reader);

/// Forgets what a transaction that was applied says anew. Returns whether a network of it waited.
bool cn_restore_forget(struct cn_restore *restore, const struct cn_transaction *transaction);

void cn_restore_free(struct cn_restore *restore);

#endif
