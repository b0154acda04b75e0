// SPDX-License-Identifier: GPL-2.0-or-later
#include "running.h"

#include <string.h>

#include "cn_hash.h"
#include "text.h"

static uint64_t hash_of(const char *vrf, const struct cn_prefix *prefix, const char *class_name)
{
    uint64_t hash = cn_hash(CN_HASH_START, vrf, strlen(vrf) + 1);
    hash = cn_hash(hash, prefix, sizeof(*prefix));
    return cn_hash(hash, class_name, strlen(class_name));
}

static uint64_t hash_of_class(const char *name, enum bgpd_class_kind kind, const struct cn_class *definition)
{
    uint64_t hash = cn_hash(CN_HASH_START, name, strlen(name) + 1);
    hash = cn_hash(hash, &kind, sizeof(kind));
    // What an operator's does is the operator's business.
    for (int attribute = 0; kind == BGPD_CLASS_OURS && attribute < CN_ATTRIBUTES; attribute++)
        hash = cn_hash(hash, definition->values[attribute], strlen(definition->values[attribute]) + 1);
    return hash;
}

void cn_running_start(struct cn_running *running, uint32_t maximum)
{
    *running = (struct cn_running){.generation = bgpd_realtime_us(), .maximum = maximum};
}

void cn_running_add(
    struct cn_running *running, const char *vrf, const struct cn_prefix *prefix, const char *class_name)
{
    running->count++;
    running->fingerprint += hash_of(vrf, prefix, class_name);
}

void cn_running_subtract(
    struct cn_running *running, const char *vrf, const struct cn_prefix *prefix, const char *class_name)
{
    // What came by hand since the last audit was never counted.
    running->count -= running->count > 0;
    running->fingerprint -= hash_of(vrf, prefix, class_name);
}

void cn_running_change_class(
    struct cn_running *running, const char *name, const struct cn_class *before, const struct cn_class *after)
{
    // What came by hand since the last audit was never counted.
    running->class_count -= before->exists && running->class_count > 0;
    running->class_count += after->exists;
    if (before->exists)
        running->classes -= hash_of_class(name, BGPD_CLASS_OURS, before);
    if (after->exists)
        running->classes += hash_of_class(name, BGPD_CLASS_OURS, after);
}

void cn_running_advance(struct cn_running *running)
{
    running->generation++;
}

struct audit {
    struct cn_running found;
    const char *vrf;
};

static bool count_network(const struct bgpd_network *network, void *argument)
{
    struct audit *audit = argument;
    const char *class_name = network->route_map != NULL ? cn_text_class_of(network->route_map) : NULL;
    if (class_name != NULL)
        cn_running_add(&audit->found, audit->vrf, &network->prefix, class_name);
    // One with options is no longer in the state file, so that somebody gave it some has to be noticed.
    if (class_name != NULL && network->has_options)
        audit->found.fingerprint++;
    return true;
}

static bool count_class(const char *name, void *argument)
{
    struct audit *audit = argument;
    struct cn_class definition;
    enum bgpd_class_kind kind = bgpd_class_read(name, &definition);
    audit->found.classes += hash_of_class(name, kind, &definition);
    audit->found.class_count++;
    return true;
}

bool cn_running_audit(struct cn_running *running)
{
    struct bgpd_instance_facts facts[CN_INSTANCES];
    struct audit audit = {0};
    size_t count = bgpd_instances(facts, CN_INSTANCES);
    for (size_t index = 0; index < count && index < CN_INSTANCES; index++) {
        struct bgpd_instance *instance = bgpd_instance(facts[index].vrf);
        audit.vrf = facts[index].vrf;
        for (int family = 0; instance != NULL && family < CN_FAMILIES; family++)
            bgpd_network_each(instance, (enum cn_family)family, count_network, &audit);
    }
    bgpd_class_each(count_class, &audit);
    if (audit.found.count == running->count && audit.found.fingerprint == running->fingerprint
        && audit.found.classes == running->classes && audit.found.class_count == running->class_count)
        return false;
    running->count = audit.found.count;
    running->fingerprint = audit.found.fingerprint;
    running->classes = audit.found.classes;
    running->class_count = audit.found.class_count;
    cn_running_advance(running);
    return true;
}

void cn_running_notice(struct cn_running *running)
{
    running->foreign_changes += cn_running_audit(running);
}
