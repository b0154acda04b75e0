// SPDX-License-Identifier: GPL-2.0-or-later
// State file and warm restart.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "restore.h"

static struct client client;
static struct edits edits;
static char folder[] = "/tmp/cosmolet-state-XXXXXX";
static char path[64];

static void begin(void)
{
    client_start(&client);
    edits_start(&edits, 64);
    unlink(path);
    strcpy(client.service.state.path, path);
    CHECK(cn_state_rewrite(&client.service.state, &client.service.running));
}

static void end(void)
{
    edits_end(&edits);
    client_end(&client);
}

static void commit(const char *prefix, const char *class_name)
{
    edits.count = 0;
    edits_network(&edits, "default", prefix, class_name);
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
}

static void fill(void)
{
    edits_class(&edits, "gold", -1, "permit");
    edits_class(&edits, "gold", CN_COMMUNITY, "65001:100 graceful-shutdown");
    edits_class(&edits, "gold", CN_MED, "10");
    edits_class(&edits, "silver", -1, "permit");
    edits_network(&edits, "default", "198.51.100.1/32", "gold");
    edits_network(&edits, "default", "2001:db8::1/128", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    commit("198.51.100.2/32", "silver");
    commit("198.51.100.1/32", "silver");
    commit("2001:db8::1/128", NULL);
    commit("2001:db8::2/128", "gold");
}

/// A new bgpd that reads these bytes; returns its digest.
static uint64_t restart(const char *bytes, size_t count, size_t *good)
{
    stub_start();
    struct cn_running running;
    cn_running_start(&running, CN_NETWORKS_DEFAULT);
    struct cn_restore *restore = cn_restore_read_bytes(bytes, count, 600, &running, good);
    if (restore != NULL)
        CHECK(!cn_restore_step(restore, &running) && cn_restore_count(restore) == 0);
    cn_restore_free(restore);
    CHECK(!cn_running_audit(&running));
    return stub_digest();
}

/// A file of the bytes, but for its first line, which is that of now.
static void put_head(char *bytes)
{
    char head[CN_STATE_HEAD_BYTES + 1];
    cn_state_head(head);
    CHECK(strlen(head) == CN_STATE_HEAD_BYTES);
    memcpy(bytes, head, CN_STATE_HEAD_BYTES);
}

/// How many networks a bgpd would restore that starts at a time of a run of the machine.
static size_t restorable(const char *bytes, size_t count, const char *boot_id, uint64_t seconds, uint64_t age)
{
    struct cn_running running;
    size_t good;
    stub_start();
    stub.boot_id = boot_id;
    stub.boot_seconds = seconds;
    cn_running_start(&running, CN_NETWORKS_DEFAULT);
    struct cn_restore *restore = cn_restore_read_bytes(bytes, count, age, &running, &good);
    size_t networks = restore != NULL ? cn_restore_count(restore) : 0;
    CHECK((networks > 0) == (good > 0) && (networks > 0) == (stub.log_count == 0));
    cn_restore_free(restore);
    return networks;
}

static void test_restart_restores_what_was_committed(void)
{
    size_t count, good;
    begin();
    fill();
    uint64_t digest = stub_digest(), generation = client.service.running.generation;
    char *bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL && restart(bytes, count, &good) == digest && good == count);
    // The generation goes on.
    struct cn_running running = {0};
    cn_restore_free(cn_restore_read_bytes(bytes, count, 600, &running, &good));
    CHECK(running.generation == generation + 1);
    // The same when it was written anew.
    free(bytes);
    end();
    begin();
    fill();
    CHECK(cn_state_rewrite(&client.service.state, &client.service.running));
    bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL && restart(bytes, count, &good) == digest && good == count);
    free(bytes);
    end();
}

