internal import Glibc

/// Owns the C structs and strings of one message while it is packed. Freed as a whole.
@safe
final class CArena {
    private var allocations: [UnsafeMutableRawPointer] = unsafe []

    deinit {
        while let allocation = unsafe allocations.popLast() { unsafe allocation.deallocate() }
    }

    /// A struct set up by its generated `init` function.
    func make<Message>(_ initialise: (UnsafeMutablePointer<Message>?) -> Void) -> UnsafeMutablePointer<Message> {
        let pointer = UnsafeMutablePointer<Message>.allocate(capacity: 1)
        unsafe allocations.append(UnsafeMutableRawPointer(pointer))
        unsafe initialise(pointer)
        return unsafe pointer
    }

    /// A NUL-terminated copy.
    func string(_ text: String) -> UnsafeMutablePointer<CChar> {
        let pointer = unsafe text.withCString { source in
            let size = unsafe strlen(source) + 1
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            unsafe copy.initialize(from: source, count: size)
            return unsafe copy
        }
        unsafe allocations.append(UnsafeMutableRawPointer(pointer))
        return unsafe pointer
    }

    /// The same for text that may be absent.
    func string(_ text: String?) -> UnsafeMutablePointer<CChar>? {
        guard let text else { return nil }
        return unsafe string(text)
    }

    /// An array of pointers, one per element; nil when empty.
    func array<Element, Message>(
        _ elements: [Element], _ make: (Element) -> UnsafeMutablePointer<Message>
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Message>?>? {
        guard !elements.isEmpty else { return nil }
        let pointer = UnsafeMutablePointer<UnsafeMutablePointer<Message>?>.allocate(capacity: elements.count)
        unsafe allocations.append(UnsafeMutableRawPointer(pointer))
        for (index, element) in elements.enumerated() {
            unsafe (pointer + index).initialize(to: unsafe make(element))
        }
        return unsafe pointer
    }

    /// An array of values that own nothing, as C enums; nil when empty.
    func block<Value>(_ values: [Value]) -> UnsafeMutablePointer<Value>? {
        guard !values.isEmpty else { return nil }
        let pointer = UnsafeMutablePointer<Value>.allocate(capacity: values.count)
        unsafe allocations.append(UnsafeMutableRawPointer(pointer))
        for (index, value) in values.enumerated() { unsafe (pointer + index).initialize(to: value) }
        return unsafe pointer
    }
}
