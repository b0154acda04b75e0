// SPDX-License-Identifier: GPL-2.0-or-later
// Method Commit.
#include <string.h>

#include "restore.h"
#include "service.h"
#include "wire_scan.h"

typedef Cosmolet__Northbound__V1__CommitRequest CommitRequest;
#define PHASE(NAME) COSMOLET__NORTHBOUND__V1__COMMIT_PHASE__COMMIT_PHASE_##NAME

static void reply_generation(struct cn_service *service, uint64_t generation)
{
    Cosmolet__Northbound__V1__TransactionReply reply = COSMOLET__NORTHBOUND__V1__TRANSACTION_REPLY__INIT;
    reply.has_generation = 1;
    reply.generation = generation;
    cn_service_reply(service, &reply.base, false);
}

static bool check_request(const CommitRequest *request, struct cn_status *status)
{
    if (request->phase != PHASE(VALIDATE) && request->phase != PHASE(ALL))
        return cn_fail(status, CN_INVALID_ARGUMENT, "CommitRequest.phase: is missing or unknown");
    if (request->has_candidate)
        return cn_fail(status, CN_UNIMPLEMENTED, "CommitRequest.candidate: there are no candidates inside bgpd");
    if (request->has_confirm_timeout_ms)
        return cn_fail(
            status, CN_UNIMPLEMENTED, "CommitRequest.confirm_timeout_ms: there are no timeouts inside bgpd");
    if (request->has_datastore && request->datastore != COSMOLET__NORTHBOUND__V1__DATASTORE__DATASTORE_RUNNING)
        return cn_fail(status, CN_INVALID_ARGUMENT, "CommitRequest.datastore: only running can be changed inside bgpd");
    if (request->n_cause > CN_CAUSES)
        return cn_fail(status, CN_INVALID_ARGUMENT, "CommitRequest.cause: has too many elements");
    for (size_t index = 0; index < request->n_cause; index++) {
        if (strlen(request->cause[index]) > CN_CAUSE_BYTES)
            return cn_fail(status, CN_INVALID_ARGUMENT, "CommitRequest.cause[%zu]: is too long", index);
    }
    return true;
}

static bool check_generation(
    struct cn_service *service, const CommitRequest *request, struct cn_status *status)
{
    if (!request->has_expected_generation)
        return true;
    // Who names a state means it: what others did since the last audit is another one.
    cn_running_notice(&service->running);
    if (request->expected_generation == service->running.generation)
        return true;
    return cn_fail(
        status, CN_ABORTED, "running has generation %llu, not %llu as expected",
        (unsigned long long)service->running.generation, (unsigned long long)request->expected_generation);
}

static bool check_deadline(const struct cn_call *call, struct cn_status *status)
{
    if (call->deadline_us == 0 || bgpd_monotonic_us() <= call->deadline_us)
        return true;
    return cn_fail(status, CN_DEADLINE_EXCEEDED, "the deadline passed before anything was changed");
}

/// Ends the commit in hand. What may be otherwise the next time is not remembered.
static void conclude(struct cn_service *service, const struct cn_status *status)
{
    const struct cn_call *call = &service->call;
    bool is_lasting = status->code != CN_UNAVAILABLE && status->code != CN_DEADLINE_EXCEEDED
                      && status->code != CN_RESOURCE_EXHAUSTED;
    if (call->commit->phase == PHASE(ALL)) {
        if (status->code == CN_OK)
            service->counters.commits++;
        else
            service->counters.rejected++;
        if (is_lasting)
            cn_outcomes_add(
                &service->outcomes, call->client, call->request_id, status, service->running.generation);
    }
    if (status->code == CN_OK)
        reply_generation(service, service->running.generation);
    else
        cn_service_fail(service, status);
}

/// The last turn: all of it at once.
static void apply(struct cn_service *service, struct cn_status *status)
{
    struct cn_call *call = &service->call;
    if (!check_generation(service, call->commit, status) || !check_deadline(call, status))
        return;
    struct cn_state_file *state = &service->state;
    if (!cn_transaction_apply(&call->transaction, &service->running, status)) {
        state->wants_rewrite |= status->code == CN_UNKNOWN;
        return;
    }
    // The removal of a network that waits changes nothing in bgpd, so it is not appended.
    if (state->restore != NULL && cn_restore_forget(state->restore, &call->transaction))
        state->wants_rewrite = true;
    cn_state_append(state, &call->transaction, &service->running);
}

static bool step(struct cn_service *service)
{
    struct cn_status status = {CN_OK, ""};
    struct cn_call *call = &service->call;
    enum cn_progress progress = cn_transaction_step(&call->transaction, &service->running, &status);
    if (progress == CN_MORE)
        return true;
    if (progress == CN_DONE && call->commit->phase == PHASE(ALL))
        apply(service, &status);
    conclude(service, &status);
    return false;
}

bool cn_service_commit(struct cn_service *service, const uint8_t *body, size_t count)
{
    struct cn_status status = {CN_OK, ""};
    struct cn_call *call = &service->call;
    const struct cn_outcome *outcome = cn_outcomes_find(&service->outcomes, call->client, call->request_id);
    if (outcome != NULL) {
        service->counters.repeated++;
        if (outcome->code == CN_OK) {
            reply_generation(service, outcome->generation);
        } else {
            cn_fail(&status, outcome->code, "%s", outcome->text);
            cn_service_fail(service, &status);
        }
        return false;
    }
    const CommitRequest *request = cn_wire_unpack(
        &cosmolet__northbound__v1__commit_request__descriptor, body, count, CN_MESSAGE_BYTES, &call->arena, &status);
    if (request == NULL || !check_request(request, &status)) {
        cn_service_fail(service, &status);
        return false;
    }
    call->commit = request;
    if (!check_generation(service, request, &status)
        || !cn_transaction_begin(&call->transaction, request->edits, request->n_edits, &call->arena, &status)) {
        conclude(service, &status);
        return false;
    }
    // Reading a message of thousands of edits is a turn's work of its own.
    return request->n_edits >= CN_SLICE ? true : step(service);
}

bool cn_service_continue(struct cn_service *service)
{
    uint64_t began = bgpd_monotonic_us();
    if (!service->call.is_there)
        return false;
    bool needs_more = step(service);
    if (!needs_more)
        cn_service_finish(service);
    cn_service_note_turn(service, began);
    return needs_more;
}
