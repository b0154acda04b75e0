// SPDX-License-Identifier: GPL-2.0-or-later
// libFuzzer: a Commit that takes several turns of bgpd's loop, between which operators change bgpd. This program's
// slices are eight edits long (CN_SLICE), so a short input has many of them. An input is one byte that says which change
// of bgpd's fails, sixteen for what operators do between the turns, and two for each edit.
#include <unistd.h>

#include "harness.h"
#include "restore.h"

#define ACTIONS 16
#define EDITS 512
#define PREFIXES 24

_Static_assert(CN_SLICE == 8, "the build of this program says how long a slice is");

static struct client client;
static struct edits edits;
static char path[200];
static const char *const classes[] = {"gold", "silver", "theirs", "new"};

// ---- What an input says ----

static const char *prefix_text(unsigned number, char text[32])
{
    snprintf(text, 32, number % 2 ? "198.51.100.%u/32" : "2001:db8::%x/128", number + 1);
    return text;
}

static const char *vrf_of(unsigned byte)
{
    return byte & 0x80 ? "blue" : "default";
}

static void add_edit(unsigned what, unsigned which)
{
    char prefix[32];
    const char *class_name = classes[what >> 3 & 3];
    int attribute = (int)(which % CN_ATTRIBUTES);
    static const char *const values[CN_ATTRIBUTES] = {"65001:1", "1:2:3", "7", "9", "65001", "igp"};
    prefix_text(which % PREFIXES, prefix);
    switch (what & 7) {
    case 5:
        edits_class(&edits, class_name, attribute, values[attribute]);
        break;
    case 6:
        edits_class(&edits, class_name, attribute, NULL);
        break;
    case 7:
        // Most of these end a transaction.
        if (which > 8)
            edits_network(&edits, vrf_of(which), prefix, NULL);
        else
            edits_class(&edits, class_name, -1, NULL);
        break;
    case 4:
        edits_network(&edits, vrf_of(which), prefix, NULL);
        break;
    default:
        edits_network(&edits, vrf_of(which), prefix, class_name);
    }
}

static bool is_class(const char *name)
{
    struct cn_class definition;
    return bgpd_class_read(name, &definition) != BGPD_CLASS_ABSENT;
}

/// What operators do by hand between two turns.
static void act(unsigned what)
{
    char prefix[32];
    unsigned which = what >> 4;
    prefix_text(which, prefix);
    switch (what & 15) {
    case 1:
        stub_operator_network("default", prefix, NULL, false);
        break;
    case 2:
        stub_operator_network("default", prefix, "COSMOLET-silver", which % 2);
        break;
    case 3:
        stub_operator_remove("default", prefix);
        break;
    case 4:
        if (is_class(classes[which % 4]))
            stub_remove_class(classes[which % 4]);
        break;
    case 5:
        if (!is_class(classes[which % 4]))
            stub_operator_class(classes[which % 4]);
        break;
    case 6:
        if (bgpd_instance("blue") != NULL)
            stub_remove_last_instance();
        break;
    case 7:
        if (bgpd_instance("blue") == NULL)
            stub_add_instance("blue");
        break;
    case 8:
        stub.clock_us += 10000 * which;
        break;
    default:
        break;
    }
}

// ---- Around it ----

/// A state file of a run before, of which one network waits.
static void wait_for_a_network(void)
{
    static char bytes[512];
    size_t good;
    cn_state_head(bytes);
    size_t count = CN_STATE_HEAD_BYTES;
    count += (size_t)sprintf(
        bytes + count, "network default 198.51.100.6/32 late\nnetwork blue 2001:db8::5/128 late\n");
    count += (size_t)sprintf(
        bytes + count, "end 7 %08x\n", cn_state_sum(bytes + CN_STATE_HEAD_BYTES, count - CN_STATE_HEAD_BYTES, 7));
    client.service.state.restore = cn_restore_read_bytes(bytes, count, 600, &client.service.running, &good);
    CHECK(client.service.state.restore != NULL && good == count);
    CHECK(cn_restore_step(client.service.state.restore, &client.service.running));
}

static void prepare(void)
{
    char prefix[32];
    client_start(&client);
    stub_add_instance("blue");
    stub_operator_class("theirs");
    stub_operator_network("default", "198.51.100.2/32", NULL, false);
    edits.count = 0;
    edits_class(&edits, "gold", CN_COMMUNITY, "65001:100");
    edits_class(&edits, "silver", CN_MED, "5");
    for (unsigned number = 2; number < 12; number++)
        edits_network(&edits, number % 3 ? "default" : "blue", prefix_text(number, prefix), classes[number % 3]);
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    strcpy(client.service.state.path, path);
    wait_for_a_network();
    CHECK(cn_state_rewrite(&client.service.state, &client.service.running));
}

struct sum {
    uint64_t networks;
    unsigned instance;
    /// The route-map of one is gone.
    bool has_orphans;
};

static bool add_network(const struct bgpd_network *network, void *argument)
{
    struct sum *sum = argument;
    bool is_ours = network->route_map != NULL && strncmp(network->route_map, CN_MARK, strlen(CN_MARK)) == 0;
    if (!is_ours || network->has_options)
        return true;
    uint64_t hash = 14695981039346656037u + sum->instance;
    const uint8_t *bytes = (const uint8_t *)&network->prefix;
    for (size_t index = 0; index < sizeof(network->prefix); index++)
        hash = (hash ^ bytes[index]) * 1099511628211u;
    for (const char *letter = network->route_map; *letter != '\0'; letter++)
        hash = (hash ^ (uint8_t)*letter) * 1099511628211u;
    sum->networks += hash;
    sum->has_orphans |= !bgpd_class_exists(network->route_map + strlen(CN_MARK));
    return true;
}

