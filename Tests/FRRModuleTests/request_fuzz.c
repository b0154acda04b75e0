// SPDX-License-Identifier: GPL-2.0-or-later
// libFuzzer: the frames of a request, as they come from the socket, with a stub of bgpd behind. An input is two bytes
// of length, so many bytes of header, and the body; the length's upper bits choose a change of bgpd's that fails.
#include "harness.h"

static struct client client;

static void prepare(void)
{
    static struct edits edits;
    client_start(&client);
    stub_add_instance("blue");
    stub_operator_class("operators");
    stub_operator_network("default", "192.0.2.0/24", NULL, false);
    stub_operator_network("default", "192.0.2.1/32", "COSMOLET-gold", true);
    edits_start(&edits, 8);
    edits_class(&edits, "gold", CN_COMMUNITY, "65001:100");
    edits_network(&edits, "default", "198.51.100.1/32", "gold");
    edits_network(&edits, "blue", "2001:db8::1/128", "operators");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    edits_end(&edits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t header = (size_t)(data[0] | (data[1] & 0x0F) << 8);
    unsigned failing = data[1] >> 4;
    data += 2;
    size -= 2;
    if (header > size)
        header = size;
    prepare();
    uint64_t digest = stub_digest(), generation = client.service.running.generation;
    stub.fail_at = failing == 0 ? UINT64_MAX : stub.changes + failing - 1;
    stub.failures = 1;
    client_send(&client, data, header, data + header, size - header);
    CHECK(client.replies >= 1 && !client.more);
    // A call that failed left everything as it was; one that changed something gave the state another number.
    if (client.code != CN_OK)
        CHECK(stub_digest() == digest && client.service.running.generation == generation);
    if (stub_digest() != digest)
        CHECK(client.service.running.generation == generation + 1);
    CHECK(!cn_running_audit(&client.service.running));
    client_end(&client);
    return 0;
}
