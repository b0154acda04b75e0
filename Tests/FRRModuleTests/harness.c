// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness.h"

static void take_reply(
    void *argument, const uint8_t *header, size_t header_count, const uint8_t *body, size_t body_count)
{
    struct client *client = argument;
    CHECK(header_count <= CN_HEADER_BYTES && body_count <= CN_MESSAGE_BYTES);
    Cosmolet__Northbound__V1__ReplyHeader *reply =
        cosmolet__northbound__v1__reply_header__unpack(NULL, header_count, header);
    CHECK(reply != NULL && reply->has_status_code && reply->api_major == CN_API_MAJOR);
    client->code = reply->status_code;
    client->more = reply->more;
    snprintf(client->text, sizeof(client->text), "%s", reply->status_message ? reply->status_message : "");
    snprintf(client->request_id, sizeof(client->request_id), "%s", reply->request_id ? reply->request_id : "");
    CHECK((client->code == CN_OK) == (client->text[0] == '\0'));
    CHECK(client->code == CN_OK || body_count == 0);
    cosmolet__northbound__v1__reply_header__free_unpacked(reply, NULL);
    free(client->body);
    client->body = malloc(body_count + 1);
    CHECK(client->body != NULL);
    if (body_count > 0)
        memcpy(client->body, body, body_count);
    client->body_count = body_count;
    client->replies++;
}

void client_start(struct client *client)
{
    memset(client, 0, sizeof(*client));
    stub_start();
    client->service.send = take_reply;
    client->service.send_argument = client;
    client->service.state.descriptor = -1;
    strcpy(client->service.instance, "unit-test");
    cn_running_start(&client->service.running, CN_NETWORKS_DEFAULT);
}

void client_end(struct client *client)
{
    cn_state_close(&client->service.state);
    cn_arena_free(&client->service.call.arena);
    free(client->body);
    client->body = NULL;
    stub_end();
}

void client_send(
    struct client *client, const uint8_t *header, size_t header_count, const uint8_t *body, size_t body_count)
{
    client->replies = 0;
    client->turns = 1;
    bool needs_more = cn_service_receive(&client->service, header, header_count, body, body_count);
    while (needs_more) {
        client->turns++;
        needs_more = cn_service_continue(&client->service);
    }
    CHECK(!client->service.call.is_there && client->service.call.arena.used <= 65536);
    // So that the sanitizer sees what is used after its request.
    cn_arena_free(&client->service.call.arena);
}

unsigned client_call(struct client *client, const char *method, const char *request_id, const ProtobufCMessage *body)
{
    static unsigned long number;
    char id[32];
    uint8_t header[CN_HEADER_BYTES];
    Cosmolet__Northbound__V1__RequestHeader request = COSMOLET__NORTHBOUND__V1__REQUEST_HEADER__INIT;
    snprintf(id, sizeof(id), "request-%lu", number++);
    request.has_api_major = 1;
    request.api_major = CN_API_MAJOR;
    request.service = "cosmolet.northbound.v1.Northbound";
    request.method = (char *)method;
    request.request_id = (char *)(request_id != NULL ? request_id : id);
    request.client = "unit";
    size_t header_count = cosmolet__northbound__v1__request_header__pack(&request, header);
    size_t body_count = body != NULL ? protobuf_c_message_get_packed_size(body) : 0;
    uint8_t *bytes = malloc(body_count + 1);
    CHECK(bytes != NULL);
    if (body != NULL)
        protobuf_c_message_pack(body, bytes);
    client_send(client, header, header_count, bytes, body_count);
    free(bytes);
    CHECK(client->replies > 0 && strcmp(client->request_id, request.request_id) == 0);
    return client->code;
}

// ---- Edits ----

void edits_start(struct edits *edits, size_t capacity)
{
    *edits = (struct edits){
        .list = calloc(capacity, sizeof(*edits->list)), .pointers = calloc(capacity, sizeof(*edits->pointers)),
        .pairs = calloc(capacity, sizeof(*edits->pairs)), .texts = calloc(capacity, sizeof(*edits->texts)),
        .capacity = capacity};
    CHECK(edits->list != NULL && edits->pointers != NULL && edits->pairs != NULL && edits->texts != NULL);
}

