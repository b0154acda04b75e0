// SPDX-License-Identifier: GPL-2.0-or-later
// Methods Get and GetCapabilities.
#include <stdio.h>
#include <string.h>

#include "service.h"
#include "text.h"
#include "wire_scan.h"

typedef Cosmolet__Northbound__V1__GetRequest GetRequest;
typedef Cosmolet__Northbound__V1__PathValue PathValue;
typedef Cosmolet__Northbound__V1__Redistribution Redistribution;

struct collection {
    struct cn_service *service;
    const GetRequest *request;
    const char *vrf;
    struct bgpd_instance *instance;
    /// Every path names one network.
    bool is_named;
    /// What BGP has is asked for, not what it is configured with.
    bool is_state;
    PathValue **values;
    size_t count;
    size_t capacity;
    struct cn_status status;
};

// ---- Collecting ----

static bool is_wanted(const struct collection *collection, const char *path)
{
    for (size_t index = 0; index < collection->request->n_paths; index++) {
        if (cn_path_is_within(path, collection->request->paths[index]))
            return true;
    }
    return collection->request->n_paths == 0;
}

static bool collect(struct collection *collection, const struct cn_path *path, const char *value)
{
    struct cn_arena *arena = &collection->service->call.arena;
    char text[CN_PATH_TEXT];
    cn_path_write(path, text);
    // What was looked up by its name is wanted, however that was spelled.
    if (!collection->is_named && !is_wanted(collection, text))
        return true;
    if (collection->count == collection->capacity) {
        size_t capacity = collection->capacity == 0 ? 1024 : 4 * collection->capacity;
        PathValue **values =
            collection->count < CN_GET_VALUES ? cn_arena_array(arena, capacity, sizeof(PathValue *)) : NULL;
        if (values == NULL)
            return cn_fail(&collection->status, CN_RESOURCE_EXHAUSTED, "too many values: ask for fewer paths");
        if (collection->count > 0)
            memcpy(values, collection->values, collection->count * sizeof(PathValue *));
        collection->values = values;
        collection->capacity = capacity;
    }
    PathValue *pair = cn_arena_take(arena, sizeof(*pair));
    if (pair != NULL) {
        cosmolet__northbound__v1__path_value__init(pair);
        pair->path = cn_arena_text(arena, text);
        if (value != NULL)
            pair->value = cn_arena_text(arena, value);
    }
    if (pair == NULL || pair->path == NULL || (value != NULL && pair->value == NULL))
        return cn_fail(&collection->status, CN_RESOURCE_EXHAUSTED, "too many values: ask for fewer paths");
    collection->values[collection->count++] = pair;
    return true;
}

/// The prefix, when BGP has it out of a routing table.
static bool collect_redistributed(struct collection *collection, const struct cn_prefix *prefix)
{
    struct cn_path path = {.kind = CN_PATH_NETWORK, .prefix = *prefix};
    if (!bgpd_paths(collection->instance, prefix).by_redistribution)
        return true;
    strcpy(path.vrf, collection->vrf);
    return collect(collection, &path, NULL);
}

static bool collect_network(const struct bgpd_network *network, void *argument)
{
    struct collection *collection = argument;
    bool is_ours = network->route_map != NULL && cn_text_class_of(network->route_map) != NULL;
    if (!is_ours && (collection->is_state || !collection->request->include_foreign))
        return true;
    if (collection->is_state && collection->request->redistributed)
        return collect_redistributed(collection, &network->prefix);
    if (collection->is_state && !bgpd_paths(collection->instance, &network->prefix).by_network)
        return true;
    struct cn_path path = {
        .kind = network->route_map != NULL ? CN_PATH_NETWORK_CLASS : CN_PATH_NETWORK, .prefix = network->prefix};
    strcpy(path.vrf, collection->vrf);
    const char *value = network->route_map;
    // Another's route-map may have any name; the protocol's values have a limit.
    if (value != NULL && strlen(value) > CN_VALUE_BYTES)
        value = NULL;
    return collect(collection, &path, value);
}

