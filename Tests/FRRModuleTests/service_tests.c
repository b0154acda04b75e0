// SPDX-License-Identifier: GPL-2.0-or-later
// Headers, methods and their refusals, options.
#include "harness.h"
#include "options.h"

static struct client client;

static unsigned send_header(Cosmolet__Northbound__V1__RequestHeader *request)
{
    uint8_t header[2 * CN_HEADER_BYTES];
    size_t count = cosmolet__northbound__v1__request_header__pack(request, header);
    client_send(&client, header, count, NULL, 0);
    CHECK(client.replies == 1);
    return client.code;
}

static void test_headers(void)
{
    char longest[CN_NAME_BYTES + 2];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    client_start(&client);
    Cosmolet__Northbound__V1__RequestHeader good = COSMOLET__NORTHBOUND__V1__REQUEST_HEADER__INIT;
    good.has_api_major = 1;
    good.api_major = 1;
    good.service = "cosmolet.northbound.v1.Northbound";
    good.method = "Heartbeat";
    good.request_id = "one";
    good.client = "unit";
    CHECK(send_header(&good) == CN_OK && strcmp(client.request_id, "one") == 0);
    Cosmolet__Northbound__V1__RequestHeader header = good;
    header.api_major = 2;
    CHECK(send_header(&header) == CN_FAILED_PRECONDITION && strstr(client.text, "2.0") && strstr(client.text, "1.0"));
    header = good;
    header.has_api_major = 0;
    CHECK(send_header(&header) == CN_INVALID_ARGUMENT);
    header = good;
    header.service = "something";
    CHECK(send_header(&header) == CN_UNIMPLEMENTED);
    header = good;
    header.method = "RollbackTo";
    CHECK(send_header(&header) == CN_UNIMPLEMENTED && strcmp(client.request_id, "one") == 0);
    header = good;
    header.method = "Something";
    CHECK(send_header(&header) == CN_UNIMPLEMENTED);
    header = good;
    header.request_id = NULL;
    CHECK(send_header(&header) == CN_INVALID_ARGUMENT && client.request_id[0] == '\0');
    header.request_id = longest;
    CHECK(send_header(&header) == CN_INVALID_ARGUMENT && client.request_id[0] == '\0');
    header = good;
    header.client = "";
    CHECK(send_header(&header) == CN_INVALID_ARGUMENT && strcmp(client.request_id, "one") == 0);
    uint8_t garbage[CN_HEADER_BYTES + 1];
    memset(garbage, 0xFF, sizeof(garbage));
    client_send(&client, garbage, sizeof(garbage), NULL, 0);
    CHECK(client.replies == 1 && client.code == CN_INVALID_ARGUMENT && client.request_id[0] == '\0');
    client_send(&client, garbage, 100, NULL, 0);
    CHECK(client.replies == 1 && client.code == CN_INVALID_ARGUMENT);
    client_send(&client, NULL, 0, NULL, 0);
    CHECK(client.replies == 1 && client.code == CN_INVALID_ARGUMENT);
    cn_service_refuse(&client.service, 7);
    CHECK(client.code == CN_INVALID_ARGUMENT && strstr(client.text, "7 frames") != NULL);
    client_end(&client);
}

static void test_oversized_body(void)
{
    client_start(&client);
    uint8_t header[256];
    uint8_t *body = calloc(1, CN_FRAME_BYTES);
    CHECK(body != NULL);
    static const char *const methods[] = {"Commit", "Get", "GetCapabilities", "Heartbeat"};
    for (size_t index = 0; index < 4; index++) {
        Cosmolet__Northbound__V1__RequestHeader request = COSMOLET__NORTHBOUND__V1__REQUEST_HEADER__INIT;
        request.has_api_major = 1;
        request.api_major = 1;
        request.service = "cosmolet.northbound.v1.Northbound";
        request.method = (char *)methods[index];
        request.request_id = "large";
        request.client = "unit";
        size_t count = cosmolet__northbound__v1__request_header__pack(&request, header);
        client_send(&client, header, count, body, CN_MESSAGE_BYTES + 1);
        CHECK(client.code == CN_INVALID_ARGUMENT && strcmp(client.request_id, "large") == 0);
    }
    free(body);
    client_end(&client);
}

