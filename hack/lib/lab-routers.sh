# shellcheck shell=bash
# What can be seen of the fabric: BGP sessions on the nodes, routes on the routers.

# node_sessions NODE: JSON list of the node's sessions, [] when bgpd does not answer.
node_sessions() {
    local summary
    summary=$(ask_vtysh 2 "$1" -c 'show bgp summary json' 2>/dev/null) || summary='{}'
    jq -c '[to_entries[] | .key as $family | (.value | objects | .peers // {}) | to_entries[]
        | {peer: .key, family: $family, state: .value.state}]' <<<"$summary" 2>/dev/null || echo '[]'
}

established_sessions() {
    local node
    for node in "${NODES[@]}"; do node_sessions "$node"; done |
        jq -s '[.[][] | select(.state == "Established")] | length'
}

all_established() { [[ $(established_sessions) == "$EXPECTED_SESSIONS" ]]; }

# mgmtd takes edits of static routes only once staticd has registered with it.
backends_connected() {
    local node adapters
    for node in "${NODES[@]}"; do
        adapters=$(ask_vtysh 2 "$node" -c 'show mgmt backend-adapter all' 2>/dev/null) || return 1
        grep -q staticd <<<"$adapters" && grep -q zebra <<<"$adapters" || return 1
    done
}

# router_routes ROUTER: JSON list of {prefix, nextHops} in the router's kernel, which is the same truth for both makes.
router_routes() {
    local namespace
    namespace=$(namespace_of "$1")
    { ip -n "$namespace" -j -4 route show proto bgp; ip -n "$namespace" -j -4 route show proto bird
      ip -n "$namespace" -j -6 route show proto bgp; ip -n "$namespace" -j -6 route show proto bird; } |
        jq -cs 'add // []
            | map({prefix: (if .dst | contains("/") then .dst
                            elif .dst | contains(":") then .dst + "/128"
                            else .dst + "/32" end),
                   nextHops: [.gateway // empty, (.nexthops // [] | .[].gateway // empty)]})
            | group_by(.prefix) | map({prefix: .[0].prefix, nextHops: (map(.nextHops[]) | unique)})'
}

# router_paths ROUTER: JSON object prefix -> [{from, communities}] of the router's BGP table. Communities are numbers,
# the well-known ones too (65535:0 is graceful-shutdown).
router_paths() {
    case $1 in
        router-frr)
            local family
            for family in ipv4 ipv6; do
                ask_vtysh 20 "$1" -c "show bgp $family unicast detail json"
            done | jq -cs '
                {gracefulShutdown: "65535:0", blackhole: "65535:666", noExport: "65535:65281",
                 noAdvertise: "65535:65282", localAs: "65535:65283"} as $wellKnown
                | [.[].routes | to_entries[]
                | {key, value: [.value | (if type == "object" then .paths else . end) | .[]
                    | {from: .peer.peerId, communities: (.community.list // [] | map($wellKnown[.] // .))}]
                    | sort_by(.from)}] | from_entries'
            ;;
        router-bird) birdc_router show route all | bird_paths ;;
    esac
}

# BIRD speaks text only: a line with the prefix, a line per attribute.
bird_paths() {
    awk '
        /^[0-9a-f]+[.:][0-9a-f.:]*\/[0-9]+ / { prefix = $1 }
        / \[node_[a-d][46] / { path = 0 }
        match($0, /\[node_[a-d][46] /) { path = 1; from = substr($0, RSTART + 1, RLENGTH - 2) }
        path == 1 { print prefix, from; path = 2 }
        $1 == "BGP.community:" { $1 = ""; gsub(/[()]/, ""); gsub(/,/, ":"); print "+", $0 }' |
        jq -cRn --argjson peers '{"node_a4":"10.90.0.11","node_b4":"10.90.0.12","node_a6":"fd00:90::11","node_b6":"fd00:90::12",
            "node_c4":"10.90.0.13","node_d4":"10.90.0.14","node_c6":"fd00:90::13","node_d6":"fd00:90::14"}' '
            reduce (inputs | split(" ") | map(select(. != ""))) as $line ({all: {}, prefix: null};
                if $line[0] == "+" then .all[.prefix][-1].communities = $line[1:]
                else .prefix = $line[0] | .all[.prefix] += [{from: $peers[$line[1]], communities: []}] end)
            | .all | map_values(sort_by(.from))'
}

birdc_router() { in_namespace router-bird birdc -s "$LAB_DIR/router-bird/bird.ctl" "$@"; }

# print_routes ROUTER JSON PATHS PREFIX...: all routes when no prefix is named; a prefix without a route has no next hops.
print_routes() {
    local router=$1 json=$2 with_paths=$3 paths='{}' result
    shift 3
    if [[ $with_paths == yes ]]; then paths=$(router_paths "$router"); fi
    result=$(router_routes "$router" | jq -c --arg router "$router" --arg withPaths "$with_paths" \
        --slurpfile paths <(printf '%s' "$paths") '
        . as $routes | INDEX(.prefix) as $by
        | (if $ARGS.positional == [] then [$routes[].prefix] else $ARGS.positional end)
        | {router: $router, routes: map({prefix: ., nextHops: ($by[.].nextHops // [])}
            + if $withPaths == "yes" then {paths: ($paths[0][.] // [])} else {} end)}' --args "$@")
    if [[ $json == yes ]]; then
        printf '%s\n' "$result"
    else
        jq -r '.routes[] | .prefix + "  " + (if .nextHops == [] then "-" else .nextHops | join(" ") end)
            + if .paths then "  " + (.paths | map(.from + "=" + (.communities | join(","))) | join(" ")) else "" end' <<<"$result"
    fi
}

# print_status JSON
print_status() {
    local member daemon pid version
    local members=()
    for member in "${NODES[@]}" "${ROUTERS[@]}"; do
        local pids=()
        for daemon in ${MEMBER_DAEMONS[$member]}; do
            pid=$(live_pid "$(daemon_record "$member" "$daemon")") || pid=null
            pids+=("$daemon" "$pid" "$([[ $pid != null ]] && process_stopped "$pid" && echo paused || echo running)")
        done
        version=$(jq -r --arg member "$member" '(.nodes + .routers)[] | select(.name == $member) | .version // .frrVersion' \
            "$LAB_DIR/lab.json" 2>/dev/null) || version=unknown
        members+=("$(jq -cn --arg name "$member" --arg version "$version" --arg namespace "$(namespace_of "$member")" '
            {name: $name, namespace: $namespace, version: $version,
             daemons: ([$ARGS.positional | _nwise(3) | {key: .[0], value: {pid: (.[1] | fromjson),
                 state: (if .[1] == "null" then "stopped" else .[2] end)}}] | from_entries)}' --args "${pids[@]}")")
    done
    local result
    result=$(printf '%s\n' "${members[@]}" | jq -s --arg name "$LAB_NAME" --arg dir "$LAB_DIR" \
        --argjson expected "$EXPECTED_SESSIONS" --argjson established "$(established_sessions)" \
        '{name: $name, dir: $dir, sessions: {established: $established, expected: $expected}, members: .}')
    if [[ $1 == yes ]]; then
        printf '%s\n' "$result"
    else
        jq -r '"lab \(.name) in \(.dir)", "sessions established: \(.sessions.established) of \(.sessions.expected)",
            (.members[] | "\(.name)  \(.version)  \([.daemons | to_entries[]
                | .key + "=" + (if .value.pid then "\(.value.pid)" + (if .value.state == "paused" then "(paused)" else "" end)
                    else "stopped" end)] | join(" "))")' <<<"$result"
    fi
}
