// SPDX-License-Identifier: GPL-2.0-or-later
// Transactions against the stub of bgpd.
#include "harness.h"

static struct client client;
static struct edits edits;

static void begin(size_t capacity)
{
    client_start(&client);
    edits_start(&edits, capacity);
}

static void again(size_t capacity)
{
    edits_end(&edits);
    edits_start(&edits, capacity);
}

static void end(void)
{
    edits_end(&edits);
    client_end(&client);
}

static void define(const char *name)
{
    edits_class(&edits, name, -1, "permit");
    edits_class(&edits, name, CN_COMMUNITY, "65001:100");
}

static bool says(const char *prefix, const char *route_map)
{
    const char *now = stub_route_map("default", prefix);
    return route_map == NULL ? now == NULL : now != NULL && strcmp(now, route_map) == 0;
}

static void test_networks_with_a_new_class(void)
{
    begin(8);
    uint64_t before = client.service.running.generation;
    define("gold");
    edits_network(&edits, "default", "198.51.100.1/32", "gold");
    edits_network(&edits, "default", "2001:db8::1/128", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    CHECK(client_generation(&client) == before + 1);
    CHECK(says("198.51.100.1/32", "COSMOLET-gold") && says("2001:db8::1/128", "COSMOLET-gold"));
    CHECK(strcmp(stub.classes[0].definition.values[CN_COMMUNITY], "65001:100") == 0);
    // The same again changes nothing, so the state keeps its number.
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    CHECK(client_generation(&client) == before + 1);
    end();
}

static void test_last_edit_of_a_prefix_wins(void)
{
    begin(8);
    define("gold");
    define("silver");
    edits_network(&edits, "default", "198.51.100.1/32", "gold");
    edits_network(&edits, "default", "198.51.100.1/32", NULL);
    edits_network(&edits, "default", "198.51.100.1/32", "silver");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    CHECK(says("198.51.100.1/32", "COSMOLET-silver") && client.service.running.count == 1);
    end();
}

static void test_a_refusal_changes_nothing(void)
{
    begin(8);
    stub_operator_network("default", "198.51.100.2/32", NULL, false);
    stub_operator_network("default", "198.51.100.3/32", "COSMOLET-gold", true);
    uint64_t digest = stub_digest();
    define("gold");
    edits_network(&edits, "default", "198.51.100.1/32", "gold");
    edits_network(&edits, "default", "198.51.100.2/32", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_FAILED_PRECONDITION);
    CHECK(strstr(client.text, "[prefix='198.51.100.2/32']") != NULL && stub_digest() == digest);
    again(8);
    define("gold");
    edits_network(&edits, "default", "198.51.100.3/32", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_FAILED_PRECONDITION && stub_digest() == digest);
    // A removal of what is not ours is none.
    again(8);
    edits_network(&edits, "default", "198.51.100.2/32", NULL);
    edits_network(&edits, "default", "198.51.100.9/32", NULL);
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK && stub_digest() == digest);
    end();
}

static void test_what_cannot_be(void)
{
    static const char *const wrong[][2] = {
        {"/frr-bgp:something", "COSMOLET-gold"},
        {"", "COSMOLET-gold"},
    };
    begin(8);
    for (size_t index = 0; index < sizeof(wrong) / sizeof(wrong[0]); index++) {
        again(8);
        edits_add(&edits, 1, wrong[index][0], wrong[index][1]);
        CHECK(client_commit(&client, &edits, NULL, 0) == CN_INVALID_ARGUMENT);
        CHECK(strstr(client.text, "CommitRequest.edits[0]") == client.text);
    }
    again(8);
    edits_network(&edits, "default", "198.51.100.1/32", "nowhere");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_FAILED_PRECONDITION);
    CHECK(strstr(client.text, "class nowhere") != NULL);
    again(8);
    define("gold");
    edits_network(&edits, "blue", "198.51.100.1/32", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_FAILED_PRECONDITION && strstr(client.text, "VRF blue") != NULL);
    again(8);
    define("gold");
    edits_network(&edits, "default", "fe80::1/128", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_INVALID_ARGUMENT);
    again(8);
    edits_class(&edits, "gold", CN_COMMUNITY, "65001:100000");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_INVALID_ARGUMENT);
    again(8);
    edits_add(&edits, 3, "/frr-route-map:lib", NULL);
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_INVALID_ARGUMENT);
    CHECK(stub.changes == 0);
    end();
}

