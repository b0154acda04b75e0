// SPDX-License-Identifier: GPL-2.0-or-later
/// A transaction: edits of networks and classes, checked whole before anything is changed, applied whole or not at all.
///
/// `transaction.c` reads the edits, `transaction_check.c` checks them against bgpd, both in slices; `apply.c` applies
/// them in one go. bgpd's configuration may change between slices, so applying looks at everything again.

#ifndef CN_TRANSACTION_H
#define CN_TRANSACTION_H

#include "arena.h"
#include "bgpd.h"
#include "cosmolet_northbound.pb-c.h"
#include "path.h"
#include "running.h"

/// No class: a network that is not there.
#define CN_NO_CLASS (-1)

/// What a transaction wants of one prefix; of several edits the last one.
struct cn_network_edit {
    struct cn_prefix prefix;
    uint8_t vrf;
    bool is_applied;
    /// Positions in `classes`.
    int16_t before;
    int16_t after;
};

/// A class that a transaction uses or changes.
struct cn_class_edit {
    char name[CN_CLASS_BYTES + 1];
    bool is_known_to_exist;
    bool is_applied;
    /// Both NULL for a class that is only used.
    struct cn_class *before;
    struct cn_class *after;
};

struct cn_transaction {
    struct cn_arena *arena;
    const Cosmolet__Northbound__V1__Edit *const *edits;
    size_t edit_count;
    /// Edits read, and networks checked, so far.
    size_t read_count;
    size_t checked_count;

    struct cn_network_edit *networks;
    size_t network_count;
    /// Open addressing; positions in `networks` plus 1.
    uint32_t *slots;
    size_t slot_count;

    char (*vrfs)[CN_VRF_BYTES + 1];
    size_t vrf_count;
    struct cn_class_edit *classes;
    size_t class_count;
    /// How many of them it may change.
    size_t changed_classes;

    /// Networks that it adds less those that it removes.
    int64_t growth;
    /// The same of classes.
    int64_t class_growth;
    bool has_changes;
};

enum cn_progress { CN_MORE, CN_DONE, CN_FAILED };

/// Begins a transaction; `edits` and `arena` have to live as long as it does.
bool cn_transaction_begin(
    struct cn_transaction *transaction, Cosmolet__Northbound__V1__Edit *const *edits, size_t count,
    struct cn_arena *arena, struct cn_status *status);

/// Reads and checks at most `CN_SLICE` edits. After `CN_DONE` it can be applied.
enum cn_progress cn_transaction_step(
    struct cn_transaction *transaction, struct cn_running *running, struct cn_status *status);

/// Applies it. On failure everything is as it was before.
bool cn_transaction_apply(
    struct cn_transaction *transaction, struct cn_running *running, struct cn_status *status);

// ---- Between the files of the transaction ----

/// Position of a class, made if need be; CN_NO_CLASS with a status when there are too many.
int cn_transaction_class(struct cn_transaction *transaction, const char *name, struct cn_status *status);

/// What it wants of a prefix; NULL for nothing.
struct cn_network_edit *cn_transaction_find(
    const struct cn_transaction *transaction, unsigned vrf, const struct cn_prefix *prefix);

/// Looks up the network of an edit. The position of its class goes to `before`; CN_NO_CLASS when there is none, or
/// none of ours. Fails when the edit wants what somebody else announces.
bool cn_transaction_look(
    struct cn_transaction *transaction, struct bgpd_instance *instance, const struct cn_network_edit *edit, int *before,
    struct cn_status *status);

/// The slices of `transaction_check.c`.
enum cn_progress cn_transaction_check(
    struct cn_transaction *transaction, struct cn_running *running, struct cn_status *status);

/// The path of the network of an edit, for people.
void cn_transaction_path(
    const struct cn_transaction *transaction, const struct cn_network_edit *edit, char text[CN_PATH_TEXT]);

#endif
