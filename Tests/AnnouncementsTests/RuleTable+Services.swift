/// Services and their selection, addresses, classes.
let serviceRows = RuleRow.table(
    """
    # Shape.
    LB C 4 | 4ready@here | headless => HeadlessService : -
    EXT C 4 | 4ready@here | headless allowext=198.51.100.0/24 => HeadlessService : -
    LB C 4 | 4ready@here | externalname => ExternalNameService : -
    CIP C 4 | 4ready@here | headless kinds=LB => nothing : -
    CIP C 4 | 4ready@here | headless kinds=LB @announce=true => HeadlessService : -
    CIP C 4 | | externalname kinds=LB @announce=true => ExternalNameService : -
    # Kinds, by configuration and by annotation.
    LB C 4 | 4ready@here | kinds=LB => EndpointInCluster : default
    EXT C 4 | 4ready@here | kinds=LB => nothing : -
    CIP C 4 | 4ready@here | kinds=LB => nothing : -
    LB C 4 | 4ready@here | kinds=EXT,CIP => nothing : -
    CIP C 4 | 4ready@here | kinds=LB @kinds=clusterIP => EndpointInCluster : default
    CIP L 4 | 4ready@there | kinds=LB @kinds=clusterIP => NoLocalEndpoints : -
    CIP C 4 | 4ready@here | kinds=LB @kinds=loadBalancer,clusterIP => EndpointInCluster : default
    CIP C 4 | 4ready@here | kinds=LB @kinds=loadBalancer,~clusterIP => EndpointInCluster : default
    LB C 4 | 4ready@here | kinds=LB @kinds=clusterIP => KindOffByAnnotation : -
    CIP C 4 | 4ready@here | @kinds=loadBalancer => KindOffByAnnotation : -
    EXT C 4 | 4ready@here | kinds=LB @kinds=externalIP => NoExternalPrefixAllowed : -
    EXT C 4 | 4ready@here | kinds=LB @kinds=externalIP allowext=198.51.100.0/24 => EndpointInCluster : default
    LB C 4 | 4ready@here | kinds=LB @kinds=LoadBalancer => EndpointInCluster !InvalidAnnotation : default
    CIP C 4 | 4ready@here | kinds=LB @kinds=loadBalancer,cluster => nothing : -
    LB C 4 | 4ready@here | @kinds= => EndpointInCluster !InvalidAnnotation : default
    # Opting in and out.
    LB C 4 | 4ready@here | @announce=false => OptedOut : -
    CIP C 4 | 4ready@here | @announce=false => OptedOut : -
    EXT C 4 | 4ready@here | @announce=false => OptedOut : -
    LB C 4 | 4ready@here | @announce=true => EndpointInCluster : default
    LB C 4 | 4ready@here | @announce=no => EndpointInCluster !InvalidAnnotation : default
    LB C 4 | 4ready@here | @announce=False => EndpointInCluster !InvalidAnnotation : default
    LB C 4 | 4ready@here | @announce= => EndpointInCluster !InvalidAnnotation : default
    LB C bogus | 4ready@here | @announce=false => OptedOut : -
    LB C 4 | | @announce=true => NoEndpoints : -
    LB C 4 | 4ready@here | @anounce=false => EndpointInCluster !UnknownAnnotation : default
    LB C 4 | 4ready@here | @anounce=false @announce=maybe \
    => EndpointInCluster !InvalidAnnotation !UnknownAnnotation : default
    # Namespaces by name.
    LB C 4 | 4ready@here | ns+=shop => EndpointInCluster : default
    LB C 4 | 4ready@here | ns+=lab => NamespaceNotIncluded : -
    LB C 4 | 4ready@here | ns+=lab ns+=shop => EndpointInCluster : default
    LB C 4 | 4ready@here | ns-=lab => EndpointInCluster : default
    LB C 4 | 4ready@here | ns-=shop => NamespaceExcluded : -
    LB C 4 | 4ready@here | ns+=shop ns-=shop => NamespaceExcluded : -
    LB C 4 | 4ready@here | ns-=shop @announce=true => EndpointInCluster : default
    LB C 4 | 4ready@here | ns+=lab @announce=true => EndpointInCluster : default
    LB C 4 | 4ready@here | ns+=lab @announce=yes => NamespaceNotIncluded !InvalidAnnotation : -
    LB C 4 | 4ready@here | in=lab ns-=lab => NamespaceExcluded : -
    # Namespaces by label.
    LB C 4 | 4ready@here | nsl+=env=prod nslabel=env:prod => EndpointInCluster : default
    LB C 4 | 4ready@here | nsl+=env=prod nslabel=env:test => NamespaceNotIncluded : -
    LB C 4 | 4ready@here | nsl+=env=prod => NamespaceNotIncluded : -
    LB C 4 | 4ready@here | nsl-=env=prod nslabel=env:prod => NamespaceExcluded : -
    LB C 4 | 4ready@here | nsl-=env=prod => EndpointInCluster : default
    # What nobody has seen excludes nothing, so it is waited for.
    LB C 4 | 4ready@here | nsl-=env=prod nsunknown => NamespaceUnknown : -
    LB C 4 | 4ready@here | nsl+=env=prod nsunknown => NamespaceUnknown : -
    LB C 4 | 4ready@here | nsl-=env=prod nsunknown ns-=shop => NamespaceExcluded : -
    LB C 4 | 4ready@here | nsl-=env=prod nsunknown @announce=true => EndpointInCluster : default
    LB C 4 | 4ready@here | nsl+=kubernetes.io/metadata.name=shop nsunknown => EndpointInCluster : default
    LB C 4 | 4ready@here | ns+=shop nsunknown => EndpointInCluster : default
    LB C 4 | 4ready@here | nsl+=kubernetes.io/metadata.name=shop => EndpointInCluster : default
    LB C 4 | 4ready@here | nsl+=kubernetes.io/metadata.name!=shop => NamespaceNotIncluded : -
    LB C 4 | 4ready@here | nsl+=kubernetes.io/metadata.name=x nslabel=kubernetes.io/metadata.name:x \
    => NamespaceNotIncluded : -
    LB C 4 | 4ready@here | ns+=shop nsl+=env => NamespaceNotIncluded : -
    # Services by label.
    LB C 4 | 4ready@here | sl+=expose=bgp label=expose:bgp => EndpointInCluster : default
    LB C 4 | 4ready@here | sl+=expose=bgp label=expose:l2 => ServiceNotIncluded : -
    LB C 4 | 4ready@here | sl+=expose=bgp => ServiceNotIncluded : -
    LB C 4 | 4ready@here | sl+=expose=bgp sl+=tier label=tier:web => EndpointInCluster : default
    LB C 4 | 4ready@here | sl-=expose!=bgp => ServiceExcluded : -
    LB C 4 | 4ready@here | sl-=!expose => ServiceExcluded : -
    LB C 4 | 4ready@here | sl-=tier~in~(web,db) label=tier:db => ServiceExcluded : -
    LB C 4 | 4ready@here | sl-=tier~in~(web,db) label=tier:app => EndpointInCluster : default
    LB C 4 | 4ready@here | sl+=tier~notin~(web,db) => EndpointInCluster : default
    LB C 4 | 4ready@here | sl+=tier,expose=bgp label=tier:web => ServiceNotIncluded : -
    LB C 4 | 4ready@here | sl+=tier sl-=tier=web label=tier:web => ServiceExcluded : -
    LB C 4 | 4ready@here | sl-=tier label=tier:web @announce=true => EndpointInCluster : default
    LB C 4 | 4ready@here | sl+=tier @announce=true => EndpointInCluster : default
    LB C 4 | 4ready@here | sl-=tier label=tier:web ns+=lab => ServiceExcluded : -
    CIP C 4 | 4ready@here | sl+=tier => ServiceNotIncluded : -
    # loadBalancerClass: of LoadBalancer addresses only.
    LB C 4 | 4ready@here | lbclass=example.com/metal => EndpointInCluster : default
    LB C 4 | 4ready@here | lbclasses=unset => EndpointInCluster : default
    LB C 4 | 4ready@here | lbclasses=unset lbclass=example.com/metal => OtherLoadBalancerClass : -
    LB C 4 | 4ready@here | lbclasses=example.com/metal lbclass=example.com/metal => EndpointInCluster : default
    LB C 4 | 4ready@here | lbclasses=example.com/metal lbclass=example.com/cloud => OtherLoadBalancerClass : -
    LB C 4 | 4ready@here | lbclasses=example.com/metal => NoLoadBalancerClass : -
    LB C 4 | 4ready@here | lbclasses=example.com/metal,unset => EndpointInCluster : default
    LB C 4 | 4ready@here | lbclasses=example.com/metal lbclass=example.com/cloud @announce=true \
    => EndpointInCluster : default
    LB C 4 | 4ready@here | lbclasses=example.com/metal @announce=true => EndpointInCluster : default
    CIP C 4 | 4ready@here | lbclasses=example.com/metal => EndpointInCluster : default
    EXT C 4 | 4ready@here | lbclasses=example.com/metal allow=198.51.100.0/24 => EndpointInCluster : default
    # The text of the address.
    LB C bogus | 4ready@here | => InvalidAddress : -
    LB C 198.51.100.300 | 4ready@here | => InvalidAddress : -
    LB C 198.51.100.010 | 4ready@here | => InvalidAddress : -
    LB C 198.51.100.1/32 | 4ready@here | => InvalidAddress : -
    LB C fe80::1%eth0 | 6ready@here | => InvalidAddress : -
    LB C 2001:DB8:0::10 | 6ready@here | => EndpointInCluster : default
    LB C 0.0.0.0 | 4ready@here | => NotUnicast : -
    LB C 127.0.0.1 | 4ready@here | => NotUnicast : -
    LB C 169.254.1.1 | 4ready@here | => NotUnicast : -
    LB C 224.0.0.5 | 4ready@here | => NotUnicast : -
    LB C 255.255.255.255 | 4ready@here | => NotUnicast : -
    LB C :: | 6ready@here | => NotUnicast : -
    LB C ::1 | 6ready@here | => NotUnicast : -
    LB C fe80::1 | 6ready@here | => NotUnicast : -
    LB C ff02::5 | 6ready@here | => NotUnicast : -
    LB C ::ffff:198.51.100.1 | 4ready@here | => NotUnicast : -
    EXT C bogus | 4ready@here | => InvalidAddress : -
    LB C host | 4ready@here | => HostnameOnly : -
    LB C 4 | 4ready@here | proxy => ProxyMode : -
    LB L 6 | 6ready@here | proxy => ProxyMode : -
    LB C 4 | 4ready@here | proxy @announce=true => ProxyMode : -
    # The guard of prefixes, which no annotation opens.
    LB C 4 | 4ready@here | allow=198.51.100.0/24 => EndpointInCluster : default
    LB C 4 | 4ready@here | allow=203.0.113.0/24 => OutsideAllowedPrefixes : -
    LB C 4 | 4ready@here | allow=203.0.113.0/24,198.51.100.8/29 => EndpointInCluster : default
    LB C 4 | 4ready@here | allow=203.0.113.0/24 @announce=true => OutsideAllowedPrefixes : -
    LB C 6 | 6ready@here | allow=198.51.100.0/24 => OutsideAllowedPrefixes : -
    LB C 6 | 6ready@here | allow=2001:db8::/64 => EndpointInCluster : default
    LB C 6 | 6ready@here | allow=2001:db8:1::/64 => OutsideAllowedPrefixes : -
    LB C 4 | 4ready@here | allow=198.51.100.10/32 => EndpointInCluster : default
    LB C 4 | 4ready@here | allow=198.51.100.11/32 => OutsideAllowedPrefixes : -
    EXT C 4 | 4ready@here | => NoExternalPrefixAllowed : -
    EXT C 6 | 6ready@here | => NoExternalPrefixAllowed : -
    EXT C 4 | 4ready@here | allow=198.51.100.0/24 => EndpointInCluster : default
    EXT C 4 | 4ready@here | allow=203.0.113.0/24 => OutsideAllowedPrefixes : -
    EXT C 4 | 4ready@here | allow=198.51.100.0/24 allowext=none => NoExternalPrefixAllowed : -
    EXT C 4 | 4ready@here | allow=198.51.100.0/24 allowext=203.0.113.0/24 => OutsideAllowedPrefixes : -
    EXT C 4 | 4ready@here | allowext=203.0.113.0/24 @announce=true => OutsideAllowedPrefixes : -
    LB C 4 | 4ready@here | allowext=203.0.113.0/24 => EndpointInCluster : default
    CIP C 4 | 4ready@here | allow=203.0.113.0/24 => EndpointInCluster : default
    # Classes.
    LB C 4 | 4ready@here | @class=gold => EndpointInCluster : gold
    LB L 4 | 4ready@here | @class=gold => EndpointOnNode : gold
    CIP C 6 | 6ready@here | @class=iron => EndpointInCluster : iron
    LB C 4 | 4ready@here | @class=drain => EndpointInCluster : drain
    LB C 4 | 4ready@here | @class=default => EndpointInCluster : default
    LB C 4 | 4ready@here | @class=platinum => EndpointInCluster !UnknownClass : default
    LB C 4 | 4ready@here | @class=Gold => EndpointInCluster !UnknownClass : default
    LB C 4 | 4ready@here | @class=manual => EndpointInCluster !UnknownClass : default
    LB C 4 | 4ready@here | @class= => EndpointInCluster !UnknownClass : default
    LB C 4 | 4term@here | @class=gold => OnlyTerminatingEndpoints : gold
    LB C 4 | | @class=gold => NoEndpoints : -
    """)
