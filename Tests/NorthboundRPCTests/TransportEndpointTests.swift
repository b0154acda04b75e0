import NorthboundRPC
import Testing

@Suite struct TransportEndpointTests {
    @Test(arguments: [
        ("zmq+ipc:///run/cosmolet/northbound.sock", TransportEndpoint.ipc(path: "/run/cosmolet/northbound.sock")),
        ("zmq+tcp://127.0.0.1:7790", .tcp(host: "127.0.0.1", port: 7790)),
        ("zmq+tcp://[::1]:7790", .tcp(host: "::1", port: 7790)),
        ("zmq+tcp://*:0", .tcp(host: "*", port: 0)),
        ("zmq+tcp://node-1.example:65535", .tcp(host: "node-1.example", port: 65535)),
    ])
    func endpointIsRead(text: String, endpoint: TransportEndpoint) throws {
        #expect(try TransportEndpoint(parsing: text) == endpoint)
    }

    @Test(arguments: [
        "", "zmq+ipc://", "zmq+ipc://run/x", "zmq+ipc:///run/", "zmq+ipc:///run/a b",
        "zmq+ipc:///" + String(repeating: "x", count: 103), "zmq+tcp://host", "zmq+tcp://host:", "zmq+tcp://host:65536",
        "zmq+tcp://:7790", "zmq+tcp://::1:7790", "zmq+tcp://a/b:1", "zmq+tcp://eth0;10.0.0.1:5555", "tcp://host:1",
        "mgmtd:/run/x", "zmq+tcp://hôte:1",
    ])
    func nonsenseIsRefusedWithItsText(text: String) {
        let error = #expect(throws: TransportError.self) { try TransportEndpoint(parsing: text) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(text) == true)
    }
}
