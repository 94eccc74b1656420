namespace PostfixNet.MtaSts;

/// <summary>Text line by line, where nothing but LF and CR LF ends a line.</summary>
internal static class Lines
{
    internal static Enumerator EnumerateLf(this ReadOnlySpan<char> text) => new(text);

    /// <summary>Goes through the lines, without what ends them.</summary>
    internal ref struct Enumerator(ReadOnlySpan<char> rest)
    {
        private ReadOnlySpan<char> _rest = rest;
        private bool _isOver;

        public ReadOnlySpan<char> Current { get; private set; }

        public readonly Enumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_isOver)
                return false;
            int end = _rest.IndexOf('\n');
            _isOver = end < 0;
            ReadOnlySpan<char> line = _isOver ? _rest : _rest[..end];
            _rest = _isOver ? [] : _rest[(end + 1)..];
            Current = !_isOver && line.EndsWith("\r") ? line[..^1] : line;
            return true;
        }
    }
}