/// Cut anywhere, it gives what was committed by some transaction; damaged anywhere, too.
static void test_damage(void)
{
    size_t count, good, last = 0;
    uint64_t digests[16], digest;
    unsigned digest_count = 0;
    begin();
    fill();
    char *bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL);
    for (size_t length = 0; length <= count; length++) {
        digest = restart(bytes, length, &good);
        CHECK(good <= length && good >= last);
        if (good > last || digest_count == 0) {
            CHECK(digest_count < 16);
            digests[digest_count++] = digest;
            last = good;
        }
        CHECK(digest == digests[digest_count - 1]);
    }
    for (size_t index = 0; index < count; index++) {
        char *damaged = malloc(count);
        CHECK(damaged != NULL);
        memcpy(damaged, bytes, count);
        damaged[index] ^= 1;
        digest = restart(damaged, count, &good);
        CHECK(good <= index);
        unsigned known = 0;
        while (known < digest_count && digests[known] != digest)
            known++;
        CHECK(known < digest_count);
        free(damaged);
    }
    free(bytes);
    end();
}

static void test_going_on_behind_damage(void)
{
    size_t count, good;
    begin();
    fill();
    uint64_t digest = stub_digest();
    CHECK(lseek(client.service.state.descriptor, 0, SEEK_END) > 0);
    CHECK(write(client.service.state.descriptor, "network default 10.0.0.0/8 go", 29) == 29);
    cn_state_close(&client.service.state);
    char *bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL);
    restart(bytes, count, &good);
    CHECK(stub_digest() == digest && good + 29 == count);
    free(bytes);
    client.service.state.wants_rewrite = false;
    cn_state_resume(&client.service.state, good);
    CHECK(client.service.state.descriptor >= 0 && !client.service.state.wants_rewrite);
    cn_running_audit(&client.service.running);
    commit("198.51.100.9/32", "gold");
    digest = stub_digest();
    bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL && restart(bytes, count, &good) == digest && good == count);
    free(bytes);
    end();
}

static void test_restore_respects_what_is_there(void)
{
    size_t count, good;
    struct cn_running running;
    begin();
    fill();
    char *bytes = cn_state_load(path, &count);
    stub_start();
    stub.instance_count = 0;
    cn_running_start(&running, CN_NETWORKS_DEFAULT);
    struct cn_restore *restore = cn_restore_read_bytes(bytes, count, 600, &running, &good);
    // The instance is not configured yet.
    CHECK(restore != NULL && cn_restore_step(restore, &running) && cn_restore_count(restore) == 3);
    stub.instance_count = 1;
    stub_operator_network("default", "198.51.100.2/32", NULL, false);
    stub_operator_class("gold");
    CHECK(!cn_restore_step(restore, &running));
    CHECK(strcmp(stub_route_map("default", "198.51.100.2/32"), "") == 0);
    CHECK(strcmp(stub_route_map("default", "2001:db8::2/128"), "COSMOLET-gold") == 0);
    CHECK(stub.classes[0].is_operators && running.count == 2);
    cn_restore_free(restore);
    free(bytes);
    end();
}

/// A new bgpd with the state file's bytes, behind the client, for tests that go on with it.
static void restart_client(void)
{
    size_t count, good;
    struct cn_state_file *state = &client.service.state;
    char *bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL);
    // The machine runs on.
    uint64_t seconds = stub.boot_seconds;
    stub_start();
    stub.boot_seconds = seconds;
    cn_state_close(state);
    cn_running_start(&client.service.running, CN_NETWORKS_DEFAULT);
    state->restore = cn_restore_read_bytes(bytes, count, 600, &client.service.running, &good);
    CHECK(state->restore != NULL && good == count);
    cn_state_resume(state, good);
    free(bytes);
}

static void end_restart(void)
{
    cn_restore_free(client.service.state.restore);
    client.service.state.restore = NULL;
}