void edits_end(struct edits *edits)
{
    free(edits->list);
    free(edits->pointers);
    free(edits->pairs);
    free(edits->texts);
}

void edits_add(struct edits *edits, int operation, const char *path, const char *value)
{
    size_t index = edits->count++;
    CHECK(index < edits->capacity);
    cosmolet__northbound__v1__edit__init(&edits->list[index]);
    cosmolet__northbound__v1__path_value__init(&edits->pairs[index]);
    edits->pointers[index] = &edits->list[index];
    edits->list[index].has_operation = 1;
    edits->list[index].operation = operation;
    edits->list[index].path_value = &edits->pairs[index];
    snprintf(edits->texts[index][0], sizeof(edits->texts[index][0]), "%s", path);
    edits->pairs[index].path = edits->texts[index][0];
    if (value != NULL) {
        snprintf(edits->texts[index][1], sizeof(edits->texts[index][1]), "%s", value);
        edits->pairs[index].value = edits->texts[index][1];
    }
}

void edits_network(struct edits *edits, const char *vrf, const char *prefix, const char *class_name)
{
    struct cn_path path = {.kind = class_name != NULL ? CN_PATH_NETWORK_CLASS : CN_PATH_NETWORK};
    char text[CN_PATH_TEXT], value[128];
    CHECK(cn_prefix_read(prefix, strlen(prefix), &path.prefix) == NULL);
    strcpy(path.vrf, vrf);
    cn_path_write(&path, text);
    snprintf(value, sizeof(value), CN_MARK "%s", class_name != NULL ? class_name : "");
    edits_add(edits, class_name != NULL ? 1 : 2, text, class_name != NULL ? value : NULL);
}

void edits_class(struct edits *edits, const char *class_name, int attribute, const char *value)
{
    struct cn_path path = {.kind = CN_PATH_CLASS};
    char text[CN_PATH_TEXT];
    strcpy(path.class_name, class_name);
    if (attribute >= 0) {
        path.kind = value != NULL ? CN_PATH_ATTRIBUTE_VALUE : CN_PATH_ATTRIBUTE;
        path.attribute = (enum cn_attribute)attribute;
    } else if (value != NULL) {
        path.kind = CN_PATH_CLASS_ACTION;
    }
    cn_path_write(&path, text);
    edits_add(edits, value != NULL ? 1 : 2, text, value);
}

static unsigned commit(
    struct client *client, const struct edits *edits, const char *request_id, uint64_t generation, int phase)
{
    Cosmolet__Northbound__V1__CommitRequest request = COSMOLET__NORTHBOUND__V1__COMMIT_REQUEST__INIT;
    request.has_phase = 1;
    request.phase = phase;
    request.edits = edits->pointers;
    request.n_edits = edits->count;
    request.has_expected_generation = generation != 0;
    request.expected_generation = generation;
    // What a test did by hand is noticed before, as it would be by the next Get.
    cn_running_audit(&client->service.running);
    unsigned code = client_call(client, "Commit", request_id, &request.base);
    CHECK(client->replies == 1);
    // Whatever happened, what was counted is what is there.
    CHECK(!cn_running_audit(&client->service.running));
    return code;
}

unsigned client_commit(struct client *client, const struct edits *edits, const char *request_id, uint64_t generation)
{
    return commit(client, edits, request_id, generation, 2);
}

unsigned client_validate(struct client *client, const struct edits *edits)
{
    return commit(client, edits, NULL, 0, 1);
}

uint64_t client_generation(const struct client *client)
{
    Cosmolet__Northbound__V1__TransactionReply *reply =
        cosmolet__northbound__v1__transaction_reply__unpack(NULL, client->body_count, client->body);
    CHECK(reply != NULL && reply->has_generation && reply->record == NULL);
    uint64_t generation = reply->generation;
    cosmolet__northbound__v1__transaction_reply__free_unpacked(reply, NULL);
    return generation;
}