/// A number for all networks of ours.
static struct sum our_networks(void)
{
    struct sum sum = {0, 0, false};
    for (sum.instance = 0; sum.instance < stub.instance_count; sum.instance++) {
        for (int family = 0; family < CN_FAMILIES; family++)
            bgpd_network_each(&stub.instances[sum.instance], (enum cn_family)family, add_network, &sum);
    }
    return sum;
}

/// What a bgpd restores that is killed now, but for what waits.
static void check_restart(void)
{
    struct cn_running running;
    size_t count, good;
    bool has_blue = bgpd_instance("blue") != NULL;
    struct sum before = our_networks();
    bool is_theirs[4];
    for (unsigned index = 0; index < 4; index++) {
        struct cn_class definition;
        is_theirs[index] = bgpd_class_read(classes[index], &definition) == BGPD_CLASS_OPERATORS;
    }
    // A network whose route-map is gone cannot come back: nobody knows what that was.
    if (before.has_orphans)
        return;
    char *bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL);
    stub_start();
    if (has_blue)
        stub_add_instance("blue");
    for (unsigned index = 0; index < 4; index++) {
        if (is_theirs[index])
            stub_operator_class(classes[index]);
    }
    cn_running_start(&running, CN_NETWORKS_DEFAULT);
    struct cn_restore *restore = cn_restore_read_bytes(bytes, count, 600, &running, &good);
    CHECK(good == count);
    if (restore != NULL)
        cn_restore_step(restore, &running);
    cn_restore_free(restore);
    free(bytes);
    CHECK(our_networks().networks == before.networks);
}

// ---- The commit ----

static size_t pack_header(uint8_t *header, uint32_t deadline_ms)
{
    Cosmolet__Northbound__V1__RequestHeader request = COSMOLET__NORTHBOUND__V1__REQUEST_HEADER__INIT;
    request.has_api_major = 1;
    request.api_major = CN_API_MAJOR;
    request.service = "cosmolet.northbound.v1.Northbound";
    request.method = "Commit";
    request.request_id = "sliced";
    request.client = "fuzz";
    request.has_deadline_ms = 1;
    request.deadline_ms = deadline_ms;
    return cosmolet__northbound__v1__request_header__pack(&request, header);
}

/// Commits the edits, with what operators do between the turns. Returns how many turns it took; what bgpd had before
/// the last one goes to `before`.
static unsigned commit(const uint8_t *actions, uint64_t *before)
{
    uint8_t header[CN_HEADER_BYTES];
    Cosmolet__Northbound__V1__CommitRequest request = COSMOLET__NORTHBOUND__V1__COMMIT_REQUEST__INIT;
    request.has_phase = 1;
    request.phase = COSMOLET__NORTHBOUND__V1__COMMIT_PHASE__COMMIT_PHASE_ALL;
    request.edits = edits.pointers;
    request.n_edits = edits.count;
    size_t header_count = pack_header(header, 200);
    size_t body_count = cosmolet__northbound__v1__commit_request__get_packed_size(&request);
    uint8_t *body = malloc(body_count + 1);
    CHECK(body != NULL);
    cosmolet__northbound__v1__commit_request__pack(&request, body);
    client.replies = 0;
    *before = stub_digest();
    bool needs_more = cn_service_receive(&client.service, header, header_count, body, body_count);
    unsigned turns = 1;
    // Nothing is kept of the frames.
    free(body);
    while (needs_more) {
        CHECK(client.replies == 0 && stub_digest() == *before);
        act(actions[turns++ % ACTIONS]);
        *before = stub_digest();
        needs_more = cn_service_continue(&client.service);
    }
    CHECK(client.replies == 1 && !client.service.call.is_there);
    cn_arena_free(&client.service.call.arena);
    return turns;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t before;
    if (path[0] == '\0') {
        const char *folder = getenv("TMPDIR");
        CHECK(folder != NULL && snprintf(path, sizeof(path), "%s/slices.state", folder) < (int)sizeof(path));
        edits_start(&edits, EDITS);
    }
    if (size < 1 + ACTIONS + 2)
        return 0;
    prepare();
    edits.count = 0;
    for (size_t index = 1 + ACTIONS; index + 1 < size && edits.count < EDITS; index += 2)
        add_edit(data[index], data[index + 1]);
    stub.fail_at = data[0] == 0 ? UINT64_MAX : stub.changes + data[0] - 1;
    stub.failures = 1;
    size_t count = edits.count;
    unsigned turns = commit(data + 1, &before);
    // A bad edit ends it earlier.
    CHECK(client.code != CN_OK || count < CN_SLICE || turns > count / CN_SLICE);
    // Where bgpd fails while a transaction is undone that failed for another reason, that is said and written anew.
    if (client.code == CN_UNKNOWN)
        CHECK(data[0] > 0 && client.service.state.wants_rewrite);
    else if (client.code != CN_OK)
        CHECK(stub_digest() == before);
    // What was counted is what is there, but for what operators did.
    stub.fail_at = UINT64_MAX;
    cn_running_notice(&client.service.running);
    CHECK(!cn_running_audit(&client.service.running));
    // As the upkeep does.
    if (cn_state_is_stale(&client.service.state, &client.service.running))
        CHECK(cn_state_rewrite(&client.service.state, &client.service.running));
    check_restart();
    cn_restore_free(client.service.state.restore);
    client_end(&client);
    unlink(path);
    return 0;
}