/// Its definition is not in the state file: it was never ours, only used.
static void test_networks_wait_for_their_class(void)
{
    struct cn_running *running = &client.service.running;
    for (unsigned comes = 0; comes < 2; comes++) {
        begin();
        stub_operator_class("theirs");
        for (unsigned index = 0; index < 3; index++) {
            static const char *const prefixes[] = {"198.51.100.1/32", "198.51.100.2/32", "198.51.100.3/32"};
            commit(prefixes[index], "theirs");
        }
        restart_client();
        struct cn_restore *restore = client.service.state.restore;
        CHECK(cn_restore_step(restore, running) && cn_restore_count(restore) == 3 && stub.log_count == 0);
        // What is withdrawn meanwhile does not come back, neither now nor after the next restart.
        commit("198.51.100.2/32", NULL);
        CHECK(cn_restore_count(restore) == 2 && client.service.state.wants_rewrite);
        CHECK(cn_state_rewrite(&client.service.state, running));
        if (comes)
            stub_operator_class("theirs");
        else
            stub.clock_us += 10000000;
        CHECK(!cn_restore_step(restore, running) && cn_restore_count(restore) == 0 && stub.log_count == 1);
        CHECK(!cn_running_audit(running) && running->count == (comes ? 2 : 0));
        CHECK((strstr(stub.last_log, "2 networks restored") != NULL) == comes);
        CHECK(stub_route_map("default", "198.51.100.2/32") == NULL);
        end_restart();
        restart_client();
        CHECK(cn_restore_count(client.service.state.restore) == 2);
        end_restart();
        end();
    }
}

static void test_count_after_a_saved_configuration(void)
{
    begin();
    fill();
    restart_client();
    stub_operator_class("gold");
    stub_operator_network("default", "198.51.100.1/32", "COSMOLET-gold", false);
    CHECK(!cn_restore_step(client.service.state.restore, &client.service.running));
    CHECK(client.service.running.count == 3 && !cn_running_audit(&client.service.running));
    end_restart();
    // What nobody counted yet goes: there are no less than none.
    struct cn_prefix prefix;
    cn_running_start(&client.service.running, CN_NETWORKS_DEFAULT);
    CHECK(cn_prefix_read("198.51.100.1/32", 15, &prefix) == NULL);
    cn_running_subtract(&client.service.running, "default", &prefix, "gold");
    CHECK(client.service.running.count == 0);
    end();
}

/// A network of ours that somebody gave an option is not one that we would make again.
static void test_options_given_by_hand_are_noticed(void)
{
    size_t count;
    begin();
    fill();
    stub_operator_network("default", "198.51.100.1/32", "COSMOLET-silver", true);
    cn_running_notice(&client.service.running);
    CHECK(client.service.running.foreign_changes == 1);
    CHECK(cn_state_is_stale(&client.service.state, &client.service.running));
    CHECK(cn_state_rewrite(&client.service.state, &client.service.running));
    char *bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL && restorable(bytes, count, STUB_BOOT_ID, stub.boot_seconds, 600) == 2);
    free(bytes);
    end();
}

/// A VRF that is not there yet: its networks stay in the file, whatever else is written.
static void test_what_waits_stays_in_the_file(void)
{
    size_t count, good;
    begin();
    stub_add_instance("blue");
    edits_class(&edits, "gold", CN_COMMUNITY, "65001:100");
    edits_class(&edits, "silver", -1, "permit");
    edits_network(&edits, "blue", "198.51.100.1/32", "gold");
    edits_network(&edits, "blue", "198.51.100.2/32", "silver");
    edits_network(&edits, "default", "198.51.100.3/32", "gold");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    uint64_t digest = stub_digest();
    restart_client();
    CHECK(cn_restore_step(client.service.state.restore, &client.service.running));
    CHECK(cn_restore_count(client.service.state.restore) == 2);
    // Appending fails, and the file goes; then it is written anew.
    close(client.service.state.descriptor);
    client.service.state.descriptor = open("/dev/full", O_WRONLY | O_CLOEXEC);
    commit("198.51.100.9/32", "gold");
    CHECK(client.service.state.is_broken && access(path, F_OK) != 0);
    commit("198.51.100.9/32", NULL);
    CHECK(cn_state_rewrite(&client.service.state, &client.service.running));
    end_restart();
    char *bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL);
    stub_start();
    stub_add_instance("blue");
    struct cn_restore *restore = cn_restore_read_bytes(bytes, count, 600, &client.service.running, &good);
    CHECK(restore != NULL && good == count && !cn_restore_step(restore, &client.service.running));
    CHECK(stub_digest() == digest);
    cn_restore_free(restore);
    free(bytes);
    end();
}

