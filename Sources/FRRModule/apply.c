// SPDX-License-Identifier: GPL-2.0-or-later
// Applying a transaction: classes that come or change, networks, then classes that go. Whatever fails, the steps before
// it are undone in reverse order before bgpd's loop goes on, so that no UPDATE ever carries half of it.
#include <string.h>

#include "text.h"
#include "transaction.h"

struct apply {
    struct cn_transaction *transaction;
    struct cn_running *running;
    struct cn_status *status;
};

// ---- Classes ----

static bool is_changed(const struct cn_class_edit *class)
{
    return class->after != NULL && !cn_class_equal(class->before, class->after);
}

/// Whether all classes are as they were when they were checked, slices ago.
static bool check_classes(const struct apply *apply)
{
    for (size_t index = 0; index < apply->transaction->class_count; index++) {
        const struct cn_class_edit *class = &apply->transaction->classes[index];
        struct cn_class now;
        if (is_changed(class)) {
            if (bgpd_class_read(class->name, &now) == BGPD_CLASS_OPERATORS || !cn_class_equal(&now, class->before))
                return cn_fail(
                    apply->status, CN_ABORTED, "class %s was changed by somebody else meanwhile", class->name);
        } else if ((class->after != NULL ? class->after->exists : class->is_known_to_exist)
                   && !bgpd_class_exists(class->name)) {
            return cn_fail(
                apply->status, CN_ABORTED, "class %s was removed by somebody else meanwhile", class->name);
        }
    }
    return true;
}

static bool write_all(
    const struct apply *apply, const struct bgpd_class_change *changes, size_t count, struct cn_status *status)
{
    if (count > 0 && !bgpd_class_write(changes, count, status))
        return false;
    for (size_t index = 0; index < count; index++)
        cn_running_change_class(apply->running, changes[index].name, changes[index].before, changes[index].after);
    return true;
}

/// The classes that come or change, or those that go, at once.
static bool write_classes(const struct apply *apply, bool go)
{
    struct bgpd_class_change changes[CN_CLASSES_CHANGED];
    size_t count = 0;
    for (size_t index = 0; index < apply->transaction->class_count; index++) {
        const struct cn_class_edit *class = &apply->transaction->classes[index];
        if (is_changed(class) && class->after->exists != go)
            changes[count++] = (struct bgpd_class_change){class->name, class->before, class->after};
    }
    if (!write_all(apply, changes, count, apply->status))
        return false;
    for (size_t index = 0; index < apply->transaction->class_count; index++) {
        struct cn_class_edit *class = &apply->transaction->classes[index];
        class->is_applied |= is_changed(class) && class->after->exists != go;
    }
    return true;
}

static bool restore_classes(const struct apply *apply, bool gone, struct cn_status *status)
{
    struct bgpd_class_change changes[CN_CLASSES_CHANGED];
    size_t count = 0;
    for (size_t index = 0; index < apply->transaction->class_count; index++) {
        struct cn_class_edit *class = &apply->transaction->classes[index];
        if (!class->is_applied || class->after->exists == gone)
            continue;
        changes[count++] = (struct bgpd_class_change){class->name, class->after, class->before};
        class->is_applied = false;
    }
    return write_all(apply, changes, count, status);
}

// ---- Networks that use a class which changed ----

struct users {
    const struct cn_transaction *transaction;
    struct cn_network_edit *list;
    size_t count;
    size_t capacity;
};

static bool collect_user(const struct bgpd_network *network, void *argument)
{
    struct users *users = argument;
    const char *name = network->route_map != NULL ? cn_text_class_of(network->route_map) : NULL;
    if (name == NULL || network->has_options)
        return true;
    for (size_t index = 0; index < users->transaction->class_count; index++) {
        const struct cn_class_edit *class = &users->transaction->classes[index];
        if (!is_changed(class) || !class->before->exists || strcmp(class->name, name) != 0)
            continue;
        if (users->list != NULL && users->count < users->capacity)
            users->list[users->count] =
                (struct cn_network_edit){.prefix = network->prefix, .after = (int16_t)index};
        users->count++;
        break;
    }
    return true;
}

static void each_network(struct bgpd_instance *instance, struct users *users)
{
    for (int family = 0; family < CN_FAMILIES; family++)
        bgpd_network_each(instance, (enum cn_family)family, collect_user, users);
}

