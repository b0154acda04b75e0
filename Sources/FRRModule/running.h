// SPDX-License-Identifier: GPL-2.0-or-later
/// What is known of bgpd's running configuration: how many networks are ours, what the classes are, and the number of
/// this state.

#ifndef CN_RUNNING_H
#define CN_RUNNING_H

#include "bgpd.h"

struct cn_running {
    /// Grows with every change of our networks or classes; never the same for two states, also after a restart.
    uint64_t generation;
    /// Networks of ours, and the sum of their hashes. Kept up to date by what we do, checked by `cn_running_audit`.
    uint64_t count;
    uint64_t fingerprint;
    /// The sum of the hashes of all classes and their definitions.
    uint64_t classes;
    /// How many there are, an operator's included.
    uint64_t class_count;
    /// How often somebody else was found to have changed ours.
    uint64_t foreign_changes;
    /// Networks of the state file that a restart did not bring back.
    uint64_t not_restored;
    /// Networks of ours that there may be.
    uint32_t maximum;
};

/// Starts with a generation that no earlier run had.
void cn_running_start(struct cn_running *running, uint32_t maximum);

/// Counts a network of ours that came or went. Its class is that of its route-map.
void cn_running_add(
    struct cn_running *running, const char *vrf, const struct cn_prefix *prefix, const char *class_name);
void cn_running_subtract(
    struct cn_running *running, const char *vrf, const struct cn_prefix *prefix, const char *class_name);

/// The generation of the state that follows.
void cn_running_advance(struct cn_running *running);

/// Takes in that a class of ours became another, came or went.
void cn_running_change_class(
    struct cn_running *running, const char *name, const struct cn_class *before, const struct cn_class *after);

/// Looks at every network and class. When they are not as they are known here, the generation advances. Returns whether
/// it did.
bool cn_running_audit(struct cn_running *running);

/// An audit at a time when whatever it finds is somebody else's doing, and is counted as that.
void cn_running_notice(struct cn_running *running);

#endif