static bool collect_class(const char *name, void *argument)
{
    struct collection *collection = argument;
    struct cn_path path = {.kind = CN_PATH_CLASS};
    struct cn_class definition;
    snprintf(path.class_name, sizeof(path.class_name), "%s", name);
    // An operator's is named, what it does is not.
    if (bgpd_class_read(name, &definition) != BGPD_CLASS_OURS)
        return collect(collection, &path, NULL);
    path.kind = CN_PATH_CLASS_ACTION;
    if (!collect(collection, &path, "permit"))
        return false;
    path.kind = CN_PATH_ATTRIBUTE_VALUE;
    for (int attribute = 0; attribute < CN_ATTRIBUTES; attribute++) {
        path.attribute = (enum cn_attribute)attribute;
        if (definition.values[attribute][0] != '\0'
            && !collect(collection, &path, definition.values[attribute]))
            return false;
    }
    return true;
}

static void collect_all(struct collection *collection)
{
    struct bgpd_instance_facts facts[CN_INSTANCES];
    size_t count = bgpd_instances(facts, CN_INSTANCES);
    for (size_t index = 0; index < count && index < CN_INSTANCES; index++) {
        struct bgpd_instance *instance = bgpd_instance(facts[index].vrf);
        collection->vrf = facts[index].vrf;
        collection->instance = instance;
        for (int family = 0; instance != NULL && family < CN_FAMILIES; family++)
            bgpd_network_each(instance, (enum cn_family)family, collect_network, collection);
    }
    collection->vrf = NULL;
    if (collection->request->n_paths > 0 && !collection->is_state)
        bgpd_class_each(collect_class, collection);
}

/// When every path names one network, only those are looked up. Returns whether it was so.
static bool collect_named(struct collection *collection)
{
    struct cn_path paths[CN_PATHS];
    if (collection->request->n_paths == 0)
        return false;
    for (size_t index = 0; index < collection->request->n_paths; index++) {
        if (cn_path_read(collection->request->paths[index], &paths[index]) != NULL
            || paths[index].kind > CN_PATH_NETWORK_CLASS)
            return false;
    }
    collection->is_named = true;
    for (size_t index = 0; index < collection->request->n_paths; index++) {
        struct bgpd_instance *instance = bgpd_instance(paths[index].vrf);
        struct bgpd_network network;
        collection->vrf = paths[index].vrf;
        collection->instance = instance;
        if (instance != NULL && collection->is_state && collection->request->redistributed) {
            if (!collect_redistributed(collection, &paths[index].prefix))
                break;
            continue;
        }
        if (instance == NULL || !bgpd_network_find(instance, &paths[index].prefix, &network)
            || (paths[index].kind == CN_PATH_NETWORK_CLASS && network.route_map == NULL))
            continue;
        if (!collect_network(&network, collection))
            break;
    }
    collection->vrf = NULL;
    return true;
}

// ---- Get ----

