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
    running->count--;
    running->fingerprint -= hash_of(vrf, prefix, class_name);
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
    if (audit.found.count == running->count && audit.found.fingerprint == running->fingerprint)
        return false;
    running->count = audit.found.count;
    running->fingerprint = audit.found.fingerprint;
    cn_running_advance(running);
    return true;
}
