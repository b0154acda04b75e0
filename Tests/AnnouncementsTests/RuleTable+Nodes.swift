/// Signals of the node, drains, and addresses that several Services share.
let nodeRows = RuleRow.table(
    """
    # Exclusion label: presence counts, and only for LoadBalancer addresses.
    LB C 4 | 4ready@here | node.exclude= => NodeExcluded : -
    LB L 6 | 6ready@here | node.exclude=true => NodeExcluded : -
    LB C 4 | 4ready@here | node.exclude=false => NodeExcluded !ExclusionLabelIsFalse : -
    LB C 4 | 4ready@here | node.exclude= noexclude => EndpointInCluster : default
    LB C 4 | 4ready@here | node.exclude= @announce=true => NodeExcluded : -
    LB C 4 | | node.exclude= => NodeExcluded : -
    CIP C 4 | 4ready@here | node.exclude= => EndpointInCluster : default
    EXT C 4 | 4ready@here | node.exclude= allowext=198.51.100.0/24 => EndpointInCluster : default
    # NetworkUnavailable: everything.
    LB C 4 | 4ready@here | node.netdown => NodeNetworkUnavailable : -
    CIP L 6 | 6ready@here | node.netdown => NodeNetworkUnavailable : -
    EXT C 4 | 4ready@here | node.netdown allowext=198.51.100.0/24 => NodeNetworkUnavailable : -
    LB C 4 | 4ready@here | node.netdown nonetdown => EndpointInCluster : default
    LB C 4 | 4ready@here | node.netdown node.exclude= => NodeNetworkUnavailable : -
    LB C 4 | 4ready@here | node.netdown node.drain=true => NodeNetworkUnavailable : -
    LB C 4 | 4ready@here | node.netdown allow=203.0.113.0/24 => OutsideAllowedPrefixes : -
    # Drain annotation on the node.
    LB C 4 | 4ready@here | node.drain=true => DrainingNodeAnnotation : drain
    LB L 6 | 6ready@here | node.drain=true => DrainingNodeAnnotation : drain
    CIP C 4 | 4ready@here | node.drain=true => DrainingNodeAnnotation : drain
    LB C 4 | 4ready@here | node.drain=false => EndpointInCluster : default
    LB C 4 | 4ready@here | node.drain=yes => EndpointInCluster : default
    LB C 4 | 4ready@here | node.drain=true nodrain => EndpointInCluster : default
    LB C 4 | 4ready@here | node.drain=true @class=gold => DrainingNodeAnnotation : drain
    LB C 4 | 4ready@here | node.drain=true @class=platinum => DrainingNodeAnnotation !UnknownClass : drain
    LB C 4 | | node.drain=true => NoEndpoints : -
    LB L 4 | 4ready@there | node.drain=true => NoLocalEndpoints : -
    LB C 4 | 4term@here | node.drain=true termdrain => DrainingNodeAnnotation : drain
    LB C 4 | | node.drain=true zero=keep => DrainingNodeAnnotation : drain
    LB C 4 | | node.drain=true zero=drain => DrainingNodeAnnotation : drain
    # Ready.
    LB C 4 | 4ready@here | node.notready => EndpointInCluster : default
    LB C 4 | 4ready@here | node.notready onnotready => DrainingNodeNotReady : drain
    LB C 4 | 4ready@here | onnotready => EndpointInCluster : default
    LB L 4 | 4ready@here | node.notready onnotready node.drain=true => DrainingNodeAnnotation : drain
    # Cordon.
    LB C 4 | 4ready@here | node.cordon => EndpointInCluster : default
    LB C 4 | 4ready@here | node.cordon oncordon => DrainingNodeCordoned : drain
    LB L 6 | 6ready@here | node.cordon oncordon => DrainingNodeCordoned : drain
    LB C 4 | 4ready@here | node.cordon oncordon node.notready onnotready => DrainingNodeNotReady : drain
    # Taints.
    LB C 4 | 4ready@here | node.taint=maintenance => EndpointInCluster : default
    LB C 4 | 4ready@here | node.taint=maintenance ontaint=maintenance => DrainingNodeTainted : drain
    LB C 4 | 4ready@here | node.taint=maintenance=soon:NoExecute ontaint=maintenance => DrainingNodeTainted : drain
    LB C 4 | 4ready@here | node.taint=maintenance=soon:NoExecute ontaint=maintenance=soon => DrainingNodeTainted : drain
    LB C 4 | 4ready@here | node.taint=maintenance=soon:NoExecute ontaint=maintenance=now => EndpointInCluster : default
    LB C 4 | 4ready@here | node.taint=maintenance:NoExecute ontaint=maintenance:NoExecute => DrainingNodeTainted : drain
    LB C 4 | 4ready@here | node.taint=maintenance:NoSchedule ontaint=maintenance:NoExecute \
    => EndpointInCluster : default
    LB C 4 | 4ready@here | node.taint=a node.taint=b ontaint=c ontaint=b => DrainingNodeTainted : drain
    LB C 4 | 4ready@here | node.taint=a ontaint=a node.cordon oncordon => DrainingNodeCordoned : drain
    # Drain of one Service.
    LB C 4 | 4ready@here | @drain=true => DrainingServiceAnnotation : drain
    LB L 4 | 4ready@here | @drain=true => DrainingServiceAnnotation : drain
    LB C 4 | 4ready@here | @drain=false => EndpointInCluster : default
    LB C 4 | 4ready@here | @drain=1 => EndpointInCluster !InvalidAnnotation : default
    LB C 4 | | @drain=true => NoEndpoints : -
    LB C 4 | 4ready@here | @drain=true @announce=false => OptedOut : -
    LB C 4 | 4ready@here | @drain=true node.taint=a ontaint=a => DrainingNodeTainted : drain
    # Deletion.
    LB C 4 | 4ready@here | deleting => EndpointInCluster : default
    LB C 4 | 4ready@here | deleting ondeletion => DrainingServiceDeletion : drain
    LB C 4 | 4ready@here | ondeletion => EndpointInCluster : default
    LB C 4 | 4ready@here | deleting ondeletion @drain=true => DrainingServiceAnnotation : drain
    LB C 4 | | deleting ondeletion zero=drain => DrainingServiceDeletion : drain
    # One address in several Services: any owner will do.
    LB C 4 | 4ready@here | && LB C 4 | | => EndpointInCluster, NoEndpoints : default
    LB C 4 | | && LB C 4 | | => NoEndpoints, NoEndpoints : -
    LB L 4 | 4ready@there | && LB C 4 | 4ready@there | => NoLocalEndpoints, EndpointInCluster : default
    LB C 4 | 4ready@here | @announce=false && LB C 4 | 4ready@here | => OptedOut, EndpointInCluster : default
    LB C 4 | 4ready@here | && EXT C 4 | 4ready@here | => EndpointInCluster, NoExternalPrefixAllowed : default
    LB C 4 | 4ready@here | node.exclude= && CIP C 4 | 4ready@here | => NodeExcluded, EndpointInCluster : default
    LB C 6 | 6ready@here | && LB C 2001:db8:0::10 | | => EndpointInCluster, NoEndpoints : default
    # Classes of several owners: the lowest tag wins.
    LB C 4 | 4ready@here | @class=gold && LB C 4 | 4ready@here | @class=gold \
    => EndpointInCluster, EndpointInCluster : gold
    LB C 4 | 4ready@here | @class=gold && LB C 4 | 4ready@here | \
    => EndpointInCluster !ClassConflict, EndpointInCluster !ClassConflict : default
    LB C 4 | 4ready@here | @class=gold && LB C 4 | 4ready@here | @class=iron \
    => EndpointInCluster !ClassConflict, EndpointInCluster !ClassConflict : iron
    LB C 4 | 4ready@here | @class=gold && LB C 4 | | @class=iron => EndpointInCluster, NoEndpoints : gold
    LB C 4 | 4ready@here | @class=x && LB C 4 | 4ready@here | @class=iron \
    => EndpointInCluster !UnknownClass !ClassConflict, EndpointInCluster !ClassConflict : iron
    LB C 4 | 4ready@here | @class=drain && LB C 4 | 4ready@here | @class=gold \
    => EndpointInCluster !ClassConflict, EndpointInCluster !ClassConflict : gold
    # Several owners, some of which drain.
    LB C 4 | 4ready@here | @drain=true && LB C 4 | 4ready@here | @class=gold \
    => DrainingServiceAnnotation, EndpointInCluster : gold
    LB C 4 | 4ready@here | @drain=true && LB C 4 | 4ready@here | @drain=true \
    => DrainingServiceAnnotation, DrainingServiceAnnotation : drain
    LB C 4 | 4ready@here | @drain=true && LB C 4 | | => DrainingServiceAnnotation, NoEndpoints : drain
    LB C 4 | 4term@here | termdrain && LB C 4 | 4ready@here | \
    => DrainingTerminatingEndpoints, EndpointInCluster : default
    LB C 4 | | @zero-endpoints=drain && LB C 4 | | @zero-endpoints=keep \
    => DrainingWithoutEndpoints, KeptWithoutEndpoints : default
    LB C 4 | 4ready@here | node.drain=true && LB C 4 | 4ready@here | @class=gold \
    => DrainingNodeAnnotation, DrainingNodeAnnotation : drain
    """)
