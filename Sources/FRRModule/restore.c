// SPDX-License-Identifier: GPL-2.0-or-later
#include "restore.h"

#include <stdlib.h>
#include <string.h>

#include "cn_hash.h"
#include "state_file.h"
#include "text.h"

struct entry {
    struct cn_prefix prefix;
    uint8_t vrf;
    /// CN_NO_CLASS for one that was removed again.
    int16_t class;
};

struct cn_restore {
    struct {
        char name[CN_CLASS_BYTES + 1];
        struct cn_class definition;
        bool is_defined;
    } classes[CN_CLASSES];
    size_t class_count;
    struct {
        char name[CN_VRF_BYTES + 1];
        bool is_done;
    } vrfs[CN_INSTANCES];
    size_t vrf_count;
    /// Open addressing; a slot with a prefix length of 255 is empty.
    struct entry *slots;
    size_t slot_count;
    size_t used;
};

#define EMPTY 255

// ---- Reading ----

static int find_class(struct cn_restore *restore, const char *name)
{
    for (size_t index = 0; index < restore->class_count; index++) {
        if (strcmp(restore->classes[index].name, name) == 0)
            return (int)index;
    }
    if (restore->class_count == CN_CLASSES)
        return CN_NO_CLASS;
    strcpy(restore->classes[restore->class_count].name, name);
    return (int)restore->class_count++;
}

static int find_vrf(struct cn_restore *restore, const char *name)
{
    for (size_t index = 0; index < restore->vrf_count; index++) {
        if (strcmp(restore->vrfs[index].name, name) == 0)
            return (int)index;
    }
    if (restore->vrf_count == CN_INSTANCES)
        return -1;
    strcpy(restore->vrfs[restore->vrf_count].name, name);
    return (int)restore->vrf_count++;
}

static struct entry *slot_of(struct entry *slots, size_t count, uint8_t vrf, const struct cn_prefix *prefix)
{
    size_t slot = cn_hash(CN_HASH_START + vrf, prefix, sizeof(*prefix)) & (count - 1);
    while (slots[slot].prefix.length != EMPTY
           && (slots[slot].vrf != vrf || memcmp(&slots[slot].prefix, prefix, sizeof(*prefix)) != 0))
        slot = (slot + 1) & (count - 1);
    return &slots[slot];
}

static bool grow(struct cn_restore *restore)
{
    size_t count = restore->slot_count == 0 ? 1024 : 2 * restore->slot_count;
    struct entry *slots = calloc(count, sizeof(*slots));
    if (slots == NULL)
        return false;
    for (size_t index = 0; index < count; index++)
        slots[index].prefix.length = EMPTY;
    for (size_t index = 0; index < restore->slot_count; index++) {
        const struct entry *entry = &restore->slots[index];
        if (entry->prefix.length != EMPTY)
            *slot_of(slots, count, entry->vrf, &entry->prefix) = *entry;
    }
    free(restore->slots);
    restore->slots = slots;
    restore->slot_count = count;
    return true;
}

static void take_class(const char *name, const struct cn_class *definition, void *argument)
{
    struct cn_restore *restore = argument;
    int class = find_class(restore, name);
    if (class == CN_NO_CLASS)
        return;
    restore->classes[class].is_defined = definition != NULL;
    if (definition != NULL)
        restore->classes[class].definition = *definition;
}

static void take_network(const char *vrf_name, const struct cn_prefix *prefix, const char *class_name, void *argument)
{
    struct cn_restore *restore = argument;
    int vrf = find_vrf(restore, vrf_name);
    int class = class_name != NULL ? find_class(restore, class_name) : CN_NO_CLASS;
    if (vrf < 0 || (class_name != NULL && class == CN_NO_CLASS))
        return;
    if (2 * (restore->used + 1) > restore->slot_count && !grow(restore))
        return;
    struct entry *entry = slot_of(restore->slots, restore->slot_count, (uint8_t)vrf, prefix);
    if (entry->prefix.length == EMPTY)
        restore->used++;
    *entry = (struct entry){.prefix = *prefix, .vrf = (uint8_t)vrf, .class = (int16_t)class};
}

