// SPDX-License-Identifier: GPL-2.0-or-later
/// What the module needs of bgpd, and nothing else of FRR. `bgpd_*.c` implement it; unit tests have a stub.
///
/// All of it is called in bgpd's own thread, from events of its loop. Pointers that it hands out are good until the
/// caller returns to the loop.

#ifndef CN_BGPD_H
#define CN_BGPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attributes.h"
#include "cn_prefix.h"
#include "status.h"

// ---- Instances ----

/// A BGP instance of a VRF; the default one has the name `default`.
struct bgpd_instance;

struct bgpd_instance_facts {
    char vrf[CN_VRF_BYTES + 1];
    uint32_t as_number;
    /// Networks need a route in the RIB before they are announced.
    bool import_check;
};

/// The instance of a VRF; NULL when there is none, or none that takes networks (views, instances being deleted).
struct bgpd_instance *bgpd_instance(const char *vrf);

/// Whether bgpd has read its configuration. Once it has, it has for good.
bool bgpd_is_configured(void);

/// All of them, the default one first. Returns how many there are, which may be more than `maximum`.
size_t bgpd_instances(struct bgpd_instance_facts *facts, size_t maximum);

// ---- Networks ----

/// A `network` statement.
struct bgpd_network {
    struct cn_prefix prefix;
    /// NULL for none.
    const char *route_map;
    /// It has options beside the route-map (backdoor, label-index), which we neither make nor change.
    bool has_options;
};

/// The statement for a prefix; false when there is none. Its cost does not depend on how many there are.
bool bgpd_network_find(struct bgpd_instance *instance, const struct cn_prefix *prefix, struct bgpd_network *network);

/// All statements of a family in order of their prefixes, until the function returns false.
void bgpd_network_each(
    struct bgpd_instance *instance, enum cn_family family, bool (*function)(const struct bgpd_network *, void *),
    void *argument);

/// Makes a statement, gives it another route-map, or has it apply its route-map anew.
bool bgpd_network_set(
    struct bgpd_instance *instance, const struct cn_prefix *prefix, const char *route_map, struct cn_status *status);

/// Removes a statement.
bool bgpd_network_remove(
    struct bgpd_instance *instance, const struct cn_prefix *prefix, struct cn_status *status);

// ---- What BGP has ----

/// How BGP came by a prefix: by valid paths of its own, not those of neighbours. A statement alone makes none; its
/// route-map may deny.
struct bgpd_paths {
    /// By a `network` statement.
    bool by_network;
    /// By `redistribute table-direct`.
    bool by_redistribution;
};

/// What BGP has of a prefix. Its cost does not depend on how many there are.
struct bgpd_paths bgpd_paths(struct bgpd_instance *instance, const struct cn_prefix *prefix);

/// A line `redistribute table-direct`.
struct bgpd_redistribution {
    enum cn_family family;
    uint32_t table;
    /// NULL for none.
    const char *route_map;
    /// Its route-map is there, or it has none.
    bool route_map_exists;
};

/// Those of an instance. Returns how many there are, which may be more than `maximum`.
size_t bgpd_redistributions(
    struct bgpd_instance *instance, struct bgpd_redistribution *redistributions, size_t maximum);

// ---- Classes ----

enum bgpd_class_kind {
    /// There is no route-map of this name.
    BGPD_CLASS_ABSENT,
    /// It has the form that we give it: one entry that permits, matches all, and sets known attributes.
    BGPD_CLASS_OURS,
    /// It has another form: an operator's. Networks may use it; we do not change it.
    BGPD_CLASS_OPERATORS,
};

/// Whether networks can use the route-map of a class. In constant time.
bool bgpd_class_exists(const char *name);

/// Reads a class.
enum bgpd_class_kind bgpd_class_read(const char *name, struct cn_class *definition);

/// The names of all classes, until the function returns false.
void bgpd_class_each(bool (*function)(const char *name, void *), void *argument);

/// What a class shall become; `before` is what `bgpd_class_read` gave.
struct bgpd_class_change {
    const char *name;
    const struct cn_class *before;
    const struct cn_class *after;
};

/// Makes, changes and removes route-maps, at most `CN_CLASSES_CHANGED`: all of them or none.
bool bgpd_class_write(const struct bgpd_class_change *changes, size_t count, struct cn_status *status);

// ---- Beside ----

enum bgpd_level { BGPD_ERROR, BGPD_WARNING, BGPD_NOTICE };

/// Writes a line to FRR's log.
void bgpd_log(enum bgpd_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// FRR's version, `10.3`.
const char *bgpd_version(void);

/// Microseconds of a clock that never goes back.
uint64_t bgpd_monotonic_us(void);

/// Microseconds since the Unix epoch.
uint64_t bgpd_realtime_us(void);

/// Seconds since the machine was started, the time included that it slept; no clock that anybody sets.
uint64_t bgpd_boot_seconds(void);

/// The name of this run of the machine, at most `CN_BOOT_BYTES`; another one after every start of it. Empty when it
/// cannot be told.
const char *bgpd_boot_id(void);

#endif
