// SPDX-License-Identifier: GPL-2.0-or-later
#include "restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cn_hash.h"
#include "text.h"

struct entry {
    struct cn_prefix prefix;
    uint8_t vrf;
    /// CN_NO_CLASS for one that does not wait: it was removed again, or is restored.
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
        /// When its instance was seen first; 0 before.
        uint64_t since_us;
        bool is_done;
    } vrfs[CN_INSTANCES];
    size_t vrf_count;
    /// Open addressing; a slot with a prefix length of 255 is empty.
    struct entry *slots;
    size_t slot_count;
    size_t used;
};

#define EMPTY 255
/// A class that is not there this long after its instance will not come: somebody took it out of the configuration.
#define PATIENCE_US (10u * 1000000ull)

// ---- Reading ----

static int known_class(const struct cn_restore *restore, const char *name)
{
    for (size_t index = 0; index < restore->class_count; index++) {
        if (strcmp(restore->classes[index].name, name) == 0)
            return (int)index;
    }
    return CN_NO_CLASS;
}

static int find_class(struct cn_restore *restore, const char *name)
{
    int known = known_class(restore, name);
    if (known != CN_NO_CLASS || restore->class_count == CN_CLASSES)
        return known;
    strcpy(restore->classes[restore->class_count].name, name);
    return (int)restore->class_count++;
}

static int known_vrf(const struct cn_restore *restore, const char *name)
{
    for (size_t index = 0; index < restore->vrf_count; index++) {
        if (strcmp(restore->vrfs[index].name, name) == 0)
            return (int)index;
    }
    return -1;
}

static int find_vrf(struct cn_restore *restore, const char *name)
{
    int known = known_vrf(restore, name);
    if (known >= 0 || restore->vrf_count == CN_INSTANCES)
        return known;
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
    const char *bytes, size_t count, uint64_t maximum_age_s, struct cn_running *running, size_t *good)
{
    struct cn_restore *restore = calloc(1, sizeof(*restore));
    const char *refusal = cn_state_refusal(bytes, count, maximum_age_s);
    uint64_t generation;
    *good = 0;
    if (restore == NULL)
        return NULL;
    struct cn_state_reader reader = {take_class, take_network, restore};
    *good = cn_state_read(bytes, count, &reader, &generation);
    if (refusal != NULL) {
        bgpd_log(BGPD_WARNING, "the state file is not restored (%zu networks): %s", cn_restore_count(restore), refusal);
        running->not_restored += cn_restore_count(restore);
        *good = 0;
    } else if (*good < count)
        bgpd_log(BGPD_WARNING, "the state file is damaged behind byte %zu; what is before is used", *good);
    if (generation >= running->generation && generation < UINT64_MAX)
        running->generation = generation + 1;
    if (refusal == NULL && cn_restore_count(restore) > 0)
        return restore;
    cn_restore_free(restore);
    return NULL;
}

struct cn_restore *cn_restore_read(
    const char *path, uint64_t maximum_age_s, struct cn_running *running, size_t *good)
{
    size_t count;
    *good = 0;
    char *bytes = cn_state_load(path, &count);
    if (bytes == NULL) {
        if (errno != ENOENT)
            bgpd_log(BGPD_WARNING, "the state file %s is not restored: %s", path, strerror(errno));
        return NULL;
    }
    struct cn_restore *restore = cn_restore_read_bytes(bytes, count, maximum_age_s, running, good);
    free(bytes);
    return restore;
}

// ---- Restoring ----

/// Makes the class that a network needs. An operator's route-map of that name stays as it is.
static bool restore_class(
    struct cn_restore *restore, int class, struct cn_running *running, struct cn_status *status)
{
    struct cn_class now;
    const char *name = restore->classes[class].name;
    if (bgpd_class_exists(name))
        return true;
    if (!restore->classes[class].is_defined)
        return cn_fail(status, CN_FAILED_PRECONDITION, "class %s is not there", name);
    bgpd_class_read(name, &now);
    struct bgpd_class_change change = {name, &now, &restore->classes[class].definition};
    if (now.exists || !bgpd_class_write(&change, 1, status))
        return false;
    cn_running_change_class(running, name, change.before, change.after);
    return true;
}

static bool restore_network(
    struct cn_restore *restore, struct bgpd_instance *instance, const struct entry *entry, struct cn_running *running,
    struct cn_status *status)
{
    char route_map[CN_ROUTE_MAP_BYTES + 1] = CN_MARK;
    const char *name = restore->classes[entry->class].name;
    if (running->count >= running->maximum)
        return cn_fail(status, CN_RESOURCE_EXHAUSTED, "at most %u networks are allowed", running->maximum);
    if (!restore_class(restore, entry->class, running, status))
        return false;
    strcpy(route_map + sizeof(CN_MARK) - 1, name);
    if (!bgpd_network_set(instance, &entry->prefix, route_map, status))
        return false;
    cn_running_add(running, restore->vrfs[entry->vrf].name, &entry->prefix, name);
    return true;
}