static bool check_request(const GetRequest *request, struct cn_status *status)
{
    bool is_state = request->dataset == COSMOLET__NORTHBOUND__V1__DATASET__DATASET_STATE;
    if (!is_state && request->dataset != COSMOLET__NORTHBOUND__V1__DATASET__DATASET_CONFIG)
        return cn_fail(status, CN_INVALID_ARGUMENT, "GetRequest.dataset: is missing or unknown");
    if (request->has_datastore
        && request->datastore
               != (is_state ? COSMOLET__NORTHBOUND__V1__DATASTORE__DATASTORE_OPERATIONAL
                            : COSMOLET__NORTHBOUND__V1__DATASTORE__DATASTORE_RUNNING))
        return cn_fail(
            status, CN_INVALID_ARGUMENT, "GetRequest.datastore: config is in running, state in operational");
    if (is_state ? request->include_foreign : request->redistributed)
        return cn_fail(
            status, CN_INVALID_ARGUMENT, "GetRequest.%s",
            is_state ? "include_foreign: only with config" : "redistributed: only with state");
    if (request->after_transaction != NULL || request->has_after_sequence)
        return cn_fail(status, CN_FAILED_PRECONDITION, "GetRequest: there is no journal inside bgpd");
    if (request->n_paths > CN_PATHS)
        return cn_fail(status, CN_INVALID_ARGUMENT, "GetRequest.paths: has too many elements");
    for (size_t index = 0; index < request->n_paths; index++) {
        size_t length = strlen(request->paths[index]);
        if (length == 0 || length > CN_PATH_BYTES)
            return cn_fail(status, CN_INVALID_ARGUMENT, "GetRequest.paths[%zu]: is empty or too long", index);
        if (!cn_path_is_subtree(request->paths[index]))
            return cn_fail(
                status, CN_INVALID_ARGUMENT, "GetRequest.paths[%zu]: %s is no node above or of a network or class",
                index, request->paths[index]);
    }
    return true;
}

void cn_service_get(struct cn_service *service, const uint8_t *body, size_t count)
{
    struct collection collection = {.service = service};
    collection.request = cn_wire_unpack(
        &cosmolet__northbound__v1__get_request__descriptor, body, count, CN_MESSAGE_BYTES, &service->call.arena,
        &collection.status);
    if (collection.request == NULL || !check_request(collection.request, &collection.status)) {
        cn_service_fail(service, &collection.status);
        return;
    }
    collection.is_state = collection.request->dataset == COSMOLET__NORTHBOUND__V1__DATASET__DATASET_STATE;
    if (!collect_named(&collection)) {
        // Looking at everything is the time to notice what others did.
        cn_running_notice(&service->running);
        collect_all(&collection);
    }
    if (collection.status.code != CN_OK) {
        cn_service_fail(service, &collection.status);
        return;
    }
    size_t first = 0;
    do {
        Cosmolet__Northbound__V1__GetReply reply = COSMOLET__NORTHBOUND__V1__GET_REPLY__INIT;
        size_t part = collection.count - first;
        if (part > CN_VALUES_IN_PART)
            part = CN_VALUES_IN_PART;
        reply.n_values = part;
        reply.values = collection.values != NULL ? collection.values + first : NULL;
        reply.has_generation = 1;
        reply.generation = service->running.generation;
        first += part;
        cn_service_reply(service, &reply.base, first < collection.count);
    } while (first < collection.count);
}

// ---- GetCapabilities ----

#define MODULES 3

/// The lines `redistribute table-direct` of an instance.
static bool add_redistributions(
    struct cn_service *service, Cosmolet__Northbound__V1__BGPInstance *message, struct bgpd_instance *instance,
    struct cn_status *status)
{
    struct bgpd_redistribution found[CN_REDISTRIBUTIONS];
    size_t count = instance != NULL ? bgpd_redistributions(instance, found, CN_REDISTRIBUTIONS) : 0;
    if (count > CN_REDISTRIBUTIONS)
        count = CN_REDISTRIBUTIONS;
    if (count == 0)
        return true;
    struct cn_arena *arena = &service->call.arena;
    Redistribution *lines = cn_arena_array(arena, count, sizeof(*lines));
    message->redistributions = cn_arena_array(arena, count, sizeof(*message->redistributions));
    if (lines == NULL || message->redistributions == NULL)
        return cn_fail(status, CN_RESOURCE_EXHAUSTED, "too many lines redistribute table-direct");
    for (size_t index = 0; index < count; index++) {
        cosmolet__northbound__v1__redistribution__init(&lines[index]);
        lines[index].has_family = lines[index].has_table = lines[index].has_route_map_exists = 1;
        lines[index].family = found[index].family == CN_IPV4 ? 4 : 6;
        lines[index].table = found[index].table;
        lines[index].route_map_exists = found[index].route_map_exists;
        if (found[index].route_map != NULL && strlen(found[index].route_map) <= CN_VALUE_BYTES)
            lines[index].route_map = (char *)found[index].route_map;
        message->redistributions[index] = &lines[index];
    }
    message->n_redistributions = count;
    return true;
}

