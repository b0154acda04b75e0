// SPDX-License-Identifier: GPL-2.0-or-later
// Text, prefixes, paths, attributes, and the walk over packed bytes.
#include "harness.h"
#include "text.h"
#include "wire_scan.h"

static bool reads(const char *text)
{
    struct cn_prefix prefix;
    char again[CN_PREFIX_TEXT];
    if (cn_prefix_read(text, strlen(text), &prefix) != NULL)
        return false;
    cn_prefix_write(&prefix, again);
    CHECK(strcmp(text, again) == 0);
    return true;
}

static void test_prefixes(void)
{
    static const char *const good[] = {
        "198.51.100.1/32", "198.51.100.0/24", "0.0.0.0/0", "::/0", "2001:db8::/32", "2001:db8::1/128",
        "2001:db8:0:1:1:1:1:1/128", "128.0.0.0/1",
    };
    static const char *const bad[] = {
        "", "/", "198.51.100.1", "198.51.100.1/", "198.51.100.1/33", "198.51.100.1/24", "198.51.100.01/32",
        "198.51.100.1/032", "198.51.100.1/+1", "2001:DB8::1/128", "2001:db8:0::1/128", "2001:db8::1/129",
        "2001:db8::1/127", "1.2.3/24", " 1.2.3.4/32", "1.2.3.4/32 ", "::1%lo/128",
        "2001:db8::1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/128",
    };
    for (size_t index = 0; index < sizeof(good) / sizeof(good[0]); index++)
        CHECK(reads(good[index]));
    for (size_t index = 0; index < sizeof(bad) / sizeof(bad[0]); index++)
        CHECK(!reads(bad[index]));
}

static void test_paths(void)
{
    static const char base[] =
        "/frr-routing:routing/control-plane-protocols/control-plane-protocol[type='frr-bgp:bgp'][name='bgp']"
        "[vrf='default']/frr-bgp:bgp/global/afi-safis/afi-safi[afi-safi-name='frr-routing:ipv4-unicast']"
        "/ipv4-unicast/network-config[prefix='198.51.100.1/32']";
    char text[CN_PATH_TEXT], again[CN_PATH_TEXT];
    struct cn_path path;
    snprintf(text, sizeof(text), "%s/rmap-policy-export", base);
    CHECK(cn_path_read(text, &path) == NULL && path.kind == CN_PATH_NETWORK_CLASS);
    cn_path_write(&path, again);
    CHECK(strcmp(text, again) == 0);
    CHECK(cn_path_read(base, &path) == NULL && path.kind == CN_PATH_NETWORK && strcmp(path.vrf, "default") == 0);
    // Every text cut short is refused, and does no harm.
    for (size_t length = 0; length < strlen(base); length++) {
        memcpy(text, base, length);
        text[length] = '\0';
        CHECK(cn_path_read(text, &path) != NULL);
    }
    snprintf(text, sizeof(text), "%s/backdoor", base);
    CHECK(cn_path_read(text, &path) != NULL);
    for (int attribute = 0; attribute < CN_ATTRIBUTES; attribute++) {
        for (int kind = CN_PATH_CLASS; kind <= CN_PATH_ATTRIBUTE_VALUE; kind++) {
            struct cn_path made = {.kind = (enum cn_path_kind)kind, .attribute = (enum cn_attribute)attribute};
            strcpy(made.class_name, "gold-1");
            cn_path_write(&made, text);
            CHECK(cn_path_read(text, &path) == NULL && path.kind == made.kind);
            CHECK(kind < CN_PATH_ATTRIBUTE || path.attribute == made.attribute);
            text[strlen(text) - 1] = '\0';
            CHECK(cn_path_read(text, &path) != NULL);
        }
    }
    CHECK(cn_path_read("/frr-route-map:lib/route-map[name='OTHER']", &path) != NULL);
    CHECK(cn_path_read("/frr-route-map:lib/route-map[name='COSMOLET-Gold']", &path) != NULL);
}

static bool takes(enum cn_attribute attribute, const char *value)
{
    return cn_attribute_problem(attribute, value) == NULL;
}

