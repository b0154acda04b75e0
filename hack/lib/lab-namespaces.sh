# shellcheck shell=bash
# Network namespaces: one per member, and one that holds the bridge between them. Every interface is made inside its
# namespace, so the host never sees one.

namespace_of() { printf 'cosmolet-%s-%s' "$LAB_NAME" "$1"; }

lab_namespaces() {
    local member
    for member in fabric "${NODES[@]}" "${ROUTERS[@]}" "${ROUTER_HOST[@]}"; do namespace_of "$member"; echo; done
}

namespace_exists() { [[ -e /run/netns/$1 ]]; }

make_namespaces() {
    local namespace member fabric
    while read -r namespace; do
        ip netns add "$namespace"
        # No duplicate address detection: a link-local address that is still tentative for its first second makes bgpd
        # reset an IPv6 session that was quicker.
        ip netns exec "$namespace" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
    done < <(lab_namespaces)
    fabric=$(namespace_of fabric)
    ip -n "$fabric" -batch - <<<"link add br0 type bridge
link set br0 up"
    for member in "${NODES[@]}" "${ROUTERS[@]}"; do
        namespace=$(namespace_of "$member")
        ip -n "$fabric" -batch - <<<"link add $member type veth peer name eth0 netns $namespace
link set $member master br0 up"
        ip -n "$namespace" -batch - <<<"link set lo up
link set eth0 up
addr add ${MEMBER_IPV4[$member]}/24 dev eth0
addr add ${MEMBER_IPV6[$member]}/64 dev eth0 nodad"
    done
    for member in "${ROUTERS[@]}"; do make_host "$member"; done
}

# make_host ROUTER: the host behind it, and the way back to it from the nodes. The router spreads flows over equal paths by
# addresses and ports.
make_host() {
    local router=$1 host=${ROUTER_HOST[$1]} node
    ip netns exec "$(namespace_of "$router")" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
        net.ipv4.fib_multipath_hash_policy=1 net.ipv6.fib_multipath_hash_policy=1
    ip -n "$(namespace_of "$router")" -batch - <<<"link add host0 type veth peer name eth0 netns $(namespace_of "$host")
link set host0 up
addr add ${HOST_IPV4[$host]}1/24 dev host0
addr add ${HOST_IPV6[$host]}1/64 dev host0 nodad"
    ip -n "$(namespace_of "$host")" -batch - <<<"link set lo up
link set eth0 up
addr add ${HOST_IPV4[$host]}2/24 dev eth0
addr add ${HOST_IPV6[$host]}2/64 dev eth0 nodad
route add default via ${HOST_IPV4[$host]}1
route add default via ${HOST_IPV6[$host]}1"
    for node in "${NODES[@]}"; do
        ip -n "$(namespace_of "$node")" -batch - <<<"route add ${HOST_IPV4[$host]}0/24 via ${MEMBER_IPV4[$router]}
route add ${HOST_IPV6[$host]}/64 via ${MEMBER_IPV6[$router]}"
    done
}

# Every process in any of the lab's namespaces, whoever started it.
namespace_pids() {
    local namespace
    while read -r namespace; do
        if namespace_exists "$namespace"; then ip netns pids "$namespace" 2>/dev/null || true; fi
    done < <(lab_namespaces)
}

# One round of killing; true when there was nothing left to kill.
kill_namespace_processes() {
    local -a pids
    mapfile -t pids < <(namespace_pids)
    ((${#pids[@]} > 0)) || return 0
    kill -KILL "${pids[@]}" 2>/dev/null || true
    return 1
}

remove_namespaces() {
    local namespace
    while read -r namespace; do
        if namespace_exists "$namespace"; then ip netns del "$namespace"; fi
    done < <(lab_namespaces)
}

# in_namespace MEMBER COMMAND...: in the member's network, with the host's files.
in_namespace() {
    local member=$1
    shift
    ip netns exec "$(namespace_of "$member")" "$@"
}

# ask_vtysh SECONDS MEMBER ARGUMENT...: vtysh of an FRR member, within a time: a paused daemon does not answer.
ask_vtysh() {
    local -a command
    member_command command "$2" vtysh -N "$2" "${@:3}"
    timeout "$1" "${command[@]}"
}

# member_command ARRAY MEMBER COMMAND...: the full command line that runs COMMAND in the member's network
# and, for an FRR, its root.
member_command() {
    local -n result=$1
    local member=$2
    shift 2
    result=(ip netns exec "$(namespace_of "$member")")
    if [[ -L $LAB_DIR/$member/root ]]; then
        result+=("$BASH" "$LAB_LIB/lab-enter.sh" "$(readlink "$LAB_DIR/$member/root")" "$LAB_DIR/$member")
    fi
    result+=("$@")
}