/// Restores what can be restored of a VRF by now.
static void restore_vrf(
    struct cn_restore *restore, uint8_t vrf, struct bgpd_instance *instance, struct cn_running *running)
{
    struct cn_status status = {CN_OK, ""};
    struct bgpd_network network;
    size_t restored = 0, failed = 0;
    // What came with the configuration is counted first.
    cn_running_audit(running);
    for (size_t slot = 0; slot < restore->slot_count; slot++) {
        struct entry *entry = &restore->slots[slot];
        if (entry->prefix.length == EMPTY || entry->vrf != vrf || entry->class == CN_NO_CLASS)
            continue;
        // What the configuration says by now was somebody's wish, ours or not.
        if (!bgpd_network_find(instance, &entry->prefix, &network)) {
            if (!restore_network(restore, instance, entry, running, &status)) {
                failed++;
                continue;
            }
            restored++;
        }
        entry->class = CN_NO_CLASS;
    }
    if (restored > 0) {
        cn_running_advance(running);
        bgpd_log(BGPD_NOTICE, "VRF %s: %zu networks restored", restore->vrfs[vrf].name, restored);
    }
    restore->vrfs[vrf].is_done =
        failed == 0 || bgpd_monotonic_us() - restore->vrfs[vrf].since_us >= PATIENCE_US;
    if (failed > 0 && restore->vrfs[vrf].is_done) {
        running->not_restored += failed;
        bgpd_log(
            BGPD_ERROR, "VRF %s: %zu networks are not restored: %s", restore->vrfs[vrf].name, failed, status.text);
    }
}

bool cn_restore_step(struct cn_restore *restore, struct cn_running *running)
{
    bool is_waiting = false;
    for (size_t vrf = 0; vrf < restore->vrf_count; vrf++) {
        struct bgpd_instance *instance = bgpd_instance(restore->vrfs[vrf].name);
        if (restore->vrfs[vrf].is_done)
            continue;
        if (instance != NULL && restore->vrfs[vrf].since_us == 0)
            restore->vrfs[vrf].since_us = bgpd_monotonic_us();
        if (instance != NULL)
            restore_vrf(restore, (uint8_t)vrf, instance, running);
        is_waiting |= !restore->vrfs[vrf].is_done;
    }
    return is_waiting;
}

// ---- What waits ----

static bool is_waiting(const struct cn_restore *restore, const struct entry *entry)
{
    return entry->prefix.length != EMPTY && entry->class != CN_NO_CLASS && !restore->vrfs[entry->vrf].is_done;
}

size_t cn_restore_count(const struct cn_restore *restore)
{
    size_t count = 0;
    for (size_t slot = 0; slot < restore->slot_count; slot++)
        count += is_waiting(restore, &restore->slots[slot]);
    return count;
}

void cn_restore_each(const struct cn_restore *restore, const struct cn_state_reader *reader)
{
    bool is_used[CN_CLASSES] = {false};
    for (size_t slot = 0; slot < restore->slot_count; slot++) {
        if (is_waiting(restore, &restore->slots[slot]))
            is_used[restore->slots[slot].class] = true;
    }
    for (size_t index = 0; index < restore->class_count; index++) {
        if (is_used[index] && restore->classes[index].is_defined)
            reader->class(restore->classes[index].name, &restore->classes[index].definition, reader->argument);
    }
    for (size_t slot = 0; slot < restore->slot_count; slot++) {
        const struct entry *entry = &restore->slots[slot];
        if (is_waiting(restore, entry))
            reader->network(
                restore->vrfs[entry->vrf].name, &entry->prefix, restore->classes[entry->class].name, reader->argument);
    }
}

bool cn_restore_forget(struct cn_restore *restore, const struct cn_transaction *transaction)
{
    bool is_known = false;
    for (size_t index = 0; index < transaction->class_count; index++) {
        const struct cn_class_edit *class = &transaction->classes[index];
        if (class->after != NULL && known_class(restore, class->name) != CN_NO_CLASS)
            take_class(class->name, class->after->exists ? class->after : NULL, restore);
    }
    for (size_t index = 0; index < transaction->network_count; index++) {
        const struct cn_network_edit *edit = &transaction->networks[index];
        int vrf = known_vrf(restore, transaction->vrfs[edit->vrf]);
        if (vrf < 0)
            continue;
        struct entry *entry = slot_of(restore->slots, restore->slot_count, (uint8_t)vrf, &edit->prefix);
        is_known |= is_waiting(restore, entry);
        entry->class = CN_NO_CLASS;
    }
    return is_known;
}

void cn_restore_free(struct cn_restore *restore)
{
    if (restore == NULL)
        return;
    free(restore->slots);
    free(restore);
}
