// SPDX-License-Identifier: GPL-2.0-or-later
// The module as FRR sees it: loading, events in bgpd's loop, unloading. FRR's headers come first: they want config.h in
// front.
#include <zebra.h>

#include <string.h>

#include "frrevent.h"
#include "hook.h"
#include "libfrr.h"
#include "log.h"
#include "module.h"

#include "bgpd_frr.h"
#include "host_check.h"
#include "module_state.h"
#include "show.h"

/// How often it is looked for what a restore waits for; bgpd usually says when an instance comes.
#define RESTORE_MILLISECONDS 250
/// An instance that has not come by then is not waited for: it was taken out of the configuration.
#define RESTORE_GIVE_UP_US (600u * 1000000ull)
/// How often the state file is looked after, and after how many times all networks are.
#define UPKEEP_MILLISECONDS 1000
#define UPKEEP_AUDIT 10
/// After how many of them the state file says that bgpd is alive.
#define UPKEEP_BEAT 10
#define RETRY_MILLISECONDS 5000

struct cn_module cn_module;

static struct event_loop *loop;
static struct event *start_event, *read_event, *turn_event, *restore_event, *upkeep_event, *retry_event;

// ---- Warm restart ----

/// Restores what can be restored by now; what could not, not again at once unless something may have changed.
static void restore(bool is_news)
{
    static uint64_t last_us;
    struct cn_service *service = &cn_module.service;
    struct cn_state_file *state = &service->state;
    // Between the slices of a transaction nothing else moves. While the configuration is read, route-maps may still
    // come behind the line that makes the instance.
    if (service->call.is_there || !bgpd_is_configured())
        return;
    if (cn_module.configured_us == 0) {
        cn_module.configured_us = bgpd_monotonic_us();
        // What came with the configuration belongs into the state file as well.
        state->wants_rewrite |= cn_running_audit(&service->running);
    }
    if (state->restore == NULL
        || (!is_news && last_us != 0 && bgpd_monotonic_us() - last_us < RESTORE_MILLISECONDS * 1000u))
        return;
    last_us = bgpd_monotonic_us();
    if (cn_restore_step(state->restore, &service->running)) {
        if (bgpd_monotonic_us() - cn_module.configured_us < RESTORE_GIVE_UP_US)
            return;
        service->running.not_restored += cn_restore_count(state->restore);
        bgpd_log(
            BGPD_WARNING, "%zu networks are not restored: their instance is not there",
            cn_restore_count(state->restore));
    }
    cn_restore_free(state->restore);
    state->restore = NULL;
    state->wants_rewrite = true;
}

static void on_restore(struct event *event)
{
    (void)event;
    restore(true);
    if (cn_module.service.state.restore != NULL)
        event_add_timer_msec(loop, on_restore, NULL, RESTORE_MILLISECONDS, &restore_event);
}

/// Not at once: bgpd is in the middle of a command.
static void on_instance(void)
{
    if (cn_module.service.state.restore == NULL)
        return;
    event_cancel(&restore_event);
    event_add_event(loop, on_restore, NULL, 0, &restore_event);
}

// ---- Serving ----

static void on_turn(struct event *event);

static void on_readable(struct event *event)
{
    on_turn(event);
}

/// libzmq's descriptor is armed again only when nothing is left to be done: see server.h.
static void on_turn(struct event *event)
{
    (void)event;
    // What was committed before the restart comes first; a commit now may take some of it back.
    restore(false);
    if (cn_server_turn(&cn_module.server))
        event_add_event(loop, on_turn, NULL, 0, &turn_event);
    else
        event_add_read(loop, on_readable, NULL, cn_module.descriptor, &read_event);
}

static void on_retry(struct event *event)
{
    static bool is_known;
    const struct cn_options *options = &cn_module.options;
    (void)event;
    const char *problem = cn_server_open(&cn_module.server, &cn_module.service, options->socket, options->group);
    cn_module.descriptor = cn_server_descriptor(&cn_module.server);
    if (problem == NULL && cn_module.descriptor < 0) {
        problem = "libzmq has no descriptor for it";
        cn_server_close(&cn_module.server);
    }
    if (problem != NULL) {
        if (!is_known)
            bgpd_log(BGPD_ERROR, "cannot listen on %s: %s (trying again)", options->socket, problem);
        is_known = true;
        event_add_timer_msec(loop, on_retry, NULL, RETRY_MILLISECONDS, &retry_event);
        return;
    }
    is_known = false;
    bgpd_log(
        BGPD_NOTICE, "version %s for FRR %s listens on %s", CN_MODULE_VERSION, bgpd_version(), options->socket);
    event_add_event(loop, on_turn, NULL, 0, &turn_event);
}

