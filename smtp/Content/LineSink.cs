namespace PostfixNet.Smtp;

/// <summary>Takes content, a line or a piece of one at a time: what each step on the way to the wire hands to the next.</summary>
internal delegate void LineSink(ReadOnlySpan<byte> piece, bool endsLine);