static void test_attribute_values(void)
{
    CHECK(takes(CN_COMMUNITY, "65001:100") && takes(CN_COMMUNITY, "65001:100 graceful-shutdown no-export"));
    CHECK(!takes(CN_COMMUNITY, "65001:100  65001:101") && !takes(CN_COMMUNITY, "65001:65536"));
    CHECK(!takes(CN_COMMUNITY, "additive") && !takes(CN_COMMUNITY, "65001") && !takes(CN_COMMUNITY, "1:2:3"));
    CHECK(!takes(CN_COMMUNITY, "1:2 ") && !takes(CN_COMMUNITY, " 1:2") && !takes(CN_COMMUNITY, ""));
    CHECK(takes(CN_LARGE_COMMUNITY, "4294967295:1:2") && !takes(CN_LARGE_COMMUNITY, "1:2"));
    CHECK(!takes(CN_LARGE_COMMUNITY, "1:2:3:4") && !takes(CN_LARGE_COMMUNITY, "4294967296:1:2"));
    CHECK(takes(CN_LOCAL_PREFERENCE, "4294967295") && !takes(CN_LOCAL_PREFERENCE, "+5"));
    CHECK(takes(CN_MED, "0") && !takes(CN_MED, "00") && !takes(CN_MED, "4294967296") && !takes(CN_MED, "igp"));
    CHECK(takes(CN_PREPEND, "65001 65001 4200000000") && !takes(CN_PREPEND, "0") && !takes(CN_PREPEND, "last-as 3"));
    CHECK(!takes(CN_PREPEND, "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"));
    CHECK(takes(CN_ORIGIN, "igp") && takes(CN_ORIGIN, "incomplete") && !takes(CN_ORIGIN, "IGP"));
}

static void test_text(void)
{
    static const uint8_t good[] = "h\xC3\xA9llo w\xE2\x82\xACrld \xF0\x9F\x98\x80 and more ASCII behind";
    static const char *const bad[] = {
        "\x80", "\xC0\x80", "\xC3", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "abcdefgh\xFF",
        "\xE0\x80\x80", "\xF0\x80\x80\x80",
    };
    char cut[] = "abc\xE2\x82";
    CHECK(cn_text_is_utf8(good, sizeof(good) - 1) && cn_text_is_utf8(good, 0));
    for (size_t index = 0; index < sizeof(bad) / sizeof(bad[0]); index++)
        CHECK(!cn_text_is_utf8((const uint8_t *)bad[index], strlen(bad[index])));
    cn_text_trim(cut);
    CHECK(strcmp(cut, "abc") == 0);
    CHECK(cn_text_is_class("a") && cn_text_is_class("gold-1") && !cn_text_is_class("1a") && !cn_text_is_class(""));
    CHECK(!cn_text_is_class("abcdefghijabcdefghijabcdefghij123") && !cn_text_is_class("a_b"));
    CHECK(cn_text_class_of("COSMOLET-") == NULL && cn_text_class_of("COSMOLET-x") != NULL);
    CHECK(cn_text_class_of("cosmolet-x") == NULL && cn_text_class_of("COSMOLET-x y") == NULL);
    // A status whose text is too long for it is cut between characters.
    struct cn_status status;
    char longest[CN_STATUS_BYTES + 100];
    memset(longest, 'x', sizeof(longest));
    memcpy(longest + CN_STATUS_BYTES - 1, "\xE2\x82\xAC", 4);
    cn_fail(&status, CN_INTERNAL, "%s", longest);
    CHECK(strlen(status.text) == CN_STATUS_BYTES - 1 && cn_text_is_utf8((uint8_t *)status.text, strlen(status.text)));
}

static bool passes(const void *bytes, size_t count, char *problem)
{
    struct cn_status status = {CN_OK, ""};
    struct cn_arena arena = {.limit = 1 << 20};
    bool is_fine = cn_wire_unpack(
                       &cosmolet__northbound__v1__commit_request__descriptor, bytes, count, CN_MESSAGE_BYTES, &arena,
                       &status)
                   != NULL;
    cn_arena_free(&arena);
    if (problem != NULL)
        strcpy(problem, status.text);
    return is_fine;
}

static void test_wire(void)
{
    char problem[CN_STATUS_BYTES + 1];
    CHECK(passes("", 0, NULL) && passes(NULL, 0, NULL));
    CHECK(passes("\x08\x01", 2, NULL));
    CHECK(!passes("\x08\x01\x08\x02", 4, problem) && strstr(problem, "CommitRequest.phase: is there twice") != NULL);
    CHECK(!passes("\x08", 1, NULL) && !passes("\x0A\x01x", 3, NULL) && !passes("\x00\x00", 2, NULL));
    CHECK(!passes("\x12\x7F", 2, NULL) && !passes("\x07", 1, NULL));
    CHECK(!passes("\x12\x05\x12\x03\x0A\x01\xFF", 7, problem));
    CHECK(strcmp(problem, "CommitRequest.edits[0].path_value.path: is not UTF-8") == 0);
    CHECK(!passes("\x12\x05\x12\x03\x0A\x01\x00", 7, problem) && strstr(problem, "contains NUL") != NULL);
    // Unknown fields: some are taken, many are not.
    char unknown[2 * (CN_UNKNOWN_FIELDS + 1)];
    for (size_t index = 0; index < sizeof(unknown); index += 2)
        memcpy(unknown + index, "\x78\x01", 2);
    CHECK(passes(unknown, 2 * CN_UNKNOWN_FIELDS, NULL) && !passes(unknown, sizeof(unknown), NULL));
    // Empty edits cost two bytes each: counts are bounded, and so is what they take.
    static char edits[2 * 50000];
    for (size_t index = 0; index < sizeof(edits); index += 2)
        memcpy(edits + index, "\x12\x00", 2);
    CHECK(!passes(edits, sizeof(edits), problem) && strstr(problem, "too many elements") != NULL);
    CHECK(!passes(edits, 2 * 30000, problem) && strstr(problem, "does not fit into memory") != NULL);
}