// ---- State file ----

static void on_upkeep(struct event *event)
{
    static unsigned count;
    struct cn_service *service = &cn_module.service;
    (void)event;
    // Between the slices of a transaction nothing else moves.
    restore(false);
    if (++count % UPKEEP_BEAT == 0)
        cn_state_beat(&service->state);
    if (!service->call.is_there && cn_module.configured_us != 0) {
        if (count % UPKEEP_AUDIT == 0)
            cn_running_notice(&service->running);
        if (cn_state_is_stale(&service->state, &service->running))
            cn_state_rewrite(&service->state, &service->running);
    }
    event_add_timer_msec(loop, on_upkeep, NULL, UPKEEP_MILLISECONDS, &upkeep_event);
}

// ---- Start and end ----

/// The first event of bgpd's loop: bgpd has forked and given up root by now. It has read nothing: its own configuration
/// file comes with the next event, what vtysh sends later.
static void on_start(struct event *event)
{
    struct cn_service *service = &cn_module.service;
    size_t good = 0;
    (void)event;
    bgpd_networks_start();
    cn_running_start(&service->running, cn_module.options.maximum);
    snprintf(
        service->instance, sizeof(service->instance), "bgpd-%d-%llu", (int)getpid(),
        (unsigned long long)service->running.generation);
    service->state.descriptor = -1;
    strlcpy(service->state.path, cn_module.options.state, sizeof(service->state.path));
    if (service->state.path[0] != '\0')
        service->state.restore = cn_restore_read(
            service->state.path, cn_module.options.state_age_s, &service->running, &good);
    cn_state_resume(&service->state, good);
    if (service->state.restore != NULL) {
        bgpd_networks_watch(on_instance);
        on_restore(NULL);
    }
    if (service->state.wants_rewrite)
        cn_state_rewrite(&service->state, &service->running);
    on_retry(NULL);
    event_add_timer_msec(loop, on_upkeep, NULL, UPKEEP_MILLISECONDS, &upkeep_event);
    cn_module.is_serving = true;
}

static int on_late_init(struct event_loop *master)
{
    loop = master;
    if (cn_module.problem != NULL) {
        bgpd_log(BGPD_ERROR, "%s", cn_module.problem);
        return 0;
    }
    cn_show_install();
    event_add_event(loop, on_start, NULL, 0, &start_event);
    return 0;
}

static int on_early_fini(void)
{
    struct event **events[] = {
        &start_event, &read_event, &turn_event, &restore_event, &upkeep_event, &retry_event,
    };
    for (size_t index = 0; index < array_size(events); index++)
        event_cancel(events[index]);
    if (!cn_module.is_serving)
        return 0;
    cn_module.is_serving = false;
    cn_server_close(&cn_module.server);
    cn_arena_free(&cn_module.service.call.arena);
    cn_state_beat(&cn_module.service.state);
    cn_state_close(&cn_module.service.state);
    cn_restore_free(cn_module.service.state.restore);
    cn_module.service.state.restore = NULL;
    bgpd_networks_stop();
    return 0;
}

/// A refusal leaves bgpd without the module instead of leaving the machine without bgpd: FRR ends when a module's
/// initialisation fails.
static int on_load(void)
{
    cn_module.problem = cn_options_read(THIS_MODULE->load_args, frr_runstatedir, &cn_module.options);
    const char *host = cn_host_problem(cn_module.options.any_build);
    if (host != NULL)
        cn_module.problem = host;
    if (cn_module.problem != NULL)
        fprintf(stderr, "bgpd_cosmolet: %s\n", cn_module.problem);
    hook_register(frr_late_init, on_late_init);
    hook_register(frr_early_fini, on_early_fini);
    return 0;
}

FRR_MODULE_SETUP(
    .name = "bgpd_cosmolet", .version = CN_MODULE_VERSION,
    .description = "Cosmolet's northbound: transactions on BGP networks", .init = on_load, );
