using System.Text;

namespace PostfixNet.Listing;

/// <summary>Text of a listing on its way, in large pieces.</summary>
/// <param name="write">Takes a piece.</param>
public sealed class ListingText(Action<string> write)
{
    private const int PieceLength = 16 * 1024;

    private readonly StringBuilder _text = new(PieceLength + 4096); // in one piece

    // What is ready is not kept back for long: of a slow listing something is to be seen at once.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(20);

    private long _since = Environment.TickCount64;

    /// <summary>Where more is appended.</summary>
    public StringBuilder Append(string text) => Begin().Append(text);

    /// <summary>For what belongs together.</summary>
    public StringBuilder Begin()
    {
        if (_text.Length > PieceLength)
            Flush();
        return _text;
    }

    /// <summary>A message ends here.</summary>
    public void EndPiece()
    {
        if (Environment.TickCount64 - _since > s_patience.TotalMilliseconds)
            Flush();
    }

    /// <summary>All of it goes now.</summary>
    public void Flush()
    {
        if (_text.Length > 0)
            write(_text.ToString());
        _text.Clear();
        _since = Environment.TickCount64;
    }
}
