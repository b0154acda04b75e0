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
        /// A network needs it now.
        bool is_needed;
        /// bgpd did not take it.
        bool is_refused;
    } classes[CN_CLASSES_READ];
    size_t class_count;
    /// bgpd refused several classes at once: which one it was shows one by one.
    bool is_one_by_one;
    /// Why bgpd did not take a class.
    struct cn_status refusal;
    /// Networks that found no room here.
    size_t dropped;
    bool is_full;
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

/// Forgets the classes that are gone and that no network has.
static void compact_classes(struct cn_restore *restore)
{
    int16_t places[CN_CLASSES_READ];
    size_t count = 0;
    for (size_t index = 0; index < restore->class_count; index++)
        restore->classes[index].is_needed = restore->classes[index].is_defined;
    for (size_t slot = 0; slot < restore->slot_count; slot++) {
        const struct entry *entry = &restore->slots[slot];
        if (entry->prefix.length != EMPTY && entry->class != CN_NO_CLASS)
            restore->classes[entry->class].is_needed = true;
    }
    for (size_t index = 0; index < restore->class_count; index++) {
        places[index] = (int16_t)count;
        if (!restore->classes[index].is_needed)
            continue;
        if (count != index)
            restore->classes[count] = restore->classes[index];
        count++;
    }
    for (size_t slot = 0; slot < restore->slot_count; slot++) {
        struct entry *entry = &restore->slots[slot];
        if (entry->prefix.length != EMPTY && entry->class != CN_NO_CLASS)
            entry->class = places[entry->class];
    }
    restore->class_count = count;
}

static int find_class(struct cn_restore *restore, const char *name)
{
    int known = known_class(restore, name);
    if (known != CN_NO_CLASS)
        return known;
    if (restore->class_count == CN_CLASSES_READ && !restore->is_full) {
        compact_classes(restore);
        // Not again for every further name of a file that no module wrote.
        restore->is_full = restore->class_count > CN_CLASSES_READ - CN_CLASSES_CHANGED;
    }
    if (restore->class_count == CN_CLASSES_READ)
        return CN_NO_CLASS;
    memset(&restore->classes[restore->class_count], 0, sizeof(restore->classes[0]));
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
    // One that is gone, and is not known, needs no place.
    int class = definition != NULL ? find_class(restore, name) : known_class(restore, name);
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
    bool has_room = vrf >= 0 && (class_name == NULL || class != CN_NO_CLASS)
                    && (2 * (restore->used + 1) <= restore->slot_count || grow(restore));
    if (!has_room) {
        restore->dropped += class_name != NULL;
        return;
    }
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
    } else if (*good < count) {
        bgpd_log(BGPD_WARNING, "the state file is damaged behind byte %zu; what is before is used", *good);
    }
    if (refusal == NULL && restore->dropped > 0) {
        running->not_restored += restore->dropped;
        bgpd_log(
            BGPD_ERROR, "%zu networks of the state file are not restored: there is no room for all its classes or VRFs",
            restore->dropped);
    }
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

static const struct cn_class absent;

/// Whether a network waits and its instance is there; and the configuration does not say something of it by now, which
/// was somebody's wish, ours or not.
static bool can_come(
    const struct cn_restore *restore, const struct entry *entry, struct bgpd_instance *const *instances)
{
    struct bgpd_network network;
    return entry->prefix.length != EMPTY && entry->class != CN_NO_CLASS && !restore->vrfs[entry->vrf].is_done
           && instances[entry->vrf] != NULL && !bgpd_network_find(instances[entry->vrf], &entry->prefix, &network);
}

/// The next classes to be made. An operator's route-map of such a name stays as it is.
static size_t next_classes(struct cn_restore *restore, struct bgpd_class_change *changes)
{
    size_t count = 0, maximum = restore->is_one_by_one ? 1 : CN_CLASSES_CHANGED;
    for (size_t index = 0; index < restore->class_count && count < maximum; index++) {
        const char *name = restore->classes[index].name;
        if (restore->classes[index].is_needed && restore->classes[index].is_defined
            && !restore->classes[index].is_refused && !bgpd_class_exists(name))
            changes[count++] = (struct bgpd_class_change){name, &absent, &restore->classes[index].definition};
    }
    return count;
}