/// A file that would be too long to be read is never made.
static void test_a_file_at_its_limit(void)
{
    size_t count, good;
    begin();
    fill();
    client.service.state.size = CN_STATE_BYTES - 40;
    commit("198.51.100.20/32", "gold");
    CHECK(client.service.state.size < 4096 && !client.service.state.is_broken);
    uint64_t digest = stub_digest();
    char *bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL && count == client.service.state.size && restart(bytes, count, &good) == digest);
    free(bytes);
    end();
}

static void test_a_file_that_cannot_be_written(void)
{
    begin();
    fill();
    // Its place is taken by a folder, and appending fails.
    cn_state_close(&client.service.state);
    unlink(path);
    CHECK(mkdir(path, 0700) == 0);
    CHECK(!cn_state_rewrite(&client.service.state, &client.service.running));
    CHECK(client.service.state.is_broken && client.service.state.wants_rewrite && stub.log_count == 1);
    commit("198.51.100.10/32", "gold");
    CHECK(!cn_state_rewrite(&client.service.state, &client.service.running) && stub.log_count == 1);
    CHECK(rmdir(path) == 0);
    CHECK(cn_state_rewrite(&client.service.state, &client.service.running) && !client.service.state.is_broken);
    size_t count, good;
    uint64_t digest = stub_digest();
    char *bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL && restart(bytes, count, &good) == digest);
    free(bytes);
    end();
}

static void test_a_long_file_is_written_anew(void)
{
    begin();
    fill();
    for (unsigned round = 0; !client.service.state.is_long; round++) {
        CHECK(round < 10000);
        commit("198.51.100.11/32", round % 2 ? NULL : "gold");
    }
    size_t before = client.service.state.size;
    CHECK(cn_state_rewrite(&client.service.state, &client.service.running));
    CHECK(client.service.state.size * 10 < before && !client.service.state.is_long);
    end();
}

