// SPDX-License-Identifier: GPL-2.0-or-later
#include "stub_bgpd.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cn_hash.h"

struct stub_bgpd stub;

struct bgpd_instance *stub_add_instance(const char *vrf)
{
    assert(stub.instance_count < STUB_INSTANCES);
    struct bgpd_instance *instance = &stub.instances[stub.instance_count++];
    snprintf(instance->facts.vrf, sizeof(instance->facts.vrf), "%s", vrf);
    instance->facts.as_number = 65001;
    instance->networks = NULL;
    instance->count = instance->capacity = 0;
    instance->route_count = instance->redistribution_count = 0;
    return instance;
}

void stub_start(void)
{
    stub_end();
    stub.fail_at = UINT64_MAX;
    stub.clock_us = 1000000;
    stub.boot_id = STUB_BOOT_ID;
    stub.boot_seconds = 86400;
    stub_add_instance("default");
}

void stub_end(void)
{
    for (size_t index = 0; index < stub.instance_count; index++)
        free(stub.instances[index].networks);
    memset(&stub, 0, sizeof(stub));
}

// ---- Instances and networks, in order of prefixes ----

bool bgpd_is_configured(void)
{
    return !stub.is_being_configured;
}

struct bgpd_instance *bgpd_instance(const char *vrf)
{
    for (size_t index = 0; index < stub.instance_count; index++) {
        if (strcmp(stub.instances[index].facts.vrf, vrf) == 0)
            return &stub.instances[index];
    }
    return NULL;
}

size_t bgpd_instances(struct bgpd_instance_facts *facts, size_t maximum)
{
    for (size_t index = 0; index < stub.instance_count && index < maximum; index++)
        facts[index] = stub.instances[index].facts;
    return stub.instance_count;
}

static int order(const struct cn_prefix *a, const struct cn_prefix *b)
{
    if (a->family != b->family)
        return a->family - b->family;
    int bytes = memcmp(a->bytes, b->bytes, sizeof(a->bytes));
    return bytes != 0 ? bytes : a->length - b->length;
}

