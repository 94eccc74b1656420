using System.Text;
using PostfixNet.Queue;

namespace PostfixNet.Listing;

/// <summary>Messages in the order of their next attempts: 40 bytes in memory for each, and no more while it is sorted.</summary>
/// <param name="capacity">How many there may be; what comes beyond that is not taken: it arrived meanwhile.</param>
internal sealed class AttemptOrder(int capacity)
{
    // A long ID of this century has 20 characters.
    private const int IdLength = 24;

    private readonly record struct Place(long Next, uint Last, int At);

    [System.Runtime.CompilerServices.InlineArray(IdLength)]
    private struct IdText
    {
        private byte _first;
    }

    private readonly Place[] _places = new Place[capacity];
    private readonly IdText[] _ids = new IdText[capacity];
    private readonly List<(QueueName Queue, QueueId Id)> _others = [];
    private int _count;

    /// <summary>Takes one in.</summary>
    /// <param name="next">Of the next attempt, seconds since 1970; the largest: none is planned.</param>
    /// <param name="last">Of the last attempt; 0: there was none, and among equals it goes first.</param>
    internal void Add(QueueName queue, QueueId id, long next, long last)
    {
        string text = id.ToString();
        if (_count == capacity)
            return;
        if (text.Length >= IdLength)
        {
            // Made by other programs; few, and at the end.
            if (_others.Count < 1000)
                _others.Add((queue, id));
            return;
        }
        Span<byte> kept = _ids[_count];
        kept[0] = (byte)((int)queue + 1);
        kept[1..].Clear();
        Encoding.ASCII.GetBytes(text, kept[1..]);
        _places[_count] = new Place(next, (uint)Math.Clamp(last, 0, uint.MaxValue), _count);
        _count++;
    }

    /// <summary>All of them, the earliest first.</summary>
    internal IEnumerable<(QueueName Queue, QueueId Id)> Sorted()
    {
        Array.Sort(_places, 0, _count, Comparer<Place>.Create(static (a, b) =>
            a.Next != b.Next ? a.Next.CompareTo(b.Next) : a.Last != b.Last ? a.Last.CompareTo(b.Last) : a.At.CompareTo(b.At)));
        for (int i = 0; i < _count; i++)
        {
            (QueueName queue, string text) = TextAt(_places[i].At);
            if (QueueId.TryParse(text, out QueueId id))
                yield return (queue, id);
        }
        foreach ((QueueName, QueueId) other in _others)
            yield return other;
    }

    private (QueueName Queue, string Text) TextAt(int at)
    {
        ReadOnlySpan<byte> kept = _ids[at];
        int end = kept[1..].IndexOf((byte)0);
        return ((QueueName)(kept[0] - 1), Encoding.ASCII.GetString(kept.Slice(1, end < 0 ? IdLength - 1 : end)));
    }
}