static void test_what_may_be_restored(void)
{
    static const char other[] = "fedcba98-7654-4321-8fed-cba987654321";
    size_t count;
    begin();
    fill();
    char *bytes = cn_state_load(path, &count);
    uint64_t alive = stub.boot_seconds, generation = client.service.running.generation;
    CHECK(bytes != NULL);
    // In the same run of the machine, for as long as the argument says.
    CHECK(restorable(bytes, count, STUB_BOOT_ID, alive, 600) == 3);
    CHECK(restorable(bytes, count, STUB_BOOT_ID, alive + 600, 600) == 3);
    CHECK(restorable(bytes, count, STUB_BOOT_ID, alive + 601, 600) == 0);
    CHECK(strstr(stub.last_log, "(3 networks): bgpd was away for 601 s, and state-age is 600 s") != NULL);
    CHECK(restorable(bytes, count, STUB_BOOT_ID, alive + 601, 3600) == 3);
    CHECK(restorable(bytes, count, STUB_BOOT_ID, alive - 1, 600) == 0);
    CHECK(strstr(stub.last_log, "its time is not that of this machine") != NULL);
    // In another one never, whatever its time.
    CHECK(restorable(bytes, count, other, alive, 600) == 0 && restorable(bytes, count, other, 5, 600) == 0);
    CHECK(strstr(stub.last_log, "(3 networks): this machine was started since") != NULL);
    CHECK(restorable(bytes, count, "", alive, 600) == 0 && strstr(stub.last_log, "boot_id") != NULL);
    // The generation goes on all the same, and what was left out is counted.
    struct cn_running running = {.generation = 5};
    size_t good;
    stub.boot_id = other;
    CHECK(cn_restore_read_bytes(bytes, count, 600, &running, &good) == NULL && good == 0);
    CHECK(running.generation == generation + 1 && running.not_restored == 3);
    // Another format, and none.
    bytes[20] = '1';
    CHECK(restorable(bytes, count, STUB_BOOT_ID, alive, 600) == 0);
    CHECK(strstr(stub.last_log, "another version of this module wrote it") != NULL);
    CHECK(restorable("cosmolet-northbound 1\nclass gold\n", 33, STUB_BOOT_ID, alive, 600) == 0);
    CHECK(strstr(stub.last_log, "another version of this module wrote it") != NULL);
    CHECK(restorable("", 0, STUB_BOOT_ID, alive, 600) == 0 && strstr(stub.last_log, "not a state file") != NULL);
    CHECK(restorable("cosmolet-northbound 2 0123", 26, STUB_BOOT_ID, alive, 600) == 0);
    CHECK(strstr(stub.last_log, "first line is damaged") != NULL);
    put_head(bytes);
    CHECK(restorable(bytes, count, STUB_BOOT_ID, alive, 600) == 3);
    free(bytes);
    end();
}

/// A set of networks that nobody changes for days is as good as a new one: the time counts from bgpd's end.
static void test_the_file_says_that_bgpd_is_alive(void)
{
    size_t count;
    begin();
    fill();
    uint64_t days = stub.boot_seconds + 10 * 24 * 3600;
    stub.boot_seconds = days;
    cn_state_beat(&client.service.state);
    // What is appended and written anew later stands where it belongs.
    commit("198.51.100.9/32", "gold");
    char *bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL && count == client.service.state.size);
    CHECK(restorable(bytes, count, STUB_BOOT_ID, days + 120, 600) == 4);
    CHECK(restorable(bytes, count, STUB_BOOT_ID, days + 3 * 3600, 600) == 0);
    free(bytes);
    // So does the next run when it goes on with the file.
    stub.boot_seconds = days + 120;
    restart_client();
    end_restart();
    cn_state_beat(&client.service.state);
    bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL && restorable(bytes, count, STUB_BOOT_ID, days + 700, 600) == 4);
    free(bytes);
    // A file that cannot be written over would be taken for older than it is.
    close(client.service.state.descriptor);
    client.service.state.descriptor = open("/dev/full", O_WRONLY | O_CLOEXEC);
    cn_state_beat(&client.service.state);
    CHECK(client.service.state.is_broken && client.service.state.failures == 1 && access(path, F_OK) != 0);
    end();
}

static void test_a_file_that_cannot_be_read(void)
{
    struct cn_running running = {0};
    size_t good;
    begin();
    cn_state_close(&client.service.state);
    unlink(path);
    CHECK(cn_restore_read(path, 600, &running, &good) == NULL && good == 0 && stub.log_count == 0);
    CHECK(mkdir(path, 0700) == 0);
    CHECK(cn_restore_read(path, 600, &running, &good) == NULL && good == 0 && stub.log_count == 1);
    CHECK(rmdir(path) == 0 && symlink("/dev/zero", path) == 0);
    CHECK(cn_restore_read(path, 600, &running, &good) == NULL && good == 0 && stub.log_count == 2);
    CHECK(strstr(stub.last_log, "is not restored") != NULL);
    CHECK(unlink(path) == 0 && close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) == 0);
    CHECK(cn_restore_read(path, 600, &running, &good) == NULL && good == 0 && stub.log_count == 3);
    end();
}