/// Has every network of a changed class apply its route-map anew, so that the change leaves with this transaction and
/// not when bgpd's route-map delay timer ends.
static bool refresh(const struct apply *apply, struct cn_status *status)
{
    struct bgpd_instance_facts facts[CN_INSTANCES];
    char route_map[CN_ROUTE_MAP_BYTES + 1] = CN_MARK;
    bool is_needed = false, is_fine = true;
    for (size_t index = 0; index < apply->transaction->class_count; index++) {
        const struct cn_class_edit *class = &apply->transaction->classes[index];
        is_needed |= is_changed(class) && class->before->exists && class->after->exists;
    }
    if (!is_needed)
        return true;
    size_t count = bgpd_instances(facts, CN_INSTANCES);
    for (size_t vrf = 0; vrf < count && vrf < CN_INSTANCES; vrf++) {
        struct bgpd_instance *instance = bgpd_instance(facts[vrf].vrf);
        struct users users = {.transaction = apply->transaction};
        if (instance == NULL)
            continue;
        each_network(instance, &users);
        users.capacity = users.count;
        users.count = 0;
        users.list = cn_arena_array(apply->transaction->arena, users.capacity, sizeof(*users.list));
        if (users.list == NULL)
            return cn_fail(status, CN_RESOURCE_EXHAUSTED, "there is no memory for %zu networks", users.capacity);
        each_network(instance, &users);
        for (size_t index = 0; index < users.count; index++) {
            strcpy(route_map + sizeof(CN_MARK) - 1, apply->transaction->classes[users.list[index].after].name);
            is_fine &= bgpd_network_set(instance, &users.list[index].prefix, route_map, status);
        }
    }
    return is_fine;
}

// ---- Networks ----

/// Makes a network as a class position says, and counts it.
static bool move(
    const struct apply *apply, struct bgpd_instance *instance, const struct cn_network_edit *edit, int from, int to,
    struct cn_status *status)
{
    const struct cn_transaction *transaction = apply->transaction;
    const char *vrf = transaction->vrfs[edit->vrf];
    char route_map[CN_ROUTE_MAP_BYTES + 1] = CN_MARK;
    if (to == CN_NO_CLASS) {
        if (!bgpd_network_remove(instance, &edit->prefix, status))
            return false;
    } else {
        strcpy(route_map + sizeof(CN_MARK) - 1, transaction->classes[to].name);
        if (!bgpd_network_set(instance, &edit->prefix, route_map, status))
            return false;
        cn_running_add(apply->running, vrf, &edit->prefix, transaction->classes[to].name);
    }
    if (from != CN_NO_CLASS)
        cn_running_subtract(apply->running, vrf, &edit->prefix, transaction->classes[from].name);
    return true;
}

static bool apply_network(const struct apply *apply, struct cn_network_edit *edit)
{
    const char *vrf = apply->transaction->vrfs[edit->vrf];
    struct bgpd_instance *instance = bgpd_instance(vrf);
    int before;
    if (instance == NULL)
        return cn_fail(apply->status, CN_FAILED_PRECONDITION, "there is no BGP instance in VRF %s", vrf);
    if (!cn_transaction_look(apply->transaction, instance, edit, &before, apply->status))
        return false;
    edit->before = (int16_t)before;
    if (before == edit->after)
        return true;
    if (!move(apply, instance, edit, before, edit->after, apply->status))
        return false;
    edit->is_applied = true;
    return true;
}

static bool restore_networks(const struct apply *apply, struct cn_status *status)
{
    bool is_fine = true;
    for (size_t index = apply->transaction->network_count; index > 0; index--) {
        struct cn_network_edit *edit = &apply->transaction->networks[index - 1];
        if (!edit->is_applied)
            continue;
        struct bgpd_instance *instance = bgpd_instance(apply->transaction->vrfs[edit->vrf]);
        is_fine &= instance != NULL && move(apply, instance, edit, edit->after, edit->before, status);
        edit->is_applied = false;
    }
    return is_fine;
}

// ---- All of it ----

static void undo(const struct apply *apply)
{
    struct cn_status status = {CN_OK, ""};
    bool is_fine = restore_classes(apply, true, &status);
    is_fine &= restore_networks(apply, &status);
    is_fine &= restore_classes(apply, false, &status);
    is_fine &= refresh(apply, &status);
    if (is_fine)
        return;
    // bgpd refused to take back what it had before: whoever asked has to read what runs.
    bgpd_log(BGPD_ERROR, "undoing a transaction failed: %s", status.text);
    cn_fail(apply->status, CN_UNKNOWN, "undoing failed, read what runs: %.900s", status.text);
    cn_running_advance(apply->running);
}

bool cn_transaction_apply(
    struct cn_transaction *transaction, struct cn_running *running, struct cn_status *status)
{
    struct apply apply = {transaction, running, status};
    // Nothing is done that would have to be undone.
    if (!check_classes(&apply))
        return false;
    bool is_fine = write_classes(&apply, false);
    for (size_t index = 0; is_fine && index < transaction->network_count; index++)
        is_fine = apply_network(&apply, &transaction->networks[index]);
    is_fine = is_fine && refresh(&apply, status) && write_classes(&apply, true);
    if (!is_fine) {
        undo(&apply);
        return false;
    }
    if (transaction->has_changes)
        cn_running_advance(running);
    return true;
}