static void test_capabilities(void)
{
    client_start(&client);
    stub_add_instance("blue")->facts.import_check = true;
    CHECK(client_call(&client, "GetCapabilities", NULL, NULL) == CN_OK);
    Cosmolet__Northbound__V1__Capabilities *reply =
        cosmolet__northbound__v1__capabilities__unpack(NULL, client.body_count, client.body);
    CHECK(reply != NULL && strcmp(reply->management->provider, "bgpd") == 0);
    CHECK(strcmp(reply->management->releases, "10.3") == 0 && reply->policy->maximum_networks == CN_NETWORKS_DEFAULT);
    CHECK(reply->n_instances == 2 && strcmp(reply->instances[1]->vrf, "blue") == 0);
    CHECK(reply->instances[0]->as_number == 65001 && reply->instances[1]->import_check);
    cosmolet__northbound__v1__capabilities__free_unpacked(reply, NULL);
    client_end(&client);
}

static size_t get_values(
    const Cosmolet__Northbound__V1__GetRequest *request, char *first_path, char *first_value)
{
    if (client_call(&client, "Get", NULL, &request->base) != CN_OK)
        return SIZE_MAX;
    Cosmolet__Northbound__V1__GetReply *reply =
        cosmolet__northbound__v1__get_reply__unpack(NULL, client.body_count, client.body);
    CHECK(reply != NULL && reply->has_generation);
    size_t values = reply->n_values;
    if (values > 0 && first_path != NULL) {
        strcpy(first_path, reply->values[0]->path);
        strcpy(first_value, reply->values[0]->value != NULL ? reply->values[0]->value : "");
    }
    cosmolet__northbound__v1__get_reply__free_unpacked(reply, NULL);
    return values;
}

static size_t get(char **paths, size_t count, bool foreign, char *first_path, char *first_value)
{
    Cosmolet__Northbound__V1__GetRequest request = COSMOLET__NORTHBOUND__V1__GET_REQUEST__INIT;
    request.has_dataset = 1;
    request.dataset = 1;
    request.paths = paths;
    request.n_paths = count;
    request.has_include_foreign = foreign;
    request.include_foreign = foreign;
    return get_values(&request, first_path, first_value);
}

static size_t get_state(char **paths, size_t count, bool redistributed, char *first_path, char *first_value)
{
    Cosmolet__Northbound__V1__GetRequest request = COSMOLET__NORTHBOUND__V1__GET_REQUEST__INIT;
    request.has_dataset = 1;
    request.dataset = 2;
    request.paths = paths;
    request.n_paths = count;
    request.has_redistributed = redistributed;
    request.redistributed = redistributed;
    return get_values(&request, first_path, first_value);
}

static void network_path(char path[CN_PATH_TEXT], const char *vrf, const char *prefix)
{
    struct cn_path one = {.kind = CN_PATH_NETWORK};
    snprintf(one.vrf, sizeof(one.vrf), "%s", vrf);
    CHECK(cn_prefix_read(prefix, strlen(prefix), &one.prefix) == NULL);
    cn_path_write(&one, path);
}

/// Networks of ours that BGP has, not those that are only configured.
static void test_state(void)
{
    char path[CN_PATH_BYTES + 1], value[CN_VALUE_BYTES + 1], one[CN_PATH_TEXT], two[CN_PATH_TEXT];
    char *named[] = {one, two};
    char *everything[] = {"/frr-routing:routing", "/frr-route-map:lib"};
    struct edits edits;
    client_start(&client);
    stub_operator_class("silver");
    edits_start(&edits, 8);
    edits_class(&edits, "gold", -1, "permit");
    edits_network(&edits, "default", "198.51.100.1/32", "gold");
    edits_network(&edits, "default", "198.51.100.2/32", "silver");
    edits_network(&edits, "default", "2001:db8::1/128", "silver");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    stub_operator_network("default", "192.0.2.0/24", NULL, false);
    network_path(one, "default", "198.51.100.1/32");
    network_path(two, "default", "198.51.100.2/32");
    CHECK(get_state(NULL, 0, false, path, value) == 3 && strcmp(value, "COSMOLET-gold") == 0);
    // Route-maps are configuration.
    CHECK(get_state(everything, 2, false, NULL, NULL) == 3);
    stub_deny("silver");
    CHECK(get_state(NULL, 0, false, path, value) == 1 && strstr(path, "198.51.100.1/32") != NULL);
    CHECK(get_state(named, 2, false, path, value) == 1 && strstr(path, "198.51.100.1/32") != NULL);
    CHECK(get(NULL, 0, false, NULL, NULL) == 3);
    stub_remove_class("gold");
    CHECK(get_state(named, 2, false, NULL, NULL) == 0 && get(named, 2, false, NULL, NULL) == 2);
    edits_end(&edits);
    client_end(&client);
}

