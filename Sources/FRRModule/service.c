// SPDX-License-Identifier: GPL-2.0-or-later
#include "service.h"

#include <stdio.h>
#include <string.h>

#include "wire_scan.h"

#define SERVICE "cosmolet.northbound.v1.Northbound"

typedef Cosmolet__Northbound__V1__RequestHeader RequestHeader;
typedef Cosmolet__Northbound__V1__ReplyHeader ReplyHeader;

/// Methods of the API that a service with a journal has, and this one has not.
static const char *const methods_elsewhere[] = {
    "CreateCandidate", "EditCandidate",  "DeleteCandidate", "ConfirmCommit", "ListTransactions",
    "GetTransaction",  "RollbackTo",     "LockConfig",      "UnlockConfig",  "RenewLease",
};

// ---- Replies ----

static void send(struct cn_service *service, const struct cn_status *status, const ProtobufCMessage *message, bool more)
{
    uint8_t header[CN_HEADER_BYTES];
    ReplyHeader reply = COSMOLET__NORTHBOUND__V1__REPLY_HEADER__INIT;
    uint8_t *body = NULL;
    size_t count = 0;
    reply.has_api_major = reply.has_api_minor = reply.has_status_code = 1;
    reply.api_major = CN_API_MAJOR;
    reply.api_minor = CN_API_MINOR;
    if (service->call.request_id[0] != '\0')
        reply.request_id = service->call.request_id;
    struct cn_status full = {CN_OK, ""};
    if (message != NULL) {
        count = protobuf_c_message_get_packed_size(message);
        body = count <= CN_MESSAGE_BYTES ? cn_arena_take(&service->call.arena, count) : NULL;
        if (body == NULL) {
            cn_fail(&full, CN_RESOURCE_EXHAUSTED, "the reply has %zu bytes, which is too long", count);
            status = &full;
            count = 0;
            more = false;
        } else {
            protobuf_c_message_pack(message, body);
        }
    }
    reply.status_code = status->code;
    if (status->code != CN_OK)
        reply.status_message = (char *)status->text;
    reply.has_more = more;
    reply.more = more;
    size_t header_count = protobuf_c_message_get_packed_size(&reply.base);
    if (header_count > sizeof(header))
        return;
    protobuf_c_message_pack(&reply.base, header);
    service->send(service->send_argument, header, header_count, body, count);
}

void cn_service_reply(struct cn_service *service, const ProtobufCMessage *message, bool more)
{
    static const struct cn_status fine;
    send(service, &fine, message, more);
}

void cn_service_fail(struct cn_service *service, const struct cn_status *status)
{
    service->counters.refused++;
    send(service, status, NULL, false);
}

void cn_service_refuse(struct cn_service *service, size_t frame_count)
{
    struct cn_status status;
    cn_fail(&status, CN_INVALID_ARGUMENT, "the message has %zu frames, not a header and a body", frame_count);
    service->call.request_id[0] = '\0';
    cn_service_fail(service, &status);
}

// ---- Requests ----

static bool read_name(const char *value, const char *field, char *name, struct cn_status *status)
{
    if (value == NULL)
        return cn_fail(status, CN_INVALID_ARGUMENT, "RequestHeader.%s: is missing", field);
    size_t length = strlen(value);
    if (length == 0 || length > CN_NAME_BYTES)
        return cn_fail(
            status, CN_INVALID_ARGUMENT, "RequestHeader.%s: has %zu bytes, 1 to %u are allowed", field, length,
            CN_NAME_BYTES);
    if (name != NULL)
        memcpy(name, value, length + 1);
    return true;
}

