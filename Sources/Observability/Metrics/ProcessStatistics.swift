import Glibc

/// What the kernel says about one process: memory, CPU time, start and open files, from `/proc` (proc(5)).
public struct ProcessStatistics: Sendable, Hashable {
    /// User plus system time, in seconds.
    public let cpuSeconds: Double
    /// Resident memory, in bytes. The kernel's own figure, which may lag by some pages.
    public let residentByteCount: Int
    /// Start of the process, seconds since the Unix epoch.
    public let startTimeSeconds: Double
    /// Number of open file descriptors.
    public let openFileCount: Int

    /// Reads the statistics of this process.
    ///
    /// Nil when `/proc` is not mounted or does not have the expected form; a metric is then left as it is.
    public static func current() -> ProcessStatistics? {
        guard
            let stat = readText("/proc/self/stat"),
            let systemStat = readText("/proc/stat"),
            let openFileCount = entryCount("/proc/self/fd")
        else { return nil }
        return ProcessStatistics(
            stat: stat, systemStat: systemStat, openFileCount: openFileCount,
            ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)), pageByteCount: sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Takes the texts apart. Of `/proc/PID/stat` it uses fields 14 `utime`, 15 `stime`, 22 `starttime` (ticks since boot)
    /// and 24 `rss` (pages), counted from 1; of `/proc/stat` the line `btime`, the boot time.
    ///
    /// Field 2 is the program's name in parentheses and may hold spaces and parentheses itself, so counting starts behind
    /// the last one.
    init?(stat: String, systemStat: String, openFileCount: Int, ticksPerSecond: Int, pageByteCount: Int) {
        guard ticksPerSecond > 0, let nameEnd = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: nameEnd)...].split { $0 == " " || $0 == "\n" }
        func field(_ number: Int) -> Int? { fields.indices.contains(number - 3) ? Int(fields[number - 3]) : nil }
        let bootTime = systemStat.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap {
            Int($0.dropFirst(6))
        }
        guard
            let userTicks = field(14), let systemTicks = field(15), let startTicks = field(22),
            let residentPages = field(24), let bootTime
        else { return nil }
        cpuSeconds = Double(userTicks + systemTicks) / Double(ticksPerSecond)
        residentByteCount = residentPages * pageByteCount
        startTimeSeconds = Double(bootTime) + Double(startTicks) / Double(ticksPerSecond)
        self.openFileCount = openFileCount
    }

    private static func readText(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return ferror(file) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }

    /// The directory's own descriptor is one of the entries while it is being read, and is not counted.
    private static func entryCount(_ path: String) -> Int? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var count = -1
        while let entry = readdir(directory) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count
    }
}

extension MetricRegistry {
    /// Keeps the `process_…` metrics current: they are read from `/proc` at every exposition.
    public func collectProcessStatistics() {
        onScrape { registry in
            guard let statistics = ProcessStatistics.current() else { return }
            registry.gauge(MetricCatalogue.processStartTime).set(to: statistics.startTimeSeconds)
            registry.gauge(MetricCatalogue.processResidentMemory).set(to: Double(statistics.residentByteCount))
            registry.counter(MetricCatalogue.processCPU).advance(to: statistics.cpuSeconds)
            registry.gauge(MetricCatalogue.processOpenFDs).set(to: Double(statistics.openFileCount))
        }
    }

    /// Says what is running: `cosmolet_build_info` gets exactly one sample.
    public func setBuildInfo(version: String, swift: String, provider: String) {
        gauge(MetricCatalogue.buildInfo).setAll([[.version: version, .swift: swift, .provider: provider]: 1])
    }
}