/// Makes the classes that networks need now, all in as few commits as can be, and a bounded number of them: each takes
/// as long as bgpd's whole configuration is.
static void restore_classes(
    struct cn_restore *restore, struct bgpd_instance *const *instances, struct cn_running *running)
{
    struct cn_status *status = &restore->refusal;
    struct bgpd_class_change changes[CN_CLASSES_CHANGED];
    for (size_t index = 0; index < restore->class_count; index++)
        restore->classes[index].is_needed = false;
    for (size_t slot = 0; slot < restore->slot_count; slot++) {
        if (can_come(restore, &restore->slots[slot], instances))
            restore->classes[restore->slots[slot].class].is_needed = true;
    }
    for (unsigned writes = 0; writes < CN_RESTORE_WRITES; writes++) {
        size_t count = next_classes(restore, changes);
        if (count == 0)
            return;
        if (bgpd_class_write(changes, count, status)) {
            for (size_t index = 0; index < count; index++)
                cn_running_change_class(running, changes[index].name, changes[index].before, changes[index].after);
            continue;
        }
        // Somebody holds a lock: later.
        if (status->code == CN_UNAVAILABLE)
            return;
        if (count == 1)
            restore->classes[known_class(restore, changes[0].name)].is_refused = true;
        restore->is_one_by_one = true;
    }
}

static bool restore_network(
    const struct cn_restore *restore, struct bgpd_instance *instance, const struct entry *entry,
    struct cn_running *running, struct cn_status *status)
{
    char route_map[CN_ROUTE_MAP_BYTES + 1] = CN_MARK;
    const char *name = restore->classes[entry->class].name;
    if (running->count >= running->maximum)
        return cn_fail(status, CN_RESOURCE_EXHAUSTED, "at most %u networks are allowed", running->maximum);
    if (!bgpd_class_exists(name)) {
        const char *reason = restore->classes[entry->class].is_defined ? restore->refusal.text : "";
        return cn_fail(
            status, CN_FAILED_PRECONDITION, "class %s is not there%s%.900s", name, *reason ? ": " : "", reason);
    }
    strcpy(route_map + sizeof(CN_MARK) - 1, name);
    if (!bgpd_network_set(instance, &entry->prefix, route_map, status))
        return false;
    cn_running_add(running, restore->vrfs[entry->vrf].name, &entry->prefix, name);
    return true;
}

/// Restores what can be restored of a VRF by now.
static void restore_vrf(
    struct cn_restore *restore, uint8_t vrf, struct bgpd_instance *const *instances, struct cn_running *running)
{
    struct cn_status status = {CN_OK, ""};
    size_t restored = 0, failed = 0;
    for (size_t slot = 0; slot < restore->slot_count; slot++) {
        struct entry *entry = &restore->slots[slot];
        if (entry->prefix.length == EMPTY || entry->vrf != vrf || entry->class == CN_NO_CLASS)
            continue;
        if (can_come(restore, entry, instances)) {
            if (!restore_network(restore, instances[vrf], entry, running, &status)) {
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
    struct bgpd_instance *instances[CN_INSTANCES] = {NULL};
    bool is_there = false, is_waiting = false;
    for (size_t vrf = 0; vrf < restore->vrf_count; vrf++) {
        if (restore->vrfs[vrf].is_done)
            continue;
        instances[vrf] = bgpd_instance(restore->vrfs[vrf].name);
        is_there |= instances[vrf] != NULL;
        if (instances[vrf] != NULL && restore->vrfs[vrf].since_us == 0)
            restore->vrfs[vrf].since_us = bgpd_monotonic_us();
    }
    if (is_there) {
        // What came with the configuration is counted first.
        cn_running_audit(running);
        restore_classes(restore, instances, running);
    }
    for (size_t vrf = 0; vrf < restore->vrf_count; vrf++) {
        if (instances[vrf] != NULL)
            restore_vrf(restore, (uint8_t)vrf, instances, running);
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
    bool is_used[CN_CLASSES_READ] = {false};
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