/// Reads the header into the call in hand. The request id is there as soon as it could be read.
static const RequestHeader *read_header(
    struct cn_service *service, const uint8_t *bytes, size_t count, struct cn_status *status)
{
    struct cn_call *call = &service->call;
    const RequestHeader *header = cn_wire_unpack(
        &cosmolet__northbound__v1__request_header__descriptor, bytes, count, CN_HEADER_BYTES, &call->arena, status);
    if (header == NULL || !read_name(header->request_id, "request_id", call->request_id, status)
        || !read_name(header->client, "client", call->client, status)
        || !read_name(header->service, "service", NULL, status) || !read_name(header->method, "method", NULL, status))
        return NULL;
    if (!header->has_api_major) {
        cn_fail(status, CN_INVALID_ARGUMENT, "RequestHeader.api_major: is missing");
        return NULL;
    }
    if (header->api_major != CN_API_MAJOR) {
        cn_fail(
            status, CN_FAILED_PRECONDITION,
            "the client speaks version %u.%u of the northbound API, this side version %u.%u", header->api_major,
            header->api_minor, CN_API_MAJOR, CN_API_MINOR);
        return NULL;
    }
    if (strcmp(header->service, SERVICE) != 0) {
        cn_fail(status, CN_UNIMPLEMENTED, "there is no service %s, only " SERVICE, header->service);
        return NULL;
    }
    if (header->has_deadline_ms)
        call->deadline_us = call->received_us + 1000 * (uint64_t)header->deadline_ms + 1;
    return header;
}

static void heartbeat(struct cn_service *service, const uint8_t *body, size_t count)
{
    struct cn_status status;
    Cosmolet__Northbound__V1__Pong pong = COSMOLET__NORTHBOUND__V1__PONG__INIT;
    const Cosmolet__Northbound__V1__Ping *ping = cn_wire_unpack(
        &cosmolet__northbound__v1__ping__descriptor, body, count, CN_MESSAGE_BYTES, &service->call.arena, &status);
    if (ping == NULL) {
        cn_service_fail(service, &status);
        return;
    }
    pong.has_sequence = 1;
    pong.sequence = ping->sequence;
    pong.instance = service->instance;
    cn_service_reply(service, &pong.base, false);
}

static void unknown_method(struct cn_service *service, const char *method)
{
    struct cn_status status;
    for (size_t index = 0; index < sizeof(methods_elsewhere) / sizeof(methods_elsewhere[0]); index++) {
        if (strcmp(method, methods_elsewhere[index]) == 0) {
            cn_fail(&status, CN_UNIMPLEMENTED, "%s is not served inside bgpd, only by cosmolet northbound", method);
            cn_service_fail(service, &status);
            return;
        }
    }
    cn_fail(&status, CN_UNIMPLEMENTED, "service " SERVICE " has no method %s", method);
    cn_service_fail(service, &status);
}

void cn_service_note_turn(struct cn_service *service, uint64_t began)
{
    service->counters.last_turn_us = bgpd_monotonic_us() - began;
    if (service->counters.last_turn_us > service->counters.longest_turn_us)
        service->counters.longest_turn_us = service->counters.last_turn_us;
}

void cn_service_finish(struct cn_service *service)
{
    cn_arena_reset(&service->call.arena);
    service->call.is_there = false;
}

bool cn_service_receive(
    struct cn_service *service, const uint8_t *header_bytes, size_t header_count, const uint8_t *body,
    size_t body_count)
{
    struct cn_status status;
    struct cn_call *call = &service->call;
    uint64_t began = bgpd_monotonic_us();
    bool needs_more = false;
    *call = (struct cn_call){.is_there = true, .received_us = began, .arena = call->arena};
    call->arena.limit = CN_ARENA_BYTES;
    service->counters.requests++;
    const RequestHeader *header = read_header(service, header_bytes, header_count, &status);
    if (header == NULL)
        cn_service_fail(service, &status);
    else if (strcmp(header->method, "Commit") == 0)
        needs_more = cn_service_commit(service, body, body_count);
    else if (strcmp(header->method, "Get") == 0)
        cn_service_get(service, body, body_count);
    else if (strcmp(header->method, "GetCapabilities") == 0)
        cn_service_capabilities(service, body, body_count);
    else if (strcmp(header->method, "Heartbeat") == 0)
        heartbeat(service, body, body_count);
    else
        unknown_method(service, header->method);
    if (!needs_more)
        cn_service_finish(service);
    cn_service_note_turn(service, began);
    return needs_more;
}

void cn_service_audit(struct cn_service *service)
{
    if (!cn_running_audit(&service->running))
        return;
    service->counters.foreign_changes++;
    service->state.wants_rewrite = true;
}