/// What only is too long still is right, and stays when there is no room for a new one.
static void test_a_long_file_stays_when_there_is_no_room(void)
{
    char temporary[80];
    size_t count, good;
    begin();
    fill();
    snprintf(temporary, sizeof(temporary), "%s.new", path);
    CHECK(mkdir(temporary, 0700) == 0);
    client.service.state.is_long = true;
    CHECK(cn_state_is_stale(&client.service.state, &client.service.running));
    CHECK(!cn_state_rewrite(&client.service.state, &client.service.running));
    CHECK(client.service.state.is_broken && client.service.state.failures == 1 && stub.log_count == 1);
    // It is appended to as before.
    commit("198.51.100.30/32", "gold");
    uint64_t digest = stub_digest();
    char *bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL && restart(bytes, count, &good) == digest && good == count);
    free(bytes);
    // One that says less than what is committed goes.
    client.service.state.wants_rewrite = true;
    CHECK(!cn_state_rewrite(&client.service.state, &client.service.running) && access(path, F_OK) != 0);
    CHECK(rmdir(temporary) == 0);
    end();
}

/// Classes `many-0` and so on with a network each, 32 in a transaction.
static void fill_with_classes(unsigned total)
{
    char name[32], prefix[32];
    for (unsigned done = 0; done < total;) {
        edits.count = 0;
        for (unsigned index = 0; index < 32 && done < total; index++, done++) {
            snprintf(name, sizeof(name), "many-%u", done);
            snprintf(prefix, sizeof(prefix), "10.1.%u.%u/32", done / 256, done % 256);
            edits_class(&edits, name, CN_MED, "5");
            edits_network(&edits, "default", prefix, name);
        }
        CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
    }
}

static void test_all_classes_come_in_few_commits(void)
{
    struct cn_running *running = &client.service.running;
    begin();
    fill_with_classes(CN_CLASSES);
    uint64_t digest = stub_digest();
    // There may be no more of them; but another one in place of one.
    edits.count = 0;
    edits_class(&edits, "one-more", CN_MED, "5");
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_RESOURCE_EXHAUSTED);
    CHECK(strstr(client.text, "257 classes after this transaction, at most 256") != NULL);
    edits_network(&edits, "default", "10.1.0.0/32", "one-more");
    edits_class(&edits, "many-0", -1, NULL);
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK && running->class_count == CN_CLASSES);
    edits.count = 0;
    edits_class(&edits, "many-0", CN_MED, "5");
    edits_network(&edits, "default", "10.1.0.0/32", "many-0");
    edits_class(&edits, "one-more", -1, NULL);
    CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK && stub_digest() == digest);
    restart_client();
    CHECK(!cn_restore_step(client.service.state.restore, running) && stub_digest() == digest);
    CHECK(stub.class_writes == CN_CLASSES / CN_CLASSES_CHANGED && running->class_count == CN_CLASSES);
    CHECK(running->not_restored == 0);
    end_restart();
    end();
}

static void test_classes_wait_for_a_lock(void)
{
    struct cn_running *running = &client.service.running;
    begin();
    fill_with_classes(100);
    uint64_t digest = stub_digest();
    restart_client();
    stub.is_locked = true;
    for (unsigned pass = 1; pass <= 3; pass++) {
        CHECK(cn_restore_step(client.service.state.restore, running));
        // Not once for each network.
        CHECK(stub.class_writes == pass && cn_restore_count(client.service.state.restore) == 100);
    }
    stub.is_locked = false;
    CHECK(!cn_restore_step(client.service.state.restore, running) && stub_digest() == digest);
    CHECK(stub.class_writes == 5 && !cn_running_audit(running));
    end_restart();
    end();
}

