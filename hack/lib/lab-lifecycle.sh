# shellcheck shell=bash
# Up and down of a whole lab. A lab is what $LAB_BASE/NAME says: its folder, or a link to it when --dir chose another.

choose_name() {
    LAB_NAME=$1
    [[ $LAB_NAME =~ ^[a-z0-9][a-z0-9-]{0,23}$ ]] || die "a lab's name is 1 to 24 of a-z, 0-9 and '-', not '$LAB_NAME'"
    # shellcheck disable=SC2153  # LAB_BASE is set in hack/lab
    LAB_DIR="$LAB_BASE/$LAB_NAME"
    if [[ -L $LAB_DIR ]]; then LAB_DIR=$(readlink "$LAB_DIR"); fi
    use_members
}

# The nodes that the lab has: its folder says so, or what a crash left of it.
use_members() {
    NODES=(node-a node-b)
    if [[ -e $LAB_DIR/.module ]] || namespace_exists "$(namespace_of "${MODULE_NODES[0]}")"; then
        NODES+=("${MODULE_NODES[@]}")
    fi
    EXPECTED_SESSIONS=$((4 * ${#NODES[@]}))
}

# Names of everything that looks like a lab, be it only a namespace that a crash left behind.
all_names() {
    { find "$LAB_BASE" -mindepth 1 -maxdepth 1 ! -name '.*' -printf '%f\n' 2>/dev/null || true
      find /run/netns -maxdepth 1 -name 'cosmolet-*-fabric' -printf '%f\n' 2>/dev/null |
          sed 's/^cosmolet-//; s/-fabric$//' || true; } | sort -u
}

lab_remains() {
    local namespace
    if [[ -e $LAB_BASE/$LAB_NAME || -L $LAB_BASE/$LAB_NAME || -e $LAB_DIR ]]; then return 0; fi
    while read -r namespace; do
        if namespace_exists "$namespace"; then return 0; fi
    done < <(lab_namespaces)
    return 1
}

# Up and down of one lab exclude each other. What is launched from here does not inherit the lock. The end of a lab
# removes the lock's file too (unlock_lab), so whoever waited for it looks whether it still is the file of that name.
lock_lab() {
    local file="$LAB_BASE/.$LAB_NAME.lock"
    if [[ -n ${lab_lock:-} ]]; then exec {lab_lock}>&-; fi
    while true; do
        mkdir -p "$LAB_BASE"
        { exec {lab_lock}>"$file"; } 2>/dev/null || continue
        flock -w 90 "$lab_lock" || die "another up or down of lab '$LAB_NAME' has held $file for 90 s"
        [[ "/proc/$BASHPID/fd/$lab_lock" -ef $file ]] && return
        exec {lab_lock}>&-
    done
}

# Only where the lab is gone: one that is up keeps the file.
unlock_lab() {
    rm -f "$LAB_BASE/.$LAB_NAME.lock"
    exec {lab_lock}>&-
    rmdir --ignore-fail-on-non-empty "$LAB_BASE" 2>/dev/null || true
}

# --- Up ------------------------------------------------------------------------------------------------------------

up() {
    local dir=$1 owner=$2 replace=$3 keep=$4 module=$5 started member starter starters=()
    started=$(milliseconds)
    ensure_roots
    if [[ $module == yes ]]; then "$LAB_LIB/../frr-module" build >/dev/null; fi
    lock_lab
    choose_name "$LAB_NAME"
    if lab_remains; then
        [[ $replace == yes ]] || die "lab '$LAB_NAME' exists already (use --replace, or: hack/lab down --name $LAB_NAME)"
        interrupt_up
        tear_down
    fi
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    # shellcheck disable=SC2064
    trap "up_failed $keep" EXIT
    make_folder "$dir"
    if [[ $module == yes ]]; then touch "$LAB_DIR/.module"; fi
    use_members
    if [[ -n $owner ]]; then start_guardian "$owner"; fi
    make_namespaces
    for member in "${ROUTERS[@]}" "${NODES[@]}"; do
        (
            close_inherited
            prepare_member "$member"
            start_member "$member"
        ) &
        starters+=("$!")
    done
    for starter in "${starters[@]}"; do wait "$starter" || die "a member did not start"; done
    if ! wait_until 60 all_established; then
        tail -n 10 "$LAB_DIR"/*/log/{bgpd,bird}.log >&2 || true
        die "only $(established_sessions) of $EXPECTED_SESSIONS BGP sessions were established after 60 s"
    fi
    wait_until 20 backends_connected || die "staticd or zebra of a node has not registered with its mgmtd after 20 s"
    write_description
    rm -f "$LAB_DIR/up.pid"
    trap - EXIT
    say "'$LAB_NAME' is up after $(($(milliseconds) - started)) ms"
    printf '%s\n' "$LAB_DIR/lab.json"
}

make_folder() {
    if [[ -n $1 ]]; then
        LAB_DIR=$(realpath -m "$1")
        if [[ -e $LAB_DIR && (! -d $LAB_DIR || -n $(ls -A "$LAB_DIR")) ]]; then
            LAB_DIR="$LAB_BASE/$LAB_NAME"
            die "--dir: $1 is not an empty folder"
        fi
        mkdir -p "$LAB_DIR"
        ln -s "$LAB_DIR" "$LAB_BASE/$LAB_NAME"
    else
        mkdir -p "$LAB_DIR"
    fi
    touch "$LAB_DIR/.cosmolet-lab"
    record_process "$LAB_DIR/up.pid" "$$"
    # The address of a unix socket holds 107 bytes; leave some for temporary names beside it.
    (($(printf '%s' "$(management_socket "${NODES[0]}")" | wc -c) <= 100)) ||
        die "the management socket's path would be longer than 100 bytes: choose a shorter --dir or --name"
}

# The guardian sleeps on a pidfd, so it notices the owner's end at once, whatever the cause, and costs nothing before.
start_guardian() {
    # shellcheck disable=SC2016
    local wait_and_exec='
        my $pid = shift;
        my $fd = syscall(434, $pid + 0, 0);  # pidfd_open
        if ($fd >= 0) { my $set = ""; vec($set, $fd, 1) = 1; 1 until select(my $ready = $set, undef, undef, undef) > 0 }
        else { sleep 1 while kill 0, $pid }
        exec @ARGV or die "cannot run $ARGV[0]: $!";'
    launch "$LAB_DIR/guardian.pid" "$LAB_BASE/.$LAB_NAME.guardian.log" \
        COSMOLET_LAB_RUN="$LAB_BASE" perl -e "$wait_and_exec" "$1" "$LAB_LIB/../lab" down --name "$LAB_NAME"
}

up_failed() {
    local status=$? starter
    trap - EXIT
    trap '' INT TERM HUP
    for starter in $(jobs -p); do
        kill -KILL "$starter" 2>/dev/null || true
        wait "$starter" 2>/dev/null || true
    done
    rm -f "$LAB_DIR/up.pid"
    if [[ $1 == yes ]] && ((status < 128)); then
        say "kept for inspection (end it with: hack/lab down --name $LAB_NAME)"
    else
        tear_down
        unlock_lab
    fi
    exit "$status"
}

# Empty for what is not a router.
host_namespace() { if [[ -n ${ROUTER_HOST[$1]:-} ]]; then namespace_of "${ROUTER_HOST[$1]}"; fi; }

write_description() {
    local member version
    local members=()
    for member in "${NODES[@]}" "${ROUTERS[@]}"; do
        if [[ -n ${MEMBER_ROOT[$member]} ]]; then
            version=$(root_version "${MEMBER_ROOT[$member]}")
        else
            version=$(bird --version 2>&1 | sed -n 's/^BIRD version //p')
        fi
        members+=("$(jq -cn --arg name "$member" --arg namespace "$(namespace_of "$member")" --arg version "$version" \
            --arg dialect "$(version_dialect "$version")" --arg socket "$(management_socket "$member")" \
            --arg northbound "$(northbound_socket "$member")" --arg ipv4 "${MEMBER_IPV4[$member]}" --arg ipv6 "${MEMBER_IPV6[$member]}" --argjson asn "${MEMBER_ASN[$member]}" \
            --arg host "$(host_namespace "$member")" '
            {name: $name, namespace: $namespace}
            + if $name | startswith("node-")
              then {frrVersion: $version, dialectExpected: $dialect, managementSocket: $socket}
                  + if $northbound != "" then {northboundSocket: $northbound} else {} end
              else {kind: ($name | ltrimstr("router-")), version: $version, hostNamespace: $host} end
            + {ipv4: $ipv4, ipv6: $ipv6, asn: $asn}')")
    done
    printf '%s\n' "${members[@]}" | jq -s --arg name "$LAB_NAME" --arg dir "$LAB_DIR" '
        {name: $name, dir: $dir, nodes: map(select(has("frrVersion"))), routers: map(select(has("kind")))}' \
        >"$LAB_DIR/.lab.json"
    mv "$LAB_DIR/.lab.json" "$LAB_DIR/lab.json"
}

# --- Down ----------------------------------------------------------------------------------------------------------

down() {
    interrupt_up
    lock_lab
    choose_name "$LAB_NAME"
    tear_down
    unlock_lab
}

# An up in progress is told to give up; it takes its lab down itself.
interrupt_up() {
    local pid
    pid=$(live_pid "$LAB_DIR/up.pid") || return 0
    ((pid != $$)) || return 0
    kill -TERM "$pid" 2>/dev/null || true
    wait_until 5 record_is_dead "$LAB_DIR/up.pid" || kill -KILL "$pid" 2>/dev/null || true
}

# Idempotent. Ends the lab's processes only: those in its namespaces, and those it recorded itself.
tear_down() {
    local record pid
    if pid=$(live_pid "$LAB_DIR/guardian.pid") && ((pid != $$)); then kill -KILL "$pid" 2>/dev/null || true; fi
    for record in "$LAB_DIR"/*/pids/*; do
        if pid=$(live_pid "$record"); then kill -KILL "$pid" 2>/dev/null || true; fi
    done
    wait_until 10 kill_namespace_processes || die "processes of lab '$LAB_NAME' do not end: $(namespace_pids | tr '\n' ' ')"
    remove_namespaces
    if [[ -e $LAB_DIR/.cosmolet-lab ]]; then rm -rf --one-file-system "$LAB_DIR"; fi
    rm -f "$LAB_BASE/.$LAB_NAME.guardian.log"
    if [[ -L $LAB_BASE/$LAB_NAME ]]; then rm "$LAB_BASE/$LAB_NAME"; fi
    LAB_DIR="$LAB_BASE/$LAB_NAME"
    if lab_remains; then die "lab '$LAB_NAME' is not all gone: see $LAB_DIR and 'ip netns'"; fi
}