/// Position of the first network that is not before a prefix.
static size_t position_of(const struct bgpd_instance *instance, const struct cn_prefix *prefix, bool *is_there)
{
    size_t low = 0, high = instance->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (order(&instance->networks[middle].prefix, prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *is_there = low < instance->count && order(&instance->networks[low].prefix, prefix) == 0;
    return low;
}

static void describe(const struct stub_network *from, struct bgpd_network *to)
{
    *to = (struct bgpd_network){
        .prefix = from->prefix, .route_map = from->has_route_map ? from->route_map : NULL,
        .has_options = from->has_options};
}

bool bgpd_network_find(struct bgpd_instance *instance, const struct cn_prefix *prefix, struct bgpd_network *network)
{
    bool is_there;
    size_t position = position_of(instance, prefix, &is_there);
    if (is_there)
        describe(&instance->networks[position], network);
    return is_there;
}

void bgpd_network_each(
    struct bgpd_instance *instance, enum cn_family family, bool (*function)(const struct bgpd_network *, void *),
    void *argument)
{
    for (size_t index = 0; index < instance->count; index++) {
        struct bgpd_network network;
        describe(&instance->networks[index], &network);
        if (network.prefix.family == family && !function(&network, argument))
            return;
    }
}

static bool may_change(struct cn_status *status)
{
    uint64_t number = stub.changes++;
    if (number < stub.fail_at || number - stub.fail_at >= stub.failures)
        return true;
    return cn_fail(status, CN_INTERNAL, "the stub fails at change %llu", (unsigned long long)number);
}

static struct stub_network *make_room(struct bgpd_instance *instance, const struct cn_prefix *prefix)
{
    bool is_there;
    size_t position = position_of(instance, prefix, &is_there);
    if (instance->count == instance->capacity) {
        instance->capacity = 2 * instance->capacity + 16;
        instance->networks = realloc(instance->networks, instance->capacity * sizeof(*instance->networks));
        assert(instance->networks != NULL);
    }
    struct stub_network *network = &instance->networks[position];
    if (!is_there) {
        memmove(network + 1, network, (instance->count - position) * sizeof(*network));
        instance->count++;
        memset(network, 0, sizeof(*network));
        network->prefix = *prefix;
    }
    return network;
}

bool bgpd_network_set(
    struct bgpd_instance *instance, const struct cn_prefix *prefix, const char *route_map, struct cn_status *status)
{
    bool is_there;
    size_t position = position_of(instance, prefix, &is_there);
    // The module touches only what is ours or not there at all, and only with a class that exists.
    assert(!is_there || (instance->networks[position].has_route_map && !instance->networks[position].has_options));
    assert(!is_there || strncmp(instance->networks[position].route_map, CN_MARK, strlen(CN_MARK)) == 0);
    assert(strncmp(route_map, CN_MARK, strlen(CN_MARK)) == 0);
    if (!may_change(status))
        return false;
    struct stub_network *network = make_room(instance, prefix);
    network->has_route_map = true;
    snprintf(network->route_map, sizeof(network->route_map), "%s", route_map);
    return true;
}

bool bgpd_network_remove(
    struct bgpd_instance *instance, const struct cn_prefix *prefix, struct cn_status *status)
{
    bool is_there;
    size_t position = position_of(instance, prefix, &is_there);
    assert(is_there);
    struct stub_network *network = &instance->networks[position];
    assert(network->has_route_map && !network->has_options);
    assert(strncmp(network->route_map, CN_MARK, strlen(CN_MARK)) == 0);
    if (!may_change(status))
        return false;
    memmove(network, network + 1, (instance->count - position - 1) * sizeof(*network));
    instance->count--;
    return true;
}

void stub_operator_network(const char *vrf, const char *prefix, const char *route_map, bool has_options)
{
    struct cn_prefix parsed;
    assert(cn_prefix_read(prefix, strlen(prefix), &parsed) == NULL);
    struct stub_network *network = make_room(bgpd_instance(vrf), &parsed);
    network->has_route_map = route_map != NULL;
    network->has_options = has_options;
    snprintf(network->route_map, sizeof(network->route_map), "%s", route_map != NULL ? route_map : "");
}

void stub_operator_remove(const char *vrf, const char *prefix)
{
    struct cn_prefix parsed;
    bool is_there;
    assert(cn_prefix_read(prefix, strlen(prefix), &parsed) == NULL);
    struct bgpd_instance *instance = bgpd_instance(vrf);
    size_t position = position_of(instance, &parsed, &is_there);
    if (!is_there)
        return;
    struct stub_network *network = &instance->networks[position];
    memmove(network, network + 1, (instance->count - position - 1) * sizeof(*network));
    instance->count--;
}

void stub_remove_last_instance(void)
{
    assert(stub.instance_count > 0);
    struct bgpd_instance *instance = &stub.instances[--stub.instance_count];
    free(instance->networks);
    memset(instance, 0, sizeof(*instance));
}

const char *stub_route_map(const char *vrf, const char *prefix)
{
    struct cn_prefix parsed;
    struct bgpd_network network;
    assert(cn_prefix_read(prefix, strlen(prefix), &parsed) == NULL);
    if (!bgpd_network_find(bgpd_instance(vrf), &parsed, &network))
        return NULL;
    return network.route_map != NULL ? network.route_map : "";
}

// ---- What BGP has: a network unless its route-map is not there or denies, or import-check is on ----

static bool lets_through(const char *route_map);

struct bgpd_paths bgpd_paths(struct bgpd_instance *instance, const struct cn_prefix *prefix)
{
    struct bgpd_paths found = {false, false};
    struct bgpd_network network;
    if (bgpd_network_find(instance, prefix, &network))
        found.by_network =
            !instance->facts.import_check && (network.route_map == NULL || lets_through(network.route_map));
    for (size_t index = 0; index < instance->route_count; index++)
        found.by_redistribution |= order(&instance->routes[index], prefix) == 0;
    return found;
}

size_t bgpd_redistributions(struct bgpd_instance *instance, struct bgpd_redistribution *redistributions, size_t maximum)
{
    for (size_t index = 0; index < instance->redistribution_count && index < maximum; index++)
        redistributions[index] = instance->redistributions[index];
    return instance->redistribution_count;
}

void stub_redistribution(const char *vrf, enum cn_family family, uint32_t table, const char *route_map, bool exists)
{
    struct bgpd_instance *instance = bgpd_instance(vrf);
    assert(instance->redistribution_count < STUB_REDISTRIBUTIONS);
    instance->redistributions[instance->redistribution_count++] = (struct bgpd_redistribution){
        .family = family, .table = table, .route_map = route_map, .route_map_exists = exists};
}

void stub_redistribute(const char *vrf, const char *prefix)
{
    struct bgpd_instance *instance = bgpd_instance(vrf);
    assert(instance->route_count < STUB_ROUTES);
    assert(cn_prefix_read(prefix, strlen(prefix), &instance->routes[instance->route_count++]) == NULL);
}

// ---- Classes ----

static struct stub_class *find_class(const char *name)
{
    for (size_t index = 0; index < stub.class_count; index++) {
        if (strcmp(stub.classes[index].name, name) == 0)
            return &stub.classes[index];
    }
    return NULL;
}

static bool lets_through(const char *route_map)
{
    // Of route-maps of others the stub knows nothing.
    if (strncmp(route_map, CN_MARK, strlen(CN_MARK)) != 0)
        return true;
    const struct stub_class *class = find_class(route_map + strlen(CN_MARK));
    return class != NULL && !class->denies;
}

void stub_deny(const char *name)
{
    assert(find_class(name) != NULL);
    find_class(name)->denies = true;
}

void stub_remove_class(const char *name)
{
    assert(find_class(name) != NULL);
    *find_class(name) = stub.classes[--stub.class_count];
}

bool bgpd_class_exists(const char *name)
{
    return find_class(name) != NULL;
}

enum bgpd_class_kind bgpd_class_read(const char *name, struct cn_class *definition)
{
    const struct stub_class *class = find_class(name);
    memset(definition, 0, sizeof(*definition));
    if (class == NULL)
        return BGPD_CLASS_ABSENT;
    *definition = class->definition;
    return class->is_operators ? BGPD_CLASS_OPERATORS : BGPD_CLASS_OURS;
}

void bgpd_class_each(bool (*function)(const char *name, void *), void *argument)
{
    for (size_t index = 0; index < stub.class_count && function(stub.classes[index].name, argument); index++)
        continue;
}

static void write_class(const struct bgpd_class_change *change)
{
    struct stub_class *class = find_class(change->name);
    assert(change->before->exists == (class != NULL) && (class == NULL || !class->is_operators));
    assert(!change->before->exists || cn_class_equal(change->before, &class->definition));
    if (!change->after->exists) {
        assert(class != NULL);
        *class = stub.classes[--stub.class_count];
        return;
    }
    if (class == NULL) {
        assert(stub.class_count < sizeof(stub.classes) / sizeof(stub.classes[0]));
        class = &stub.classes[stub.class_count++];
        memset(class, 0, sizeof(*class));
        snprintf(class->name, sizeof(class->name), "%s", change->name);
    }
    class->definition = *change->after;
}

bool bgpd_class_write(const struct bgpd_class_change *changes, size_t count, struct cn_status *status)
{
    assert(count > 0 && count <= CN_CLASSES_CHANGED);
    stub.class_writes++;
    if (stub.is_locked)
        return cn_fail(status, CN_UNAVAILABLE, "the stub is locked");
    for (size_t index = 0; index < count; index++) {
        if (stub.refused_class != NULL && strcmp(stub.refused_class, changes[index].name) == 0)
            return cn_fail(status, CN_INTERNAL, "the stub refuses class %s", changes[index].name);
    }
    if (!may_change(status))
        return false;
    for (size_t index = 0; index < count; index++)
        write_class(&changes[index]);
    return true;
}

void stub_operator_class(const char *name)
{
    struct stub_class *class = &stub.classes[stub.class_count++];
    memset(class, 0, sizeof(*class));
    snprintf(class->name, sizeof(class->name), "%s", name);
    class->definition.exists = true;
    class->is_operators = true;
}

// ---- Beside ----

uint64_t stub_digest(void)
{
    uint64_t digest = 0;
    for (size_t index = 0; index < stub.instance_count; index++) {
        for (size_t network = 0; network < stub.instances[index].count; network++) {
            const struct stub_network *one = &stub.instances[index].networks[network];
            uint64_t hash = cn_hash(CN_HASH_START + index, &one->prefix, sizeof(one->prefix));
            hash = cn_hash(hash, one->route_map, strlen(one->route_map));
            digest += hash * (one->has_route_map ? 3 : 5) + one->has_options;
        }
    }
    for (size_t index = 0; index < stub.class_count; index++) {
        const struct stub_class *class = &stub.classes[index];
        uint64_t hash = cn_hash(CN_HASH_START, class->name, strlen(class->name));
        for (int attribute = 0; attribute < CN_ATTRIBUTES; attribute++)
            hash = cn_hash(
                hash + (uint64_t)attribute, class->definition.values[attribute],
                strlen(class->definition.values[attribute]));
        digest += hash;
    }
    return digest;
}

void bgpd_log(enum bgpd_level level, const char *format, ...)
{
    va_list arguments;
    (void)level;
    va_start(arguments, format);
    vsnprintf(stub.last_log, sizeof(stub.last_log), format, arguments);
    va_end(arguments);
    stub.log_count++;
}

const char *bgpd_version(void)
{
    return "10.3";
}

uint64_t bgpd_monotonic_us(void)
{
    stub.clock_us += stub.clock_step_us;
    return stub.clock_us;
}

uint64_t bgpd_realtime_us(void)
{
    return 1760000000000000u + stub.clock_us;
}

uint64_t bgpd_boot_seconds(void)
{
    return stub.boot_seconds;
}

const char *bgpd_boot_id(void)
{
    return stub.boot_id;
}