static void test_a_class_that_bgpd_refuses(void)
{
    struct cn_running *running = &client.service.running;
    begin();
    fill_with_classes(100);
    restart_client();
    stub.refused_class = "many-70";
    unsigned passes = 0;
    while (cn_restore_step(client.service.state.restore, running)) {
        CHECK(++passes < 100 && stub.class_writes <= passes * CN_RESTORE_WRITES);
        stub.clock_us += 250000;
    }
    // All others are there long before its network is given up.
    CHECK(running->count == 99 && running->not_restored == 1 && !cn_running_audit(running));
    CHECK(stub.class_writes < 110 && stub_route_map("default", "10.1.0.70/32") == NULL);
    CHECK(strstr(stub.last_log, "1 networks are not restored: class many-70 is not there: the stub refuses") != NULL);
    end_restart();
    end();
}

/// Between two rewrites more classes can come and go than there can be at once.
static void test_many_classes_that_came_and_went(void)
{
    char name[32], old[32] = "";
    size_t count, good;
    begin();
    fill();
    for (unsigned index = 0; index < 2000; index++) {
        edits.count = 0;
        snprintf(name, sizeof(name), "short-%u", index);
        edits_class(&edits, name, CN_MED, "5");
        edits_network(&edits, "default", "10.1.0.0/32", name);
        if (index > 0)
            edits_class(&edits, old, -1, NULL);
        CHECK(client_commit(&client, &edits, NULL, 0) == CN_OK);
        strcpy(old, name);
    }
    uint64_t digest = stub_digest();
    char *bytes = cn_state_load(path, &count);
    CHECK(bytes != NULL && restart(bytes, count, &good) == digest && good == count);
    free(bytes);
    end();
}

/// No module writes such a file; it is read as far as there is room, and what is left out is said.
static void test_a_file_of_too_many_classes(void)
{
    static char bytes[65536];
    struct cn_running running;
    size_t good;
    begin();
    cn_running_start(&running, CN_NETWORKS_DEFAULT);
    cn_state_head(bytes);
    size_t count = CN_STATE_HEAD_BYTES;
    for (unsigned index = 0; index < 700; index++)
        count += (size_t)sprintf(
            bytes + count, "class c%u\nnetwork default 10.1.%u.%u/32 c%u\n", index, index / 256, index % 256, index);
    uint32_t sum = cn_state_sum(bytes + CN_STATE_HEAD_BYTES, count - CN_STATE_HEAD_BYTES, 7);
    count += (size_t)sprintf(bytes + count, "end 7 %08x\n", sum);
    struct cn_restore *restore = cn_restore_read_bytes(bytes, count, 600, &running, &good);
    CHECK(restore != NULL && good == count && cn_restore_count(restore) == CN_CLASSES_READ);
    CHECK(running.not_restored == 700 - CN_CLASSES_READ && stub.log_count == 1);
    CHECK(strstr(stub.last_log, "124 networks of the state file are not restored: there is no room") != NULL);
    cn_restore_free(restore);
    end();
}

int main(void)
{
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/state", folder);
    RUN(test_restart_restores_what_was_committed);
    RUN(test_damage);
    RUN(test_going_on_behind_damage);
    RUN(test_restore_respects_what_is_there);
    RUN(test_networks_wait_for_their_class);
    RUN(test_count_after_a_saved_configuration);
    RUN(test_options_given_by_hand_are_noticed);
    RUN(test_what_waits_stays_in_the_file);
    RUN(test_a_file_at_its_limit);
    RUN(test_a_file_that_cannot_be_written);
    RUN(test_a_long_file_is_written_anew);
    RUN(test_what_may_be_restored);
    RUN(test_the_file_says_that_bgpd_is_alive);
    RUN(test_a_file_that_cannot_be_read);
    RUN(test_a_long_file_stays_when_there_is_no_room);
    RUN(test_all_classes_come_in_few_commits);
    RUN(test_classes_wait_for_a_lock);
    RUN(test_a_class_that_bgpd_refuses);
    RUN(test_many_classes_that_came_and_went);
    RUN(test_a_file_of_too_many_classes);
    unlink(path);
    rmdir(folder);
    return 0;
}