static void test_quota(void)
{
    begin(8);
    client.service.running.maximum = 2;
    define("gold");
    edits_network(&edits, "default", "198.51.100.1/32", "gold");
    edits_network(&edits, "default", "198.51.100.2/32", "gold");
    edits_network(&edits, "default", "198.51.100.3/32", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_RESOURCE_EXHAUSTED && stub.changes == 0);
    edits.count--;
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    // One goes, one comes.
    again(8);
    edits_network(&edits, "default", "198.51.100.1/32", NULL);
    edits_network(&edits, "default", "198.51.100.3/32", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK && client.service.running.count == 2);
    end();
}

static void test_generations_and_repetitions(void)
{
    begin(8);
    define("gold");
    CHECK(client_commit(&client, &edits, "first", 0) == CN_OK);
    uint64_t generation = client_generation(&client);
    again(8);
    edits_network(&edits, "default", "198.51.100.1/32", "gold");
    CHECK(client_commit(&client, &edits, NULL, generation - 1) == CN_ABORTED);
    CHECK(client_commit(&client, &edits, "second", generation) == CN_OK);
    CHECK(client_generation(&client) == generation + 1);
    uint64_t changes = stub.changes;
    // The same id again: the outcome of the first, whatever it says now.
    CHECK(client_commit(&client, &edits, "second", generation) == CN_OK);
    CHECK(client_commit(&client, &edits, "first", 0) == CN_OK && client_generation(&client) == generation);
    CHECK(stub.changes == changes);
    again(8);
    edits_network(&edits, "default", "198.51.100.1/32", NULL);
    CHECK(client_validate(&client, &edits) == CN_OK && stub.changes == changes);
    end();
}

static void test_outcomes_are_forgotten_in_order(void)
{
    char id[32];
    begin(8);
    define("gold");
    CHECK(client_commit(&client, &edits, "first", 0) == CN_OK);
    for (unsigned index = 0; index < CN_OUTCOMES; index++) {
        snprintf(id, sizeof(id), "id-%u", index);
        CHECK(client_commit(&client, &edits, id, 0) == CN_OK);
    }
    CHECK(cn_outcomes_find(&client.service.outcomes, "unit", "first") == NULL);
    CHECK(cn_outcomes_find(&client.service.outcomes, "unit", "id-0") != NULL);
    CHECK(cn_outcomes_find(&client.service.outcomes, "other", "id-0") == NULL);
    end();
}

static void test_classes(void)
{
    begin(8);
    stub_operator_class("operators");
    define("gold");
    edits_network(&edits, "default", "198.51.100.1/32", "gold");
    edits_network(&edits, "default", "198.51.100.2/32", "operators");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    again(8);
    edits_class(&edits, "operators", CN_MED, "1");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_FAILED_PRECONDITION);
    // A class that is used stays.
    again(8);
    edits_class(&edits, "gold", -1, NULL);
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_FAILED_PRECONDITION);
    CHECK(strstr(client.text, "198.51.100.1/32") != NULL);
    // A change of a class reaches its networks in the same transaction.
    again(8);
    uint64_t changes = stub.changes;
    edits_class(&edits, "gold", CN_MED, "10");
    edits_class(&edits, "gold", CN_COMMUNITY, NULL);
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK && stub.changes == changes + 2);
    // It goes with its last network.
    again(8);
    edits_network(&edits, "default", "198.51.100.1/32", NULL);
    edits_class(&edits, "gold", -1, NULL);
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK && stub.class_count == 1);
    end();
}

/// The frames of a Commit of many networks of class gold, which takes several turns.
static uint8_t *pack_large(uint8_t *header, size_t *header_count, size_t *size)
{
    char prefix[32];
    Cosmolet__Northbound__V1__RequestHeader request = COSMOLET__NORTHBOUND__V1__REQUEST_HEADER__INIT;
    Cosmolet__Northbound__V1__CommitRequest body = COSMOLET__NORTHBOUND__V1__COMMIT_REQUEST__INIT;
    request.has_api_major = request.has_deadline_ms = 1;
    request.api_major = 1;
    request.deadline_ms = 5;
    request.service = "cosmolet.northbound.v1.Northbound";
    request.method = "Commit";
    request.request_id = "large";
    request.client = "unit";
    *header_count = cosmolet__northbound__v1__request_header__pack(&request, header);
    for (unsigned index = 0; index <= CN_SLICE; index++) {
        snprintf(prefix, sizeof(prefix), "10.1.%u.%u/32", index / 256, index % 256);
        edits_network(&edits, "default", prefix, "gold");
    }
    body.has_phase = 1;
    body.phase = 2;
    body.edits = edits.pointers;
    body.n_edits = edits.count;
    *size = cosmolet__northbound__v1__commit_request__get_packed_size(&body);
    uint8_t *bytes = malloc(*size);
    CHECK(bytes != NULL);
    cosmolet__northbound__v1__commit_request__pack(&body, bytes);
    return bytes;
}