static void test_import_check_is_seen_in_the_state(void)
{
    struct edits edits;
    client_start(&client);
    stub_operator_class("gold");
    edits_start(&edits, 8);
    edits_network(&edits, "default", "198.51.100.1/32", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK && get_state(NULL, 0, false, NULL, NULL) == 1);
    stub.instances[0].facts.import_check = true;
    CHECK(get_state(NULL, 0, false, NULL, NULL) == 0 && get(NULL, 0, false, NULL, NULL) == 1);
    edits_end(&edits);
    client_end(&client);
}

/// What BGP has from a routing table: of our networks, or of any prefix that is named.
static void test_redistributed(void)
{
    char path[CN_PATH_BYTES + 1], value[CN_VALUE_BYTES + 1], one[CN_PATH_TEXT], two[CN_PATH_TEXT], blue[CN_PATH_TEXT];
    char *named[] = {one, two, blue};
    struct edits edits;
    client_start(&client);
    stub_add_instance("blue");
    stub_operator_class("gold");
    edits_start(&edits, 8);
    edits_network(&edits, "default", "198.51.100.1/32", "gold");
    edits_network(&edits, "default", "2001:db8::1/128", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    CHECK(get_state(NULL, 0, true, NULL, NULL) == 0);
    stub_redistribute("default", "198.51.100.1/32");
    stub_redistribute("default", "198.51.100.9/32");
    CHECK(get_state(NULL, 0, true, path, value) == 1 && value[0] == '\0');
    CHECK(strstr(path, "/network-config[prefix='198.51.100.1/32']") != NULL && strstr(path, "rmap-policy") == NULL);
    network_path(one, "default", "198.51.100.9/32");
    network_path(two, "default", "2001:db8::1/128");
    network_path(blue, "blue", "198.51.100.9/32");
    CHECK(get_state(named, 3, true, path, value) == 1 && strstr(path, "198.51.100.9/32") != NULL);
    CHECK(get_state(named + 1, 2, true, NULL, NULL) == 0);
    network_path(one, "nobody", "198.51.100.9/32");
    CHECK(get_state(named, 1, true, NULL, NULL) == 0);
    // By redistribution is not by a statement.
    network_path(one, "default", "198.51.100.9/32");
    CHECK(get_state(named, 1, false, NULL, NULL) == 0);
    edits_end(&edits);
    client_end(&client);
}

static void test_redistributions_are_told(void)
{
    client_start(&client);
    stub_add_instance("blue");
    stub_redistribution("default", CN_IPV4, 1790, "COSMOLET", true);
    stub_redistribution("default", CN_IPV6, 1791, NULL, true);
    for (unsigned index = 0; index < CN_REDISTRIBUTIONS + 2; index++)
        stub_redistribution("blue", CN_IPV6, 1 + index, "NONE", false);
    CHECK(client_call(&client, "GetCapabilities", NULL, NULL) == CN_OK);
    Cosmolet__Northbound__V1__Capabilities *reply =
        cosmolet__northbound__v1__capabilities__unpack(NULL, client.body_count, client.body);
    CHECK(reply != NULL && reply->n_instances == 2);
    const Cosmolet__Northbound__V1__BGPInstance *instance = reply->instances[0];
    CHECK(instance->n_redistributions == 2 && instance->redistributions[0]->family == 4);
    CHECK(instance->redistributions[0]->table == 1790 && instance->redistributions[0]->route_map_exists);
    CHECK(strcmp(instance->redistributions[0]->route_map, "COSMOLET") == 0);
    CHECK(instance->redistributions[1]->family == 6 && instance->redistributions[1]->route_map == NULL);
    CHECK(reply->instances[1]->n_redistributions == CN_REDISTRIBUTIONS);
    CHECK(!reply->instances[1]->redistributions[0]->route_map_exists);
    cosmolet__northbound__v1__capabilities__free_unpacked(reply, NULL);
    client_end(&client);
}

static void test_get(void)
{
    char path[CN_PATH_BYTES + 1], value[CN_VALUE_BYTES + 1];
    char *classes[] = {"/frr-route-map:lib"};
    char *everything[] = {"/frr-routing:routing", "/frr-route-map:lib/route-map"};
    char *nothing[] = {"/frr-route-map:lib/route-map[name='COSMOLET-nothing']"};
    struct edits edits;
    client_start(&client);
    edits_start(&edits, 8);
    CHECK(get(NULL, 0, true, NULL, NULL) == 0);
    edits_class(&edits, "gold", -1, "permit");
    edits_class(&edits, "gold", CN_PREPEND, "65001 65001");
    edits_network(&edits, "default", "198.51.100.1/32", "gold");
    edits_network(&edits, "default", "198.51.100.2/32", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    stub_operator_network("default", "192.0.2.0/24", NULL, false);
    stub_operator_network("default", "192.0.2.1/32", "THEIRS", false);
    stub_operator_class("operators");
    CHECK(get(NULL, 0, false, path, value) == 2 && strstr(path, "198.51.100.1/32") && !strcmp(value, "COSMOLET-gold"));
    CHECK(get(NULL, 0, true, path, value) == 4 && value[0] == '\0' && strstr(path, "[prefix='192.0.2.0/24']"));
    CHECK(get(classes, 1, false, path, value) == 3 && strcmp(value, "permit") == 0);
    CHECK(get(everything, 2, true, NULL, NULL) == 7);
    CHECK(get(nothing, 1, true, NULL, NULL) == 0);
    struct cn_path one = {.kind = CN_PATH_NETWORK, .vrf = "default"};
    cn_prefix_read("198.51.100.2/32", 15, &one.prefix);
    cn_path_write(&one, path);
    char *named[] = {path};
    CHECK(get(named, 1, false, NULL, NULL) == 1);
    // Somebody removes one of ours: noticed by a Get, and the state gets another number.
    // A prefix may be asked for in either spelling and is answered in one.
    edits.count = 0;
    edits_network(&edits, "default", "::102:304/128", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    static const char *const spellings[] = {"::102:304/128", "::1.2.3.4/128"};
    for (unsigned index = 0; index < 2; index++) {
        char asked[CN_PATH_TEXT];
        one.prefix.family = CN_IPV6;
        cn_path_write(&one, asked);
        char *quote = strstr(asked, "[prefix='");
        CHECK(quote != NULL);
        snprintf(quote, sizeof(asked) - (size_t)(quote - asked), "[prefix='%s']", spellings[index]);
        named[0] = asked;
        CHECK(get(named, 1, false, path, value) == 1 && strstr(path, "[prefix='::102:304/128']") != NULL);
    }
    edits.count = 0;
    edits_network(&edits, "default", "::102:304/128", NULL);
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    // That somebody made a class was noticed before.
    CHECK(client.service.running.foreign_changes == 1);
    uint64_t generation = client.service.running.generation;
    stub.instances[0].count--;
    CHECK(get(NULL, 0, false, NULL, NULL) == 1 && client.service.running.generation == generation + 1);
    CHECK(client.service.running.foreign_changes == 2);
    edits_end(&edits);
    client_end(&client);
}

/// Before bgpd has its configuration, what it has says nothing.
static void test_nothing_before_the_configuration(void)
{
    client_start(&client);
    stub.is_being_configured = true;
    CHECK(get(NULL, 0, false, NULL, NULL) == SIZE_MAX && client.code == CN_UNAVAILABLE);
    CHECK(client_call(&client, "GetCapabilities", NULL, NULL) == CN_UNAVAILABLE);
    struct edits edits;
    edits_start(&edits, 8);
    edits_class(&edits, "gold", -1, "permit");
    CHECK(client_commit(&client, &edits, "again", 0) == CN_UNAVAILABLE && stub.changes == 0);
    CHECK(client_call(&client, "Heartbeat", NULL, NULL) == CN_OK);
    stub.is_being_configured = false;
    CHECK(client_commit(&client, &edits, "again", 0) == CN_OK && stub.changes == 1);
    edits_end(&edits);
    client_end(&client);
}

static void test_get_in_parts(void)
{
    char prefix[32];
    client_start(&client);
    stub_operator_class("gold");
    for (unsigned index = 0; index < 30000; index++) {
        snprintf(prefix, sizeof(prefix), "10.%u.%u.%u/32", index >> 16, index >> 8 & 255, index & 255);
        stub_operator_network("default", prefix, "COSMOLET-gold", false);
    }
    CHECK(get(NULL, 0, false, NULL, NULL) == 10000 && client.replies == 2 && !client.more);
    client_end(&client);
}

static void test_get_refusals(void)
{
    Cosmolet__Northbound__V1__GetRequest request = COSMOLET__NORTHBOUND__V1__GET_REQUEST__INIT;
    client_start(&client);
    CHECK(client_call(&client, "Get", NULL, &request.base) == CN_INVALID_ARGUMENT);
    request.has_dataset = 1;
    request.dataset = 2;
    CHECK(client_call(&client, "Get", NULL, &request.base) == CN_OK);
    request.has_include_foreign = 1;
    request.include_foreign = 1;
    CHECK(client_call(&client, "Get", NULL, &request.base) == CN_INVALID_ARGUMENT);
    CHECK(strstr(client.text, "include_foreign") != NULL);
    request.include_foreign = 0;
    request.dataset = 1;
    request.has_redistributed = 1;
    request.redistributed = 1;
    CHECK(client_call(&client, "Get", NULL, &request.base) == CN_INVALID_ARGUMENT);
    CHECK(strstr(client.text, "redistributed") != NULL);
    request.redistributed = 0;
    request.dataset = 9;
    CHECK(client_call(&client, "Get", NULL, &request.base) == CN_INVALID_ARGUMENT);
    request.dataset = 1;
    char *paths[CN_PATHS + 1];
    for (size_t index = 0; index < CN_PATHS + 1; index++)
        paths[index] = "/frr-route-map:lib";
    request.paths = paths;
    request.n_paths = CN_PATHS + 1;
    CHECK(client_call(&client, "Get", NULL, &request.base) == CN_INVALID_ARGUMENT);
    request.n_paths = 1;
    static char *const wrong[] = {
        "", "/", "/frr-routing:rout", "/frr-route-map:lib/route-map[name='OTHER']", "/frr-route-map:lib/",
        "/frr-routing:routing/control-plane-protocols/control-plane-protocol[type='frr-bgp:bgp'][name='bgp'][vrf='x",
    };
    for (size_t index = 0; index < sizeof(wrong) / sizeof(wrong[0]); index++) {
        paths[0] = wrong[index];
        CHECK(client_call(&client, "Get", NULL, &request.base) == CN_INVALID_ARGUMENT);
    }
    static char *const right[] = {
        "/frr-routing:routing/control-plane-protocols",
        "/frr-routing:routing/control-plane-protocols/control-plane-protocol",
        "/frr-routing:routing/control-plane-protocols/control-plane-protocol[type='frr-bgp:bgp'][name='bgp'][vrf='x']",
        ("/frr-routing:routing/control-plane-protocols/control-plane-protocol[type='frr-bgp:bgp'][name='bgp'][vrf='x']"
         "/frr-bgp:bgp/global/afi-safis/afi-safi[afi-safi-name='frr-routing:ipv6-unicast']/ipv6-unicast"
         "/network-config"),
    };
    for (size_t index = 0; index < sizeof(right) / sizeof(right[0]); index++) {
        paths[0] = right[index];
        CHECK(client_call(&client, "Get", NULL, &request.base) == CN_OK);
    }
    request.n_paths = 0;
    request.after_transaction = "some";
    CHECK(client_call(&client, "Get", NULL, &request.base) == CN_FAILED_PRECONDITION);
    request.after_transaction = NULL;
    request.has_datastore = 1;
    request.datastore = 4;
    CHECK(client_call(&client, "Get", NULL, &request.base) == CN_INVALID_ARGUMENT);
    request.datastore = 3;
    CHECK(client_call(&client, "Get", NULL, &request.base) == CN_INVALID_ARGUMENT);
    request.dataset = 2;
    CHECK(client_call(&client, "Get", NULL, &request.base) == CN_OK);
    request.datastore = 1;
    CHECK(client_call(&client, "Get", NULL, &request.base) == CN_INVALID_ARGUMENT);
    request.dataset = 1;
    CHECK(client_call(&client, "Get", NULL, &request.base) == CN_OK);
    Cosmolet__Northbound__V1__CommitRequest commit = COSMOLET__NORTHBOUND__V1__COMMIT_REQUEST__INIT;
    CHECK(client_call(&client, "Commit", NULL, &commit.base) == CN_INVALID_ARGUMENT);
    commit.has_phase = commit.has_candidate = 1;
    commit.phase = 2;
    CHECK(client_call(&client, "Commit", NULL, &commit.base) == CN_UNIMPLEMENTED);
    commit.has_candidate = 0;
    commit.has_confirm_timeout_ms = 1;
    CHECK(client_call(&client, "Commit", NULL, &commit.base) == CN_UNIMPLEMENTED);
    commit.has_confirm_timeout_ms = 0;
    commit.has_datastore = 1;
    commit.datastore = 2;
    CHECK(client_call(&client, "Commit", NULL, &commit.base) == CN_INVALID_ARGUMENT);
    commit.datastore = 1;
    CHECK(client_call(&client, "Commit", NULL, &commit.base) == CN_OK);
    client_end(&client);
}

static void test_options(void)
{
    struct cn_options options;
    CHECK(cn_options_read(NULL, "/run/frr", &options) == NULL);
    CHECK(strcmp(options.socket, "/run/frr/cosmolet.sock") == 0);
    CHECK(strcmp(options.state, "/run/frr/cosmolet.state") == 0);
    CHECK(options.maximum == CN_NETWORKS_DEFAULT && !options.any_build && options.state_age_s == 600);
    CHECK(cn_options_read("state-age=604800", "/run/frr", &options) == NULL && options.state_age_s == 604800);
    CHECK(cn_options_read("socket=/x,group=frrvty,state=off,maximum=5,builds=any,", "/run/frr", &options) == NULL);
    CHECK(strcmp(options.socket, "/x") == 0 && strcmp(options.group, "frrvty") == 0 && options.state[0] == '\0');
    CHECK(options.maximum == 5 && options.any_build);
    static const char *const bad[] = {
        "socket", "socket=", "socket=relative", "maximum=0", "maximum=x", "maximum=65537", "builds=none", "group=",
        "what=1", "state=x", "state-age=0", "state-age=604801", "state-age=2h",
    };
    for (size_t index = 0; index < sizeof(bad) / sizeof(bad[0]); index++)
        CHECK(cn_options_read(bad[index], "/run/frr", &options) != NULL);
    char longest[2000];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    CHECK(cn_options_read(longest, "/run/frr", &options) != NULL);
    CHECK(cn_options_read(NULL, longest, &options) != NULL);
}

int main(void)
{
    RUN(test_headers);
    RUN(test_oversized_body);
    RUN(test_capabilities);
    RUN(test_get);
    RUN(test_state);
    RUN(test_import_check_is_seen_in_the_state);
    RUN(test_redistributed);
    RUN(test_redistributions_are_told);
    RUN(test_nothing_before_the_configuration);
    RUN(test_get_in_parts);
    RUN(test_get_refusals);
    RUN(test_options);
    return 0;
}
