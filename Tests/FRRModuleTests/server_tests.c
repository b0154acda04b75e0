// SPDX-License-Identifier: GPL-2.0-or-later
// The socket, with real clients; bgpd's loop is played by poll.
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "server.h"

static struct client client;
static struct cn_server server;
static char folder[] = "/tmp/cosmolet-server-XXXXXX";
static char path[64];
static void *context;

static void *connect_client(void)
{
    char endpoint[80];
    int value = 0, timeout = 50;
    void *socket = zmq_socket(context, ZMQ_DEALER);
    CHECK(socket != NULL);
    zmq_setsockopt(socket, ZMQ_LINGER, &value, sizeof(value));
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof(timeout));
    snprintf(endpoint, sizeof(endpoint), "ipc://%s", path);
    CHECK(zmq_connect(socket, endpoint) == 0);
    return socket;
}

/// As module.c does it: the descriptor is waited for only after a turn that left nothing.
static void serve_until(bool (*is_done)(void *), void *argument)
{
    bool is_busy = true;
    for (unsigned round = 0; !is_done(argument); round++) {
        CHECK(round < 2000);
        if (!is_busy) {
            struct pollfd descriptor = {.fd = cn_server_descriptor(&server), .events = POLLIN};
            poll(&descriptor, 1, 10);
        }
        is_busy = cn_server_turn(&server);
    }
}

static zmq_msg_t reply[4];
static size_t reply_parts;

static bool has_reply(void *socket)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    if (zmq_poll(&item, 1, 0) <= 0)
        return false;
    reply_parts = 0;
    do {
        zmq_msg_init(&reply[reply_parts]);
        CHECK(zmq_msg_recv(&reply[reply_parts], socket, 0) >= 0);
    } while (zmq_msg_more(&reply[reply_parts++]) && reply_parts < 4);
    return true;
}

static unsigned code_of_reply(char *request_id)
{
    CHECK(reply_parts == 2);
    Cosmolet__Northbound__V1__ReplyHeader *header =
        cosmolet__northbound__v1__reply_header__unpack(NULL, zmq_msg_size(&reply[0]), zmq_msg_data(&reply[0]));
    CHECK(header != NULL);
    unsigned code = header->status_code;
    if (request_id != NULL)
        snprintf(request_id, 32, "%s", header->request_id != NULL ? header->request_id : "");
    cosmolet__northbound__v1__reply_header__free_unpacked(header, NULL);
    zmq_msg_close(&reply[0]);
    zmq_msg_close(&reply[1]);
    return code;
}

static size_t pack_header(uint8_t *bytes, const char *method, const char *request_id)
{
    Cosmolet__Northbound__V1__RequestHeader request = COSMOLET__NORTHBOUND__V1__REQUEST_HEADER__INIT;
    request.has_api_major = 1;
    request.api_major = 1;
    request.service = "cosmolet.northbound.v1.Northbound";
    request.method = (char *)method;
    request.request_id = (char *)request_id;
    request.client = "unit";
    return cosmolet__northbound__v1__request_header__pack(&request, bytes);
}

static void send_call(void *socket, const char *method, const char *request_id)
{
    uint8_t header[256];
    size_t count = pack_header(header, method, request_id);
    CHECK(zmq_send(socket, header, count, ZMQ_SNDMORE) >= 0 && zmq_send(socket, "", 0, 0) >= 0);
}

static void begin(void)
{
    context = zmq_ctx_new();
    client_start(&client);
    CHECK(cn_server_open(&server, &client.service, path, NULL) == NULL);
}

static void end(void)
{
    // The clients are gone before the server: libzmq 4.3 aborts when the peer of a socket that is just being closed goes
    // away in the middle of a message (its issue 3442).
    zmq_ctx_term(context);
    cn_server_close(&server);
    client_end(&client);
}

static void test_socket_file(void)
{
    struct stat facts;
    begin();
    CHECK(stat(path, &facts) == 0 && S_ISSOCK(facts.st_mode) && (facts.st_mode & 0777) == 0660);
    // A second one on the same path takes it over, as a restarted bgpd does; one in no folder fails and can be closed.
    struct cn_server other;
    CHECK(cn_server_open(&other, &client.service, "/nonexistent/socket", NULL) != NULL);
    cn_server_close(&other);
    char longest[200];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    CHECK(cn_server_open(&other, &client.service, longest, NULL) != NULL);
    CHECK(cn_server_descriptor(&other) == -1 && !cn_server_turn(&other));
    end();
    CHECK(stat(path, &facts) != 0);
}

static void test_calls(void)
{
    char id[32];
    begin();
    void *socket = connect_client();
    for (unsigned index = 0; index < 500; index++) {
        char expected[32];
        snprintf(expected, sizeof(expected), "call-%u", index);
        send_call(socket, "Heartbeat", expected);
        serve_until(has_reply, socket);
        CHECK(code_of_reply(id) == CN_OK && strcmp(id, expected) == 0);
    }
    zmq_close(socket);
    end();
}

static void test_wrong_numbers_of_frames(void)
{
    uint8_t header[256];
    begin();
    void *socket = connect_client();
    size_t count = pack_header(header, "Heartbeat", "x");
    for (unsigned parts = 1; parts < 50; parts++) {
        if (parts == 2)
            continue;
        for (unsigned part = 0; part < parts; part++)
            CHECK(zmq_send(socket, header, count, part + 1 < parts ? ZMQ_SNDMORE : 0) >= 0);
        serve_until(has_reply, socket);
        CHECK(code_of_reply(NULL) == CN_INVALID_ARGUMENT);
    }
    send_call(socket, "Heartbeat", "after");
    serve_until(has_reply, socket);
    CHECK(code_of_reply(NULL) == CN_OK);
    zmq_close(socket);
    end();
}

