# shellcheck shell=bash
# shellcheck disable=SC2154  # project and here are set in hack/frr-module
# Tests of the module: unit tests and fuzzing against a stub of bgpd, under sanitizers; live tests and benchmark in a
# lab.

MODULE_TESTS="$project/Tests/FRRModuleTests"
MODULE_TEST_DIR="$MODULES_DIR/tests"
UNIT_TESTS=(codec commit service state server)
FUZZ_TARGETS=(request state slices)

command_test() {
    local kinds=() seconds="" kind
    while (($# > 0)); do
        case $1 in
            unit | fuzz | live | chaos) kinds+=("$1") ;;
            --seconds) (($# > 1)) || die "--seconds needs a value"; seconds=$2; shift ;;
            *) die "unknown argument '$1' (see hack/frr-module --help)" ;;
        esac
        shift
    done
    if ((${#kinds[@]} == 0)); then kinds=(unit fuzz live); fi
    [[ $seconds =~ ^[0-9]*$ ]] || die "--seconds: '$seconds' is no number"
    for kind in "${kinds[@]}"; do "test_$kind" "$seconds"; done
    say "all tests passed"
}

# The flags of whatever runs here: the sanitizers' own, and the counters by which the fuzzer finds its way.
# shellcheck disable=SC2054  # the commas are the option's
SANITIZED=(-std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
    -fno-omit-frame-pointer -Wall -Wextra -Werror
    "-I$project/Sources/FRRModule" "-I$project/Sources/CMessages/include" "-I$MODULE_TESTS"
    "-DGOLDEN_FILE=\"$project/Tests/NorthboundRPCTests/ProtocolGolden/messages.txt\"")

# compile_core [FLAG...]: compiles what of the module does not need FRR, with the stub, once for all programs with these
# flags, and leaves the folder in $core. The programs run in a folder of this process; the corpus of the fuzzer stays in
# the cache.
compile_core() {
    local sources
    CLANG=${CLANG:-clang}
    command -v "$CLANG" >/dev/null || die "no clang (it comes with Swift; or set CLANG)"
    mkdir -p "$MODULE_TEST_DIR"
    if [[ -z ${core_dir:-} ]]; then
        core_dir=$(mktemp -d "$MODULE_TEST_DIR/run.XXXXXX")
        trap 'rm -rf "$core_dir"' EXIT
    fi
    core="$core_dir/core$*"
    [[ ! -e $core ]] || return 0
    mkdir "$core"
    mapfile -t sources < <(grep -L '^#include <zebra.h>' "$project"/Sources/FRRModule/*.c)
    # shellcheck disable=SC2016  # the inner shell expands these
    printf '%s\0' "${sources[@]}" "$project/Sources/CMessages/cosmolet_northbound.pb-c.c" \
        "$MODULE_TESTS/stub_bgpd.c" "$MODULE_TESTS/harness.c" |
        xargs -0 -P "$(nproc)" -n 1 bash -c '"${@:2}" -c -o "$1/$(basename "${!#}").o"' - \
            "$core" "$CLANG" "${SANITIZED[@]}" "$@" || die "the module does not compile with $CLANG"
}

# sanitized NAME FLAG... FILE: a program of one file and the core that was compiled last.
sanitized() {
    local name=$1
    shift
    "$CLANG" "${SANITIZED[@]}" -fuse-ld=lld "$@" "$core"/*.o -lprotobuf-c -lzmq -o "$core_dir/$name"
}

test_unit() {
    local name
    compile_core
    for name in "${UNIT_TESTS[@]}"; do
        sanitized "$name" "$MODULE_TESTS/${name}_tests.c"
        say "unit tests: $name"
        "$core_dir/$name"
    done
}

# What is found stays in the corpus in the cache; a failure's input is kept beside it.
test_fuzz() {
    local seconds=${1:-20} name corpus flags
    for name in "${FUZZ_TARGETS[@]}"; do
        # Short slices: with those of the module, an input would have to be as long as thousands of edits.
        flags=()
        if [[ $name == slices ]]; then flags=(-DCN_SLICE=8u); fi
        compile_core "${flags[@]}"
        corpus="$MODULE_TEST_DIR/corpus-$name"
        mkdir -p "$corpus"
        sanitized "fuzz-$name" "${flags[@]}" -fsanitize=fuzzer "$MODULE_TESTS/${name}_fuzz.c"
        python3 "$MODULE_TESTS/make_corpus.py" "$name" "$corpus"
        say "fuzzing for $seconds s: $name"
        (cd "$MODULE_TEST_DIR" && TMPDIR=$core_dir "$core_dir/fuzz-$name" -max_total_time="$seconds" -max_len=8192 \
            -print_final_stats=1 -artifact_prefix="failure-$name-" "$corpus" >"$core_dir/fuzz-$name.log" 2>&1) || {
            tail -n 40 "$core_dir/fuzz-$name.log" >&2
            die "fuzzing of $name failed; see $MODULE_TEST_DIR/failure-$name-*"
        }
        grep -E 'number_of_executed_units|average_exec' "$core_dir/fuzz-$name.log"
    done
}

# with_lab NAME COMMAND...: in a lab with module nodes, whose description is $LAB_JSON; the lab ends with it.
with_lab() {
    local name=$1 status=0
    shift
    need_root
    LAB_JSON=$("$here/lab" up --name "$name" --module --owner "$$")
    COSMOLET_LAB_COMMAND="$here/lab" COSMOLET_MODULES="$MODULES_DIR" LAB_JSON=$LAB_JSON "$@" || status=$?
    "$here/lab" down --name "$name"
    return "$status"
}

test_live() { with_lab "module-test-$$" python3 "$MODULE_TESTS/live_tests.py"; }

test_chaos() {
    COSMOLET_FUZZ_SECONDS=${1:-600} with_lab "module-chaos-$$" chaos_of_both
}

# Both releases at once; each has its own test and its own log.
chaos_of_both() {
    local class status=0 pids=() logs
    logs=$(mktemp -d "$MODULE_TEST_DIR/chaos.XXXXXX")
    say "frames changed at random for $COSMOLET_FUZZ_SECONDS s to FRR of both releases (logs: $logs)"
    for class in FRR103 FRR107; do
        python3 "$MODULE_TESTS/live_tests.py" "$class.test_fuzzed_frames" >"$logs/$class" 2>&1 &
        pids+=($!)
    done
    wait "${pids[0]}" || status=$?
    wait "${pids[1]}" || status=$?
    grep -h -E 'frames|Error|^OK|FAILED' "$logs"/*
    if ((status != 0)); then return "$status"; fi
    rm -r "$logs"
}

command_bench() {
    [[ ${1:-} == --sizes || $# == 0 ]] || die "unknown argument '$1' (see hack/frr-module --help)"
    with_lab "module-bench-$$" python3 "$MODULE_TESTS/benchmark.py" "${2:-100,1000,5000,10000}"
}