void cn_service_capabilities(struct cn_service *service, const uint8_t *body, size_t count)
{
    static const char *const names[MODULES][2] = {
        {"frr-bgp", "2019-12-03"}, {"frr-route-map", "2019-07-01"}, {"frr-bgp-route-map", "2020-01-02"}};
    struct bgpd_instance_facts facts[CN_INSTANCES];
    Cosmolet__Northbound__V1__Capabilities reply = COSMOLET__NORTHBOUND__V1__CAPABILITIES__INIT;
    Cosmolet__Northbound__V1__ManagementCapabilities management =
        COSMOLET__NORTHBOUND__V1__MANAGEMENT_CAPABILITIES__INIT;
    Cosmolet__Northbound__V1__Policy policy = COSMOLET__NORTHBOUND__V1__POLICY__INIT;
    Cosmolet__Northbound__V1__Limits limits = COSMOLET__NORTHBOUND__V1__LIMITS__INIT;
    Cosmolet__Northbound__V1__Module modules[MODULES], *module_list[MODULES];
    Cosmolet__Northbound__V1__BGPInstance instances[CN_INSTANCES], *instance_list[CN_INSTANCES];
    struct cn_status status;
    if (cn_wire_unpack(
            &cosmolet__northbound__v1__empty__descriptor, body, count, CN_MESSAGE_BYTES, &service->call.arena, &status)
        == NULL) {
        cn_service_fail(service, &status);
        return;
    }
    reply.has_api_major = reply.has_api_minor = 1;
    reply.api_major = CN_API_MAJOR;
    reply.api_minor = CN_API_MINOR;
    reply.program_version = CN_MODULE_VERSION;
    management.provider = "bgpd";
    management.dialect = "module";
    management.schema = "frr-bgp";
    management.releases = (char *)bgpd_version();
    management.has_can_read_state = 1;
    reply.management = &management;
    for (size_t index = 0; index < MODULES; index++) {
        cosmolet__northbound__v1__module__init(&modules[index]);
        modules[index].name = (char *)names[index][0];
        modules[index].revision = (char *)names[index][1];
        module_list[index] = &modules[index];
    }
    reply.n_modules = MODULES;
    reply.modules = module_list;
    policy.has_maximum_networks = policy.has_maximum_edits = 1;
    policy.maximum_networks = service->running.maximum;
    policy.maximum_edits = CN_EDITS;
    reply.policy = &policy;
    limits.has_maximum_message_bytes = limits.has_maximum_candidates = limits.has_maximum_edits = 1;
    limits.maximum_edits = CN_EDITS;
    limits.maximum_message_bytes = CN_HEADER_BYTES + CN_MESSAGE_BYTES;
    reply.limits = &limits;
    size_t instance_count = bgpd_instances(facts, CN_INSTANCES);
    reply.n_instances = instance_count < CN_INSTANCES ? instance_count : CN_INSTANCES;
    for (size_t index = 0; index < reply.n_instances; index++) {
        cosmolet__northbound__v1__bgpinstance__init(&instances[index]);
        instances[index].vrf = facts[index].vrf;
        instances[index].has_as_number = instances[index].has_import_check = 1;
        instances[index].as_number = facts[index].as_number;
        instances[index].import_check = facts[index].import_check;
        if (!add_redistributions(service, &instances[index], bgpd_instance(facts[index].vrf), &status)) {
            cn_service_fail(service, &status);
            return;
        }
        instance_list[index] = &instances[index];
    }
    reply.instances = instance_list;
    reply.has_generation = 1;
    reply.generation = service->running.generation;
    cn_service_reply(service, &reply.base, false);
}
