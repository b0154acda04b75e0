// SPDX-License-Identifier: GPL-2.0-or-later
// Everything that can be known before a transaction is applied.
#include <string.h>

#include "text.h"
#include "transaction.h"

bool cn_transaction_look(
    struct cn_transaction *transaction, struct bgpd_instance *instance, const struct cn_network_edit *edit, int *before,
    struct cn_status *status)
{
    struct bgpd_network network;
    char path[CN_PATH_TEXT];
    *before = CN_NO_CLASS;
    if (!bgpd_network_find(instance, &edit->prefix, &network))
        return true;
    const char *class_name = network.route_map != NULL ? cn_text_class_of(network.route_map) : NULL;
    if (class_name == NULL) {
        // That our network is absent is no error for a removal; what is there is somebody else's.
        if (edit->after == CN_NO_CLASS)
            return true;
        cn_transaction_path(transaction, edit, path);
        return cn_fail(
            status, CN_FAILED_PRECONDITION, "path %s: is announced already, not by us (%s%s)", path,
            network.route_map != NULL ? "route-map " : "no route-map",
            network.route_map != NULL ? network.route_map : "");
    }
    if (network.has_options) {
        cn_transaction_path(transaction, edit, path);
        return cn_fail(
            status, CN_FAILED_PRECONDITION, "path %s: somebody gave this network options that are not ours", path);
    }
    *before = cn_transaction_class(transaction, class_name, status);
    return *before != CN_NO_CLASS;
}

static bool check_class_of(struct cn_transaction *transaction, struct cn_network_edit *edit, struct cn_status *status)
{
    struct cn_class_edit *class = &transaction->classes[edit->after];
    char path[CN_PATH_TEXT];
    if (class->after != NULL ? class->after->exists : class->is_known_to_exist)
        return true;
    if (class->after == NULL && bgpd_class_exists(class->name)) {
        class->is_known_to_exist = true;
        return true;
    }
    cn_transaction_path(transaction, edit, path);
    return cn_fail(
        status, CN_FAILED_PRECONDITION, "path %s: there is no class %s (route-map " CN_MARK "%s)", path, class->name,
        class->name);
}

static bool check_network(struct cn_transaction *transaction, struct cn_network_edit *edit, struct cn_status *status)
{
    struct bgpd_instance *instance = bgpd_instance(transaction->vrfs[edit->vrf]);
    int before;
    if (instance == NULL)
        return cn_fail(
            status, CN_FAILED_PRECONDITION, "there is no BGP instance in VRF %s", transaction->vrfs[edit->vrf]);
    if (!cn_transaction_look(transaction, instance, edit, &before, status))
        return false;
    if (edit->after != CN_NO_CLASS && !check_class_of(transaction, edit, status))
        return false;
    edit->before = (int16_t)before;
    transaction->growth += (edit->after != CN_NO_CLASS) - (before != CN_NO_CLASS);
    transaction->has_changes |= before != edit->after;
    return true;
}

/// Whether so many more than there are now are allowed.
static bool fits(uint64_t count, int64_t growth, uint32_t maximum)
{
    return growth <= 0 || count + (uint64_t)growth <= maximum;
}

static bool check_quota(
    const struct cn_transaction *transaction, struct cn_running *running, struct cn_status *status)
{
    int64_t networks = transaction->growth, classes = transaction->class_growth;
    // What was counted may be more than there is, when somebody removed some of ours by hand.
    if (!fits(running->count, networks, running->maximum) || !fits(running->class_count, classes, CN_CLASSES))
        cn_running_notice(running);
    if (!fits(running->count, networks, running->maximum))
        return cn_fail(
            status, CN_RESOURCE_EXHAUSTED, "%llu networks after this transaction, at most %u are allowed",
            (unsigned long long)(running->count + (uint64_t)networks), running->maximum);
    if (!fits(running->class_count, classes, CN_CLASSES))
        return cn_fail(
            status, CN_RESOURCE_EXHAUSTED, "%llu classes after this transaction, at most %u are allowed",
            (unsigned long long)(running->class_count + (uint64_t)classes), CN_CLASSES);
    return true;
}

// ---- Classes that are to be removed ----

struct users {
    struct cn_transaction *transaction;
    /// Position of the VRF in the transaction, -1 for one that it does not name.
    int vrf;
    const char *vrf_name;
    struct cn_status *status;
    bool is_fine;
};

static bool check_user(const struct bgpd_network *network, void *argument)
{
    struct users *users = argument;
    const char *name = network->route_map != NULL ? cn_text_class_of(network->route_map) : NULL;
    if (name == NULL)
        return true;
    for (size_t index = 0; index < users->transaction->class_count; index++) {
        const struct cn_class_edit *class = &users->transaction->classes[index];
        if (class->after == NULL || class->after->exists || strcmp(class->name, name) != 0)
            continue;
        const struct cn_network_edit *edit =
            users->vrf < 0 ? NULL : cn_transaction_find(users->transaction, (unsigned)users->vrf, &network->prefix);
        if (edit != NULL && edit->after != (int)index)
            continue;
        struct cn_path path = {.kind = CN_PATH_NETWORK, .prefix = network->prefix};
        char text[CN_PATH_TEXT];
        strcpy(path.vrf, users->vrf_name);
        cn_path_write(&path, text);
        users->is_fine = cn_fail(
            users->status, CN_FAILED_PRECONDITION, "class %s cannot be removed: path %s uses it", name, text);
        return false;
    }
    return true;
}

static bool check_removed_classes(struct cn_transaction *transaction, struct cn_status *status)
{
    struct bgpd_instance_facts facts[CN_INSTANCES];
    struct users users = {.transaction = transaction, .status = status, .is_fine = true};
    bool is_needed = false;
    for (size_t index = 0; index < transaction->class_count; index++) {
        const struct cn_class_edit *class = &transaction->classes[index];
        if (class->after == NULL)
            continue;
        transaction->has_changes |= !cn_class_equal(class->before, class->after);
        transaction->class_growth += (int)class->after->exists - (int)class->before->exists;
        is_needed |= class->before->exists && !class->after->exists;
    }
    if (!is_needed)
        return true;
    size_t count = bgpd_instances(facts, CN_INSTANCES);
    for (size_t index = 0; index < count && index < CN_INSTANCES; index++) {
        struct bgpd_instance *instance = bgpd_instance(facts[index].vrf);
        users.vrf_name = facts[index].vrf;
        users.vrf = -1;
        for (size_t vrf = 0; vrf < transaction->vrf_count; vrf++) {
            if (strcmp(transaction->vrfs[vrf], facts[index].vrf) == 0)
                users.vrf = (int)vrf;
        }
        for (int family = 0; instance != NULL && family < CN_FAMILIES && users.is_fine; family++)
            bgpd_network_each(instance, (enum cn_family)family, check_user, &users);
    }
    return users.is_fine;
}

enum cn_progress cn_transaction_check(
    struct cn_transaction *transaction, struct cn_running *running, struct cn_status *status)
{
    for (unsigned done = 0; done < CN_SLICE && transaction->checked_count < transaction->network_count; done++) {
        if (!check_network(transaction, &transaction->networks[transaction->checked_count], status))
            return CN_FAILED;
        transaction->checked_count++;
    }
    if (transaction->checked_count < transaction->network_count)
        return CN_MORE;
    if (!check_removed_classes(transaction, status) || !check_quota(transaction, running, status))
        return CN_FAILED;
    return CN_DONE;
}