struct cn_restore *cn_restore_read_bytes(
    const char *bytes, size_t count, struct cn_running *running, size_t *good)
{
    struct cn_restore *restore = calloc(1, sizeof(*restore));
    uint64_t generation;
    *good = 0;
    if (restore == NULL)
        return NULL;
    struct cn_state_reader reader = {take_class, take_network, restore};
    *good = cn_state_read(bytes, count, &reader, &generation);
    if (*good < count)
        bgpd_log(BGPD_WARNING, "the state file is damaged behind byte %zu; what is before is used", *good);
    if (generation >= running->generation && generation < UINT64_MAX)
        running->generation = generation + 1;
    if (cn_restore_waiting(restore) > 0)
        return restore;
    cn_restore_free(restore);
    return NULL;
}

struct cn_restore *cn_restore_read(const char *path, struct cn_running *running, size_t *good)
{
    size_t count;
    *good = 0;
    char *bytes = cn_state_load(path, &count);
    if (bytes == NULL)
        return NULL;
    struct cn_restore *restore = cn_restore_read_bytes(bytes, count, running, good);
    free(bytes);
    return restore;
}

// ---- Restoring ----

/// Makes the class that a network needs. An operator's route-map of that name stays as it is.
static bool restore_class(struct cn_restore *restore, int class, struct cn_status *status)
{
    struct cn_class now;
    const char *name = restore->classes[class].name;
    if (bgpd_class_exists(name))
        return true;
    if (!restore->classes[class].is_defined)
        return false;
    bgpd_class_read(name, &now);
    return !now.exists && bgpd_class_write(name, &now, &restore->classes[class].definition, status);
}

static bool restore_network(
    struct cn_restore *restore, struct bgpd_instance *instance, const struct entry *entry, struct cn_running *running,
    struct cn_status *status)
{
    char route_map[CN_ROUTE_MAP_BYTES + 1] = CN_MARK;
    struct bgpd_network network;
    const char *name = restore->classes[entry->class].name;
    // What the configuration says by now was somebody's wish, ours or not.
    if (bgpd_network_find(instance, &entry->prefix, &network))
        return true;
    if (running->count >= running->maximum || !restore_class(restore, entry->class, status))
        return false;
    strcpy(route_map + sizeof(CN_MARK) - 1, name);
    if (!bgpd_network_set(instance, &entry->prefix, route_map, status))
        return false;
    cn_running_add(running, restore->vrfs[entry->vrf].name, &entry->prefix, name);
    return true;
}

static void restore_vrf(
    struct cn_restore *restore, uint8_t vrf, struct bgpd_instance *instance, struct cn_running *running)
{
    struct cn_status status = {CN_OK, ""};
    size_t restored = 0, failed = 0;
    for (size_t slot = 0; slot < restore->slot_count; slot++) {
        const struct entry *entry = &restore->slots[slot];
        if (entry->prefix.length == EMPTY || entry->vrf != vrf || entry->class == CN_NO_CLASS)
            continue;
        if (restore_network(restore, instance, entry, running, &status))
            restored++;
        else
            failed++;
    }
    cn_running_advance(running);
    if (failed > 0)
        bgpd_log(
            BGPD_ERROR, "VRF %s: %zu networks were not restored: %s", restore->vrfs[vrf].name, failed,
            status.code != CN_OK ? status.text : "their class is gone, or there are too many");
    bgpd_log(BGPD_NOTICE, "VRF %s: %zu networks restored", restore->vrfs[vrf].name, restored);
}

bool cn_restore_step(struct cn_restore *restore, struct cn_running *running)
{
    bool is_waiting = false;
    for (size_t vrf = 0; vrf < restore->vrf_count; vrf++) {
        if (restore->vrfs[vrf].is_done)
            continue;
        struct bgpd_instance *instance = bgpd_instance(restore->vrfs[vrf].name);
        if (instance == NULL) {
            is_waiting = true;
            continue;
        }
        restore->vrfs[vrf].is_done = true;
        restore_vrf(restore, (uint8_t)vrf, instance, running);
    }
    return is_waiting;
}

size_t cn_restore_waiting(const struct cn_restore *restore)
{
    size_t count = 0;
    for (size_t slot = 0; slot < restore->slot_count; slot++) {
        const struct entry *entry = &restore->slots[slot];
        count += entry->prefix.length != EMPTY && entry->class != CN_NO_CLASS && !restore->vrfs[entry->vrf].is_done;
    }
    return count;
}

void cn_restore_free(struct cn_restore *restore)
{
    if (restore == NULL)
        return;
    free(restore->slots);
    free(restore);
}
