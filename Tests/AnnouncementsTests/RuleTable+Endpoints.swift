/// Kind × policy × family × endpoints.
let endpointRows = RuleRow.table(
    """
    # LoadBalancer IPs.
    LB C 4 | 4ready@here | => EndpointInCluster : default
    LB C 4 | 4ready@there | => EndpointInCluster : default
    LB C 4 | 4unready@here 6ready@here | => NoReadyEndpoints : -
    LB C 4 | 4term@here 4dead@there | => OnlyTerminatingEndpoints : default
    LB C 4 | 6ready@here | => NoEndpointsOfFamily : -
    LB C 4 | | => NoEndpoints : -
    LB C 6 | 6ready@here | => EndpointInCluster : default
    LB C 6 | 6ready@there | => EndpointInCluster : default
    LB C 6 | 6unready@here 4ready@here | => NoReadyEndpoints : -
    LB C 6 | 6term@here 6dead@there | => OnlyTerminatingEndpoints : default
    LB C 6 | 4ready@here | => NoEndpointsOfFamily : -
    LB C 6 | | => NoEndpoints : -
    LB L 4 | 4ready@here | => EndpointOnNode : default
    LB L 4 | 4ready@there | => NoLocalEndpoints : -
    LB L 4 | 4unready@here 6ready@here | => NoReadyLocalEndpoints : -
    LB L 4 | 4term@here 4dead@there | => OnlyTerminatingOnNode : default
    LB L 4 | 6ready@here | => NoLocalEndpointsOfFamily : -
    LB L 4 | | => NoLocalEndpoints : -
    LB L 6 | 6ready@here | => EndpointOnNode : default
    LB L 6 | 6ready@there | => NoLocalEndpoints : -
    LB L 6 | 6unready@here 4ready@here | => NoReadyLocalEndpoints : -
    LB L 6 | 6term@here 6dead@there | => OnlyTerminatingOnNode : default
    LB L 6 | 4ready@here | => NoLocalEndpointsOfFamily : -
    LB L 6 | | => NoLocalEndpoints : -
    # External IPs.
    EXT C 4 | 4ready@here | allowext=198.51.100.0/24,2001:db8::/32 => EndpointInCluster : default
    EXT C 4 | 4ready@there | allowext=198.51.100.0/24,2001:db8::/32 => EndpointInCluster : default
    EXT C 4 | 4unready@here 6ready@here | allowext=198.51.100.0/24,2001:db8::/32 => NoReadyEndpoints : -
    EXT C 4 | 4term@here 4dead@there | allowext=198.51.100.0/24,2001:db8::/32 => OnlyTerminatingEndpoints : default
    EXT C 4 | 6ready@here | allowext=198.51.100.0/24,2001:db8::/32 => NoEndpointsOfFamily : -
    EXT C 4 | | allowext=198.51.100.0/24,2001:db8::/32 => NoEndpoints : -
    EXT C 6 | 6ready@here | allowext=198.51.100.0/24,2001:db8::/32 => EndpointInCluster : default
    EXT C 6 | 6ready@there | allowext=198.51.100.0/24,2001:db8::/32 => EndpointInCluster : default
    EXT C 6 | 6unready@here 4ready@here | allowext=198.51.100.0/24,2001:db8::/32 => NoReadyEndpoints : -
    EXT C 6 | 6term@here 6dead@there | allowext=198.51.100.0/24,2001:db8::/32 => OnlyTerminatingEndpoints : default
    EXT C 6 | 4ready@here | allowext=198.51.100.0/24,2001:db8::/32 => NoEndpointsOfFamily : -
    EXT C 6 | | allowext=198.51.100.0/24,2001:db8::/32 => NoEndpoints : -
    EXT L 4 | 4ready@here | allowext=198.51.100.0/24,2001:db8::/32 => EndpointOnNode : default
    EXT L 4 | 4ready@there | allowext=198.51.100.0/24,2001:db8::/32 => NoLocalEndpoints : -
    EXT L 4 | 4unready@here 6ready@here | allowext=198.51.100.0/24,2001:db8::/32 => NoReadyLocalEndpoints : -
    EXT L 4 | 4term@here 4dead@there | allowext=198.51.100.0/24,2001:db8::/32 => OnlyTerminatingOnNode : default
    EXT L 4 | 6ready@here | allowext=198.51.100.0/24,2001:db8::/32 => NoLocalEndpointsOfFamily : -
    EXT L 4 | | allowext=198.51.100.0/24,2001:db8::/32 => NoLocalEndpoints : -
    EXT L 6 | 6ready@here | allowext=198.51.100.0/24,2001:db8::/32 => EndpointOnNode : default
    EXT L 6 | 6ready@there | allowext=198.51.100.0/24,2001:db8::/32 => NoLocalEndpoints : -
    EXT L 6 | 6unready@here 4ready@here | allowext=198.51.100.0/24,2001:db8::/32 => NoReadyLocalEndpoints : -
    EXT L 6 | 6term@here 6dead@there | allowext=198.51.100.0/24,2001:db8::/32 => OnlyTerminatingOnNode : default
    EXT L 6 | 4ready@here | allowext=198.51.100.0/24,2001:db8::/32 => NoLocalEndpointsOfFamily : -
    EXT L 6 | | allowext=198.51.100.0/24,2001:db8::/32 => NoLocalEndpoints : -
    # Cluster IPs.
    CIP C 4 | 4ready@here | => EndpointInCluster : default
    CIP C 4 | 4ready@there | => EndpointInCluster : default
    CIP C 4 | 4unready@here 6ready@here | => NoReadyEndpoints : -
    CIP C 4 | 4term@here 4dead@there | => OnlyTerminatingEndpoints : default
    CIP C 4 | 6ready@here | => NoEndpointsOfFamily : -
    CIP C 4 | | => NoEndpoints : -
    CIP C 6 | 6ready@here | => EndpointInCluster : default
    CIP C 6 | 6ready@there | => EndpointInCluster : default
    CIP C 6 | 6unready@here 4ready@here | => NoReadyEndpoints : -
    CIP C 6 | 6term@here 6dead@there | => OnlyTerminatingEndpoints : default
    CIP C 6 | 4ready@here | => NoEndpointsOfFamily : -
    CIP C 6 | | => NoEndpoints : -
    CIP L 4 | 4ready@here | => EndpointOnNode : default
    CIP L 4 | 4ready@there | => NoLocalEndpoints : -
    CIP L 4 | 4unready@here 6ready@here | => NoReadyLocalEndpoints : -
    CIP L 4 | 4term@here 4dead@there | => OnlyTerminatingOnNode : default
    CIP L 4 | 6ready@here | => NoLocalEndpointsOfFamily : -
    CIP L 4 | | => NoLocalEndpoints : -
    CIP L 6 | 6ready@here | => EndpointOnNode : default
    CIP L 6 | 6ready@there | => NoLocalEndpoints : -
    CIP L 6 | 6unready@here 4ready@here | => NoReadyLocalEndpoints : -
    CIP L 6 | 6term@here 6dead@there | => OnlyTerminatingOnNode : default
    CIP L 6 | 4ready@here | => NoLocalEndpointsOfFamily : -
    CIP L 6 | | => NoLocalEndpoints : -
    # One endpoint in each state, and mixtures; the node may be unknown.
    LB C 4 | 4readyterm@here | => EndpointInCluster : default
    LB C 4 | 4dead@here | => NoReadyEndpoints : -
    LB C 4 | 4serving@here | => NoReadyEndpoints : -
    LB C 4 | 4ready@? | => EndpointInCluster : default
    LB C 4 | 4unready@here 4ready@there | => EndpointInCluster : default
    LB C 4 | 4term@here 4ready@there | => EndpointInCluster : default
    LB C 4 | 4term@there 4unready@here | => OnlyTerminatingEndpoints : default
    LB C 4 | 4dead@here 4ready@here | => EndpointInCluster : default
    LB C 4 | 4term@? | => OnlyTerminatingEndpoints : default
    LB C 4 | 6ready@here 4ready@there | => EndpointInCluster : default
    LB L 4 | 4readyterm@here | => EndpointOnNode : default
    LB L 4 | 4dead@here | => NoReadyLocalEndpoints : -
    LB L 4 | 4serving@here | => NoReadyLocalEndpoints : -
    LB L 4 | 4ready@? | => NoLocalEndpoints : -
    LB L 4 | 4unready@here 4ready@there | => NoReadyLocalEndpoints : -
    LB L 4 | 4term@here 4ready@there | => OnlyTerminatingOnNode : default
    LB L 4 | 4term@there 4unready@here | => NoReadyLocalEndpoints : -
    LB L 4 | 4dead@here 4ready@here | => EndpointOnNode : default
    LB L 4 | 4term@? | => NoLocalEndpoints : -
    LB L 4 | 6ready@here 4ready@there | => NoLocalEndpointsOfFamily : -
    # The same address in several slices: one good entry is enough, also when another names another node.
    LB C 4 | 4unready@here#7 4ready@here#7 | => EndpointInCluster : default
    LB L 4 | 4unready@here#7 4ready@here#7 | => EndpointOnNode : default
    LB L 4 | 4ready@there#7 4unready@here#7 | => NoReadyLocalEndpoints : -
    LB L 4 | 4ready@there#7 4ready@here#7 | => EndpointOnNode : default
    LB C 6 | 6dead@here#7 6term@here#7 6unready@there#8 | => OnlyTerminatingEndpoints : default
    # Only terminating endpoints are left, and these drain.
    LB C 4 | 4term@here | termdrain => DrainingTerminatingEndpoints : drain
    LB L 4 | 4term@here | termdrain => DrainingTerminatingOnNode : drain
    LB C 6 | 6term@there | termdrain => DrainingTerminatingEndpoints : drain
    LB L 6 | 6term@there | termdrain => NoLocalEndpoints : -
    CIP L 4 | 4term@here | termdrain => DrainingTerminatingOnNode : drain
    LB C 4 | 4term@here 4ready@there | termdrain => EndpointInCluster : default
    LB L 4 | 4term@here 4ready@there | termdrain => DrainingTerminatingOnNode : drain
    LB C 4 | 4term@here | termdrain @class=gold => DrainingTerminatingEndpoints : drain
    LB C 4 | 4readyterm@here | termdrain => EndpointInCluster : default
    # Zero endpoints.
    LB C 4 | | zero=withdraw => NoEndpoints : -
    LB C 4 | | zero=keep => KeptWithoutEndpoints : default
    LB C 4 | | zero=drain => DrainingWithoutEndpoints : drain
    LB C 4 | 4unready@here | zero=keep => KeptWithoutEndpoints : default
    LB C 4 | 4unready@here | zero=drain => DrainingWithoutEndpoints : drain
    LB C 4 | 6ready@here | zero=keep => KeptWithoutEndpoints : default
    LB C 4 | 4ready@here | zero=drain => EndpointInCluster : default
    LB C 4 | 4term@here | zero=keep => OnlyTerminatingEndpoints : default
    LB L 4 | | zero=keep => NoLocalEndpoints : -
    LB L 4 | 4ready@there | zero=drain => NoLocalEndpoints : -
    LB L 4 | 4unready@here | zero=keep => NoReadyLocalEndpoints : -
    EXT C 4 | | zero=keep allowext=198.51.100.0/24 => KeptWithoutEndpoints : default
    EXT C 4 | | zero=keep => NoExternalPrefixAllowed : -
    CIP C 6 | | zero=keep => KeptWithoutEndpoints : default
    CIP L 6 | | zero=keep => NoLocalEndpoints : -
    LB C 4 | | zero=keep @class=gold => KeptWithoutEndpoints : gold
    LB C 4 | | @zero-endpoints=keep => KeptWithoutEndpoints : default
    LB C 4 | | @zero-endpoints=drain => DrainingWithoutEndpoints : drain
    LB C 4 | | zero=keep @zero-endpoints=withdraw => NoEndpoints : -
    LB C 4 | | zero=drain @zero-endpoints=keep => KeptWithoutEndpoints : default
    LB C 4 | | zero=keep @zero-endpoints=Withdraw => KeptWithoutEndpoints !InvalidAnnotation : default
    LB L 4 | | @zero-endpoints=keep => NoLocalEndpoints : -
    """)
