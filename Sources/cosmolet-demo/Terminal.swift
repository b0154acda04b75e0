internal import Foundation

/// The terminal as a block of lines that is redrawn in place, below what was there before. One caller at a time.
struct Terminal {
    /// One line and how it looks.
    struct Line: Equatable {
        /// Looks that any terminal of the last decades has.
        enum Style: String {
            case plain = "0"
            case bold = "1"
            case dim = "2"
        }

        var text: String
        var style: Style

        init(_ text: String = "", _ style: Style = .plain) {
            self.text = text
            self.style = style
        }
    }

    private var drawn: [Line] = []
    private var size = Size(columns: 80, rows: 24)
    private var savedSettings: termios?

    private struct Size: Equatable {
        var columns: Int
        var rows: Int
    }

    /// Hides the cursor, and keys that are typed.
    mutating func open() {
        var settings = termios()
        if tcgetattr(STDIN_FILENO, &settings) == 0 {
            savedSettings = settings
            settings.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        }
        Self.write("\u{1B}[?25l")
    }

    /// Gives the terminal back; what was drawn stays.
    mutating func close() {
        Self.write("\u{1B}[0m\u{1B}[?25h")
        if var settings = savedSettings { tcsetattr(STDIN_FILENO, TCSANOW, &settings) }
        savedSettings = nil
    }

    /// Columns and rows that a frame may use.
    var space: (columns: Int, rows: Int) {
        let size = Self.currentSize()
        return (size.columns, size.rows - 1)
    }

    /// Replaces the block, if it is another one. Too long lines are cut, too many are left out.
    mutating func draw(_ lines: [Line]) {
        let current = Self.currentSize()
        let lines = lines.prefix(current.rows - 1).map {
            Line(String($0.text.prefix(current.columns - 1)), $0.style)
        }
        guard lines != drawn || current != size else { return }
        // After a change of size nobody knows where the old lines are.
        var output = current == size ? "" : "\u{1B}[2J\u{1B}[H"
        if current == size, !drawn.isEmpty { output += "\u{1B}[\(drawn.count)A\r" }
        for line in lines { output += "\u{1B}[\(line.style.rawValue)m\(line.text)\u{1B}[0m\u{1B}[K\n" }
        output += "\u{1B}[J"
        drawn = lines
        size = current
        Self.write(output)
    }

    private static func currentSize() -> Size {
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 1, window.ws_row > 1 else {
            return Size(columns: 80, rows: 24)
        }
        return Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }

    /// What a terminal that has gone away does not take is lost; there is nobody to see it.
    private static func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count > 0 { bytes = bytes.dropFirst(count) } else if errno != EINTR && errno != EAGAIN { return }
        }
    }
}
