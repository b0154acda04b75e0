internal import Announcements
internal import NetworkTypes
internal import Yams

/// An entry of the section `classes:`.
private struct ClassEntry: Sendable {
    var tag: UInt32?
    var attributes = ClassAttributes()
}

extension AgentConfiguration {
    /// The section `classes:`: a mapping from names to tag and attributes. What is not said of `default`, `manual` and
    /// `drain` is as in `TagMap.standard` and `ClassAttributes.standard`.
    static let classesField = Field<AgentConfiguration>(
        name: "classes",
        summary: "Attribute classes by name: the tag of their routes and what FRR sets on them (cosmolet frr-config).",
        shape: { _ in .map(keys: "^[a-z][a-z0-9-]{0,31}$", classFields.shape(ClassEntry())) },
        read: { root, yaml, errors in root.readClasses(yaml, &errors) },
        write: { root in
            .mapping(
                root.tags.classes.map { name in
                    .init(
                        key: name.rawValue,
                        value: classFields.written(
                            ClassEntry(tag: root.tags.tag(of: name), attributes: root.classAttributes[name] ?? .init()))
                    )
                })
        },
        leaves: [
            // Session and policy are made with the tags.
            Leaf(path: "classes (names and tags)", effect: .restart) { root in
                .list(root.tags.classes.map { .text("\($0) \(root.tags.tag(of: $0) ?? 0)") })
            },
            Leaf(path: "classes (attributes)", effect: .live) { root in
                .list(
                    root.tags.classes.map {
                        classFields.written(ClassEntry(attributes: root.classAttributes[$0] ?? .init()))
                    })
            },
        ])

    private static let classFields: [Field<ClassEntry>] = [
        Field(
            "tag", \.tag, ValueKind<UInt32>.integer(TagMap.standard.ownedTags).optional, .restart,
            "Route tag on provider mgmtd; the lowest wins when owners of one VIP ask for different classes."),
        Field(
            "communities", \.attributes.communities, .list(of: community, atMost: 32), .live,
            "Communities (RFC 1997): AS:VALUE or a well-known name, such as graceful-shutdown or no-export."),
        Field(
            "largeCommunities", \.attributes.largeCommunities, .list(of: largeCommunity, atMost: 32), .live,
            "Large communities (RFC 8092), AS:VALUE:VALUE."),
        Field(
            "localPreference", \.attributes.localPreference, ValueKind<UInt32>.integer(0...UInt32.max).optional, .live,
            "LOCAL_PREF, for iBGP; more is better."),
        Field(
            "med", \.attributes.med, ValueKind<UInt32>.integer(0...UInt32.max).optional, .live, "MED; less is better."),
        Field(
            "asPathPrepend", \.attributes.asPathPrepend, .list(of: asNumber, repeats: true, atMost: 16), .live,
            "AS numbers that are put before the AS path."),
        Field("origin", \.attributes.origin, ValueKind<RouteOrigin>.choice.optional, .live, "ORIGIN."),
    ]

    private static let community = ValueKind<Community>(
        .text(
            pattern: "^([0-9]{1,5}:[0-9]{1,5}|" + Community.wellKnown.map(\.name).joined(separator: "|") + ")$"),
        write: { .text($0.description) }
    ) { yaml throws(ConfigurationError) in
        let text = try yaml.string()
        do throws(AttributeError) { return try Community(text) } catch {
            let names = Community.wellKnown.map(\.name)
            let suggestion = text.contains(":") ? nil : text.closest(of: names).map { "; did you mean \($0)?" }
            throw yaml.error(error.description + (suggestion ?? ""))
        }
    }

    private static let largeCommunity = ValueKind<LargeCommunity>(
        .text(pattern: "^[0-9]{1,10}:[0-9]{1,10}:[0-9]{1,10}$"), write: { .text($0.description) }
    ) { yaml throws(ConfigurationError) in
        let text = try yaml.string()
        do throws(AttributeError) { return try LargeCommunity(text) } catch { throw yaml.error(error.description) }
    }

    private static let asNumber = ValueKind<UInt32>(
        .integer(1...Int(UInt32.max) - 1), write: { .integer(Int($0)) }
    ) { yaml throws(ConfigurationError) in
        let number: UInt32 = try yaml.integer(1...UInt32.max - 1)
        if let reservation = ClassAttributes.reservation(ofAS: number) {
            throw yaml.error("is \(number), which is \(reservation); an AS number that is yours is expected")
        }
        return number
    }

    private mutating func readClasses(_ yaml: StrictYAML, _ errors: inout [ConfigurationError]) {
        var entries: [AttributeClass: ClassEntry] = [:]
        for name in TagMap.standard.classes {
            entries[name] = ClassEntry(
                tag: TagMap.standard.tag(of: name), attributes: ClassAttributes.standard[name] ?? .init())
        }
        var places: [AttributeClass: StrictYAML] = [:]
        let before = errors.count
        do throws(ConfigurationError) {
            for (key, value) in try yaml.freeMapping() {
                guard let name = AttributeClass(rawValue: key.text) else {
                    errors.append(
                        ConfigurationError(
                            value.path, line: key.line,
                            "is not the name of a class: use lower case letters, digits and -, letter first, 32 at most"
                        ))
                    continue
                }
                var entry = entries[name] ?? ClassEntry()
                if !value.node.isNull { value.read(Self.classFields, into: &entry, &errors) }
                entries[name] = entry
                places[name] = value
            }
        } catch {
            errors.append(error)
        }
        checkTags(&entries, places, yaml, &errors)
        guard errors.count == before else { return }
        do throws(TagMap.Failure) {
            planner.tags = try TagMap(
                ownedTags: TagMap.standard.ownedTags, classes: entries.compactMapValues(\.tag))
            classAttributes = entries.mapValues(\.attributes)
        } catch {
            errors.append(yaml.error(error.description))
        }
    }

    /// Every class has a tag, and a tag has one class.
    private func checkTags(
        _ entries: inout [AttributeClass: ClassEntry], _ places: [AttributeClass: StrictYAML], _ yaml: StrictYAML,
        _ errors: inout [ConfigurationError]
    ) {
        let used = Set(entries.values.compactMap(\.tag))
        let free = TagMap.standard.ownedTags.first { !used.contains($0) }
        let advice = free.map { "; \($0) is free" } ?? ""
        var byTag: [UInt32: AttributeClass] = [:]
        // What stands in the file clashes with what does not, not the other way round.
        let inOrder = entries.keys.sorted { a, b in
            let (lineA, lineB) = (places[a]?.node.mark?.line ?? 0, places[b]?.node.mark?.line ?? 0)
            return lineA == lineB ? a < b : lineA < lineB
        }
        for name in inOrder {
            let place = places[name] ?? yaml
            guard let tag = entries[name]?.tag else {
                // One that was refused has its error already.
                if !errors.contains(where: { $0.path == "\(place.path).tag" || $0.path == place.path }) {
                    errors.append(place.error("has no tag, from 100 to 199\(advice)"))
                }
                continue
            }
            if let other = byTag[tag] {
                let line = place.node.mapping?["tag"]?.mark?.line ?? place.node.mark?.line
                errors.append(
                    ConfigurationError(
                        "\(place.path).tag", line: line, "tag \(tag) is used by class \(other) already\(advice)"))
            }
            byTag[tag] = name
        }
    }
}
