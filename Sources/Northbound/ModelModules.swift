/// YANG modules of FRR behind the API, `frr-bgp@2019-12-03`, as far as they are known for a provider and its schema.
///
/// The revisions are those of FRR's `yang` folder at the release tags: frr-10.1 to frr-10.6 have one set (the list
/// `src-prefix` of schema B came without a new revision), frr-10.7.0 and the package 10.7.1 another for staticd.
enum ModelModules {
    static func names(_ management: ManagementCapabilities) -> [String] {
        // The API's own model; no release of FRR carries its networks through a northbound itself.
        let model = ["frr-bgp@2019-12-03", "frr-routing@2019-08-15"]
        switch (management.provider, management.schema) {
        case ("mgmtd", "A"), ("mgmtd", "B"):
            return model + ["frr-staticd@2019-12-03", "frr-nexthop@2019-08-15"]
        case ("mgmtd", "C"):
            return model + ["frr-staticd@2026-04-19", "frr-nexthop@2026-01-23"]
        case ("mgmtd", _):
            return model + ["frr-staticd", "frr-nexthop"]
        case ("bgpd", _):
            return model + ["frr-route-map@2019-07-01", "frr-bgp-route-map@2020-01-02"]
        default:
            return model
        }
    }
}