/// Somebody removes a class that a transaction only uses, or says as it is already, after it was checked.
static void test_a_class_that_goes_between_slices(void)
{
    for (unsigned is_defined = 0; is_defined < 2; is_defined++) {
        uint8_t header[256];
        size_t header_count, size;
        begin(CN_SLICE + 8);
        define("gold");
        CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
        again(CN_SLICE + 8);
        if (is_defined)
            define("gold");
        uint8_t *bytes = pack_large(header, &header_count, &size);
        bool needs_more = cn_service_receive(&client.service, header, header_count, bytes, size);
        // All but the last of the slices that check the networks.
        while (client.service.call.transaction.checked_count < CN_SLICE) {
            CHECK(needs_more);
            needs_more = cn_service_continue(&client.service);
        }
        CHECK(needs_more);
        stub.class_count = 0;
        while (needs_more)
            needs_more = cn_service_continue(&client.service);
        CHECK(client.code == CN_ABORTED && strstr(client.text, "class gold was removed") != NULL);
        CHECK(stub.instances[0].count == 0 && stub.changes == 1);
        free(bytes);
        end();
    }
}

/// As many as a transaction may change come with one change of bgpd's configuration, and go with one.
static void test_many_classes(void)
{
    char name[32];
    begin(2 * CN_CLASSES_CHANGED + 2);
    for (unsigned index = 0; index < CN_CLASSES_CHANGED; index++) {
        snprintf(name, sizeof(name), "class-%u", index);
        define(name);
    }
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK && stub.changes == 1);
    CHECK(stub.class_count == CN_CLASSES_CHANGED);
    define("one-more");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_RESOURCE_EXHAUSTED && stub.changes == 1);
    again(CN_CLASSES_CHANGED);
    for (unsigned index = 0; index < CN_CLASSES_CHANGED; index++) {
        snprintf(name, sizeof(name), "class-%u", index);
        edits_class(&edits, name, -1, NULL);
    }
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK && stub.changes == 2 && stub.class_count == 0);
    end();
}

/// What others do to a class is another state, whoever looks first.
static void test_classes_changed_by_others(void)
{
    begin(8);
    define("gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    uint64_t generation = client.service.running.generation;
    CHECK(client.service.running.foreign_changes == 0);
    strcpy(stub.classes[0].definition.values[CN_MED], "77");
    Cosmolet__Northbound__V1__CommitRequest request = COSMOLET__NORTHBOUND__V1__COMMIT_REQUEST__INIT;
    request.has_phase = request.has_expected_generation = 1;
    request.phase = 2;
    request.expected_generation = generation;
    CHECK(client_call(&client, "Commit", NULL, &request.base) == CN_ABORTED);
    CHECK(client.service.running.generation == generation + 1 && client.service.running.foreign_changes == 1);
    CHECK(cn_state_is_stale(&client.service.state, &client.service.running));
    // A change of our own is none of others'.
    again(8);
    edits_class(&edits, "gold", CN_MED, "78");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK && client.service.running.foreign_changes == 1);
    end();
}

/// Each change that bgpd makes fails once, in a transaction that does everything.
static void test_every_step_is_undone(void)
{
    for (uint64_t step = 0;; step++) {
        begin(16);
        stub_operator_network("default", "192.0.2.0/24", "SOMETHING", false);
        define("gold");
        define("old");
        edits_class(&edits, "changed", CN_MED, "1");
        edits_network(&edits, "default", "198.51.100.1/32", "gold");
        edits_network(&edits, "default", "198.51.100.2/32", "old");
        edits_network(&edits, "default", "198.51.100.3/32", "changed");
        CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
        uint64_t digest = stub_digest(), generation = client.service.running.generation;
        again(16);
        define("new");
        edits_class(&edits, "changed", CN_MED, "2");
        edits_class(&edits, "old", -1, NULL);
        edits_network(&edits, "default", "198.51.100.1/32", "new");
        edits_network(&edits, "default", "198.51.100.2/32", NULL);
        edits_network(&edits, "default", "198.51.100.4/32", "changed");
        stub.fail_at = stub.changes + step;
        stub.failures = 1;
        unsigned code = client_commit(&client, &edits, NULL, 0);
        if (code == CN_OK) {
            CHECK(step >= 7 && stub_digest() != digest);
            end();
            return;
        }
        CHECK(code == CN_INTERNAL && stub_digest() == digest);
        CHECK(client.service.running.generation == generation && client.service.running.count == 3);
        end();
    }
}

