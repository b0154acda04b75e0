import Testing

@testable import CosmoletAgent

@Suite struct WakeScheduleTests {
    @Test func oneSleepsForEachTime() {
        var wake = WakeSchedule()
        #expect(wake.pause(at: .zero) == nil)
        wake.nextChange = .seconds(10)
        #expect(wake.pause(at: .seconds(1)) == .seconds(9))
        #expect(wake.pause(at: .seconds(2)) == nil, "somebody sleeps already")
        wake.nextChange = .seconds(20)
        #expect(wake.pause(at: .seconds(3)) == nil, "who wakes sooner will see")
        wake.nextChange = .seconds(5)
        #expect(wake.pause(at: .seconds(4)) == .seconds(1))
        #expect(wake.pause(at: .seconds(5)) == .zero, "it is due")
        wake.nextChange = nil
        #expect(wake.pause(at: .seconds(6)) == nil)
    }
}
