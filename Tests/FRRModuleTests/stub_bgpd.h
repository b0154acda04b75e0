// SPDX-License-Identifier: GPL-2.0-or-later
/// A bgpd in memory, for unit tests and fuzzing: implements Sources/FRRModule/bgpd.h, and fails on demand.

#ifndef STUB_BGPD_H
#define STUB_BGPD_H

#include "bgpd.h"

#define STUB_INSTANCES 4
#define STUB_ROUTES 64
#define STUB_BOOT_ID "01234567-89ab-4cde-8f01-23456789abcd"
#define STUB_REDISTRIBUTIONS 40

struct stub_network {
    struct cn_prefix prefix;
    char route_map[CN_VALUE_BYTES + 1];
    bool has_route_map;
    bool has_options;
};

struct bgpd_instance {
    struct bgpd_instance_facts facts;
    struct stub_network *networks;
    size_t count;
    size_t capacity;
    /// Prefixes that BGP has by redistribution.
    struct cn_prefix routes[STUB_ROUTES];
    size_t route_count;
    struct bgpd_redistribution redistributions[STUB_REDISTRIBUTIONS];
    size_t redistribution_count;
};

struct stub_class {
    char name[CN_CLASS_BYTES + 1];
    struct cn_class definition;
    bool is_operators;
    /// Its route-map denies all.
    bool denies;
};

struct stub_bgpd {
    struct bgpd_instance instances[STUB_INSTANCES];
    size_t instance_count;
    struct stub_class classes[CN_CLASSES + CN_CLASSES_CHANGED];
    size_t class_count;
    /// Changes made since the start, also failed ones.
    uint64_t changes;
    /// The change with this number fails, and so do as many after it as `failures` says.
    uint64_t fail_at;
    uint64_t failures;
    /// Commits of classes; whether somebody holds a lock against them, and a class that is never taken.
    unsigned class_writes;
    bool is_locked;
    const char *refused_class;
    uint64_t clock_us;
    /// How far the clock goes whenever it is read.
    uint64_t clock_step_us;
    /// As `bgpd_boot_id` and `bgpd_boot_seconds` answer.
    const char *boot_id;
    uint64_t boot_seconds;
    bool is_being_configured;
    char last_log[4096];
    unsigned log_count;
};

extern struct stub_bgpd stub;

/// Empty, with one instance in the default VRF.
void stub_start(void);

/// Adds an instance.
struct bgpd_instance *stub_add_instance(const char *vrf);

/// What an operator does: a statement with any route-map or none, a route-map of any form.
void stub_operator_network(const char *vrf, const char *prefix, const char *route_map, bool has_options);
void stub_operator_remove(const char *vrf, const char *prefix);
void stub_operator_class(const char *name);
void stub_remove_last_instance(void);
void stub_deny(const char *name);
void stub_remove_class(const char *name);

/// A line `redistribute table-direct`, and a route that came to BGP by one.
void stub_redistribution(const char *vrf, enum cn_family family, uint32_t table, const char *route_map, bool exists);
void stub_redistribute(const char *vrf, const char *prefix);

/// A number that says all that is configured.
uint64_t stub_digest(void);

/// The route-map of a network, "" for a network without one, NULL when there is none.
const char *stub_route_map(const char *vrf, const char *prefix);

void stub_end(void);

#endif