static void test_failed_undoing_is_told(void)
{
    begin(8);
    define("gold");
    edits_network(&edits, "default", "198.51.100.1/32", "gold");
    edits_network(&edits, "default", "198.51.100.2/32", "gold");
    stub.fail_at = 2;
    stub.failures = 100;
    uint64_t generation = client.service.running.generation;
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_UNKNOWN);
    CHECK(client.service.running.generation > generation && stub.log_count == 1);
    end();
}

static void test_ten_thousand(void)
{
    char prefix[32];
    begin(CN_EDITS + 1);
    define("gold");
    for (unsigned index = 0; index < 10000; index++) {
        snprintf(prefix, sizeof(prefix), "10.1.%u.%u/32", index / 256, index % 256);
        edits_network(&edits, "default", prefix, "gold");
    }
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    CHECK(client.turns > 10 && client.service.running.count == 10000);
    for (unsigned index = 10002; index < CN_EDITS + 1; index++)
        edits_network(&edits, "default", "10.2.0.0/32", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_INVALID_ARGUMENT);
    end();
}

/// Random transactions, some of which fail on the way, against a model that knows only whole ones.
static void test_random_transactions(void)
{
    static const char *const classes[] = {"gold", "silver", "bronze"};
    char prefix[32];
    unsigned applied = 0, failed = 0;
    int model[64];
    srand(20260101);
    begin(64);
    for (unsigned index = 0; index < 3; index++)
        define(classes[index]);
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    for (unsigned index = 0; index < 64; index++)
        model[index] = -1;
    for (unsigned round = 0; round < 20000; round++) {
        int wanted[64];
        memcpy(wanted, model, sizeof(wanted));
        again(64);
        for (unsigned count = (unsigned)rand() % 20; count > 0; count--) {
            int which = rand() % 64, class = rand() % 4 - 1;
            snprintf(prefix, sizeof(prefix), which % 2 ? "198.51.100.%d/32" : "2001:db8:1:1::%x/128", which + 1);
            edits_network(&edits, "default", prefix, class < 0 ? NULL : classes[class]);
            wanted[which] = class;
        }
        stub.fail_at = rand() % 3 == 0 ? stub.changes + (uint64_t)rand() % 12 : UINT64_MAX;
        stub.failures = 1;
        if (client_commit(&client, &edits, NULL, 0) == CN_OK) {
            memcpy(model, wanted, sizeof(model));
            applied++;
        } else {
            failed++;
        }
        for (int which = 0; which < 64; which++) {
            char route_map[64];
            snprintf(prefix, sizeof(prefix), which % 2 ? "198.51.100.%d/32" : "2001:db8:1:1::%x/128", which + 1);
            snprintf(route_map, sizeof(route_map), CN_MARK "%s", model[which] < 0 ? "" : classes[model[which]]);
            CHECK(says(prefix, model[which] < 0 ? NULL : route_map));
        }
    }
    CHECK(applied > 5000 && failed > 1000);
    end();
}

static void test_deadline(void)
{
    uint8_t header[256];
    size_t header_count, size;
    begin(CN_SLICE + 8);
    define("gold");
    uint8_t *bytes = pack_large(header, &header_count, &size);
    bool needs_more = cn_service_receive(&client.service, header, header_count, bytes, size);
    CHECK(needs_more);
    stub.clock_us += 6000;
    while (needs_more)
        needs_more = cn_service_continue(&client.service);
    CHECK(client.code == CN_DEADLINE_EXCEEDED && stub.changes == 0);
    free(bytes);
    end();
}

int main(void)
{
    RUN(test_networks_with_a_new_class);
    RUN(test_last_edit_of_a_prefix_wins);
    RUN(test_a_refusal_changes_nothing);
    RUN(test_what_cannot_be);
    RUN(test_quota);
    RUN(test_generations_and_repetitions);
    RUN(test_outcomes_are_forgotten_in_order);
    RUN(test_classes);
    RUN(test_a_class_that_goes_between_slices);
    RUN(test_many_classes);
    RUN(test_classes_changed_by_others);
    RUN(test_every_step_is_undone);
    RUN(test_failed_undoing_is_told);
    RUN(test_ten_thousand);
    RUN(test_random_transactions);
    RUN(test_deadline);
    return 0;
}