static bool is_readable(void *none)
{
    int events = 0;
    size_t size = sizeof(events);
    (void)none;
    CHECK(zmq_getsockopt(server.socket, ZMQ_EVENTS, &events, &size) == 0);
    return events & ZMQ_POLLIN;
}

static void wait_for(bool (*is_done)(void *))
{
    for (unsigned round = 0; !is_done(NULL); round++) {
        CHECK(round < 2000);
        poll(NULL, 0, 1);
    }
}

/// Requests that take long end the turn, however many wait.
static void test_a_turn_is_bounded_in_time(void)
{
    begin();
    void *socket = connect_client();
    for (unsigned index = 0; index < 20; index++)
        send_call(socket, "Heartbeat", "x");
    stub.clock_step_us = 500;
    unsigned turns = 0;
    while (client.service.counters.requests < 20) {
        uint64_t before = client.service.counters.requests;
        wait_for(is_readable);
        CHECK(cn_server_turn(&server) || client.service.counters.requests < before + 4);
        CHECK(client.service.counters.requests <= before + 4);
        turns++;
    }
    CHECK(turns >= 5);
    zmq_close(socket);
    end();
}

static void test_endless_parts(void)
{
    uint8_t header[256];
    begin();
    void *socket = connect_client(), *other = connect_client();
    size_t count = pack_header(header, "Heartbeat", "x");
    for (unsigned part = 0; part < 10000; part++)
        CHECK(zmq_send(socket, header, count, part + 1 < 10000 ? ZMQ_SNDMORE : 0) >= 0);
    wait_for(is_readable);
    unsigned turns = 0;
    while (client.service.counters.refused == 0) {
        CHECK(cn_server_turn(&server) || client.service.counters.refused > 0);
        turns++;
    }
    CHECK(turns == 10001 / CN_PARTS + 1);
    serve_until(has_reply, socket);
    CHECK(code_of_reply(NULL) == CN_INVALID_ARGUMENT);
    // One that ends in the middle of such a message leaves nothing behind.
    for (unsigned part = 0; part < 1000; part++)
        CHECK(zmq_send(socket, header, count, part + 1 < 1000 ? ZMQ_SNDMORE : 0) >= 0);
    send_call(other, "Heartbeat", "other");
    wait_for(is_readable);
    cn_server_turn(&server);
    serve_until(has_reply, other);
    CHECK(code_of_reply(NULL) == CN_OK);
    for (unsigned part = 0; part < 1000; part++)
        CHECK(zmq_send(socket, header, count, part + 1 < 1000 ? ZMQ_SNDMORE : 0) >= 0);
    wait_for(is_readable);
    cn_server_turn(&server);
    zmq_close(socket);
    zmq_close(other);
    end();
}

static void test_a_client_that_does_not_read(void)
{
    begin();
    void *slow = connect_client(), *other = connect_client();
    int limit = 1;
    zmq_setsockopt(slow, ZMQ_RCVHWM, &limit, sizeof(limit));
    char id[32];
    for (unsigned index = 0; index < 3000; index++) {
        uint8_t header[256];
        size_t count = pack_header(header, "GetCapabilities", "slow");
        if (zmq_send(slow, header, count, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
            CHECK(zmq_send(slow, "", 0, ZMQ_DONTWAIT) >= 0);
        cn_server_turn(&server);
    }
    send_call(other, "Heartbeat", "other");
    serve_until(has_reply, other);
    CHECK(code_of_reply(id) == CN_OK && strcmp(id, "other") == 0);
    zmq_close(slow);
    zmq_close(other);
    end();
}

static bool never(void *count)
{
    return (*(unsigned *)count)++ > 20;
}

static void test_a_client_that_goes(void)
{
    begin();
    for (unsigned index = 0; index < 50; index++) {
        void *socket = connect_client();
        send_call(socket, "GetCapabilities", "going");
        if (index % 2) {
            unsigned count = 0;
            serve_until(never, &count);
        }
        zmq_close(socket);
    }
    void *socket = connect_client();
    send_call(socket, "Heartbeat", "last");
    serve_until(has_reply, socket);
    CHECK(code_of_reply(NULL) == CN_OK);
    zmq_close(socket);
    end();
}

static void test_oversized_frames(void)
{
    uint8_t header[256];
    static uint8_t large[CN_FRAME_BYTES + 1];
    begin();
    void *socket = connect_client(), *other = connect_client();
    size_t count = pack_header(header, "Commit", "large");
    CHECK(zmq_send(socket, header, count, ZMQ_SNDMORE) >= 0);
    CHECK(zmq_send(socket, large, CN_MESSAGE_BYTES + 1, 0) >= 0);
    serve_until(has_reply, socket);
    CHECK(code_of_reply(NULL) == CN_INVALID_ARGUMENT);
    // Longer still: no reply, as the connection ends; others do not notice.
    CHECK(zmq_send(socket, header, count, ZMQ_SNDMORE) >= 0);
    CHECK(zmq_send(socket, large, sizeof(large), 0) >= 0);
    unsigned rounds = 0;
    serve_until(never, &rounds);
    send_call(other, "Heartbeat", "other");
    serve_until(has_reply, other);
    CHECK(code_of_reply(NULL) == CN_OK);
    zmq_close(socket);
    zmq_close(other);
    end();
}

int main(void)
{
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/socket", folder);
    RUN(test_socket_file);
    RUN(test_calls);
    RUN(test_wrong_numbers_of_frames);
    RUN(test_a_turn_is_bounded_in_time);
    RUN(test_endless_parts);
    RUN(test_a_client_that_does_not_read);
    RUN(test_a_client_that_goes);
    RUN(test_oversized_frames);
    rmdir(folder);
    return 0;
}
