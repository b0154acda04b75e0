// SPDX-License-Identifier: GPL-2.0-or-later
// libFuzzer: the bytes of a state file. Its check sums are made right first, so that what is behind them is reached.
#include <inttypes.h>

#include "harness.h"
#include "restore.h"

static void correct(char *bytes, size_t count)
{
    size_t first = CN_STATE_HEAD_BYTES, position = first, summed = first - 10;
    char head_sum[12];
    if (count >= first) {
        snprintf(head_sum, sizeof(head_sum), " %08" PRIx32 "\n", cn_state_sum(bytes, summed, 0));
        memcpy(bytes + summed, head_sum, 10);
    }
    while (position < count) {
        char *newline = memchr(bytes + position, '\n', count - position);
        if (newline == NULL)
            return;
        size_t length = (size_t)(newline - (bytes + position));
        if (length >= 13 && memcmp(bytes + position, "end ", 4) == 0) {
            char sum[10];
            uint64_t generation = strtoull(bytes + position + 4, NULL, 10);
            snprintf(sum, sizeof(sum), " %08" PRIx32, cn_state_sum(bytes + first, position - first, generation));
            memcpy(newline - 9, sum, 9);
            first = position + length + 1;
        }
        position += length + 1;
    }
}

static void no_class(const char *name, const struct cn_class *definition, void *argument)
{
    CHECK(name[0] != '\0' && definition != NULL && definition->exists);
    (void)argument;
}

static void count_network(const char *vrf, const struct cn_prefix *prefix, const char *class_name, void *argument)
{
    CHECK(vrf[0] != '\0' && prefix->length <= 128 && class_name != NULL);
    ++*(size_t *)argument;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cn_running running;
    size_t good;
    char *bytes = malloc(size + 1);
    CHECK(bytes != NULL);
    memcpy(bytes, data, size);
    bytes[size] = '\0';
    if (size > 0 && data[0] == 'c')
        correct(bytes, size);
    stub_start();
    stub_operator_network("default", "192.0.2.0/24", NULL, false);
    cn_running_start(&running, 100);
    struct cn_restore *restore = cn_restore_read_bytes(bytes, size, 600, &running, &good);
    CHECK(good <= size);
    if (restore != NULL) {
        size_t count = 0;
        struct cn_state_reader reader = {no_class, count_network, &count};
        cn_restore_each(restore, &reader);
        CHECK(count == cn_restore_count(restore) && count > 0);
        cn_restore_step(restore, &running);
        stub.clock_us += 60000000;
        cn_restore_step(restore, &running);
        CHECK(cn_restore_count(restore) <= count);
    }
    cn_restore_free(restore);
    CHECK(!cn_running_audit(&running) && running.count <= 100);
    stub_end();
    free(bytes);
    return 0;
}