static unsigned digit(char c)
{
    const char *digits = "0123456789abcdef", *found = strchr(digits, c);
    CHECK(found != NULL && c != '\0');
    return (unsigned)(found - digits);
}

static void check_golden(const char *name, const uint8_t *bytes, size_t count)
{
    static const ProtobufCMessageDescriptor *const descriptors[] = {
        &cosmolet__northbound__v1__request_header__descriptor, &cosmolet__northbound__v1__reply_header__descriptor,
        &cosmolet__northbound__v1__ping__descriptor, &cosmolet__northbound__v1__pong__descriptor,
        &cosmolet__northbound__v1__get_request__descriptor, &cosmolet__northbound__v1__get_reply__descriptor,
        &cosmolet__northbound__v1__commit_request__descriptor,
        &cosmolet__northbound__v1__transaction_reply__descriptor,
        &cosmolet__northbound__v1__capabilities__descriptor,
    };
    for (size_t index = 0; index < sizeof(descriptors) / sizeof(descriptors[0]); index++) {
        struct cn_arena arena = {.limit = 1 << 20};
        struct cn_status status = {CN_OK, ""};
        uint8_t again[8192];
        if (strcmp(descriptors[index]->short_name, name) != 0)
            continue;
        void *message = cn_wire_unpack(descriptors[index], bytes, count, CN_MESSAGE_BYTES, &arena, &status);
        CHECK(message != NULL && protobuf_c_message_get_packed_size(message) == count && count <= sizeof(again));
        protobuf_c_message_pack(message, again);
        CHECK(memcmp(again, bytes, count) == 0);
        cn_arena_free(&arena);
    }
}

/// The bytes that Google's protobuf makes, which the Swift codec is held to as well.
static void test_golden_bytes(void)
{
    static uint8_t bytes[8192];
    char line[512], name[64] = "";
    size_t count = 0;
    unsigned messages = 0;
    FILE *file = fopen(GOLDEN_FILE, "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (line[0] == ' ') {
            for (const char *text = line + strspn(line, " "); *text != '\n'; text += 2)
                bytes[count++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
            continue;
        }
        if (count > 0)
            check_golden(name, bytes, count);
        count = 0;
        messages += sscanf(line, "%*s %63s", name) == 1 && line[0] != '#';
    }
    check_golden(name, bytes, count);
    fclose(file);
    CHECK(messages > 10);
}

static void test_arena(void)
{
    struct cn_arena arena = {.limit = 200000};
    unsigned char *small = cn_arena_take(&arena, 1), *large = cn_arena_take(&arena, 100000);
    CHECK(small != NULL && large != NULL && large[99999] == 0);
    CHECK(cn_arena_take(&arena, 100000) == NULL && cn_arena_take(&arena, SIZE_MAX) == NULL);
    CHECK(cn_arena_array(&arena, SIZE_MAX / 2, 4) == NULL && cn_arena_take(&arena, 0) != NULL);
    CHECK(strcmp(cn_arena_text(&arena, "text"), "text") == 0);
    memset(small, 1, 1);
    cn_arena_reset(&arena);
    CHECK(arena.used == 65536 && arena.chunks != NULL);
    unsigned char *again = cn_arena_take(&arena, 2);
    CHECK(again == small && again[0] == 0 && again[1] == 0);
    cn_arena_free(&arena);
    CHECK(arena.used == 0 && arena.chunks == NULL);
    cn_arena_reset(&arena);
    CHECK(arena.used == 0 && cn_arena_take(&arena, 100000) != NULL);
    cn_arena_reset(&arena);
    CHECK(arena.used == 0 && arena.chunks == NULL);
}

int main(void)
{
    RUN(test_prefixes);
    RUN(test_paths);
    RUN(test_attribute_values);
    RUN(test_text);
    RUN(test_wire);
    RUN(test_golden_bytes);
    RUN(test_arena);
    return 0;
}
