using System.Buffers.Binary;
using System.Text;

namespace PostfixNet.Client.Queue;

/// <summary>Names with values, as the programs of the mail system say them to each other: what this package needs of it.</summary>
/// <remarks>A frame is four bytes of length, little-endian, then attributes: a type (one byte), a name, a value. Names and texts have their length before them.
/// Names that are not asked for are passed over. The other end is shared/Service/Ipc/AttributeList.cs; a test holds the two together.</remarks>
internal sealed class Attributes
{
    private const byte TextType = 1, NumberType = 2, BytesType = 3, ListsType = 4;
    private const int DeepestNesting = 3;

    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    internal string? Text(string name) => _values.GetValueOrDefault(name) as string;

    internal long? Number(string name) => _values.GetValueOrDefault(name) as long?;

    internal IReadOnlyList<Attributes> Lists(string name) => _values.GetValueOrDefault(name) as IReadOnlyList<Attributes> ?? [];

    /// <summary>A frame with texts.</summary>
    internal static byte[] Frame(params ReadOnlySpan<(string Name, string Value)> texts)
    {
        using MemoryStream frame = new();
        frame.Write([0, 0, 0, 0]);
        foreach ((string name, string value) in texts)
        {
            frame.WriteByte(TextType);
            Block(frame, name);
            Block(frame, value);
        }
        byte[] octets = frame.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(octets, octets.Length - 4);
        return octets;
    }

    private static void Block(MemoryStream frame, string text)
    {
        byte[] octets = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, octets.Length);
        frame.Write(length);
        frame.Write(octets);
    }

    /// <summary>Reads a frame without its length.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    internal static Attributes Parse(ReadOnlySpan<byte> frame, int depth = 0)
    {
        Attributes all = new();
        if (depth > DeepestNesting)
            throw Malformed();
        while (!frame.IsEmpty)
        {
            byte type = Take(ref frame, 1)[0];
            string name = Encoding.UTF8.GetString(TakeBlock(ref frame));
            switch (type)
            {
                case TextType:
                    all._values[name] = Encoding.UTF8.GetString(TakeBlock(ref frame));
                    break;
                case NumberType:
                    all._values[name] = BinaryPrimitives.ReadInt64LittleEndian(Take(ref frame, 8));
                    break;
                case BytesType:
                    _ = TakeBlock(ref frame);
                    break;
                case ListsType:
                    List<Attributes> lists = [];
                    for (int count = TakeLength(ref frame); count > 0; count--)
                        lists.Add(Parse(TakeBlock(ref frame), depth + 1));
                    all._values[name] = lists;
                    break;
                default:
                    throw Malformed();
            }
        }
        return all;
    }

    private static ReadOnlySpan<byte> TakeBlock(ref ReadOnlySpan<byte> frame) => Take(ref frame, TakeLength(ref frame));

    private static int TakeLength(ref ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt32LittleEndian(Take(ref frame, 4));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> frame, int count)
    {
        if (count < 0 || count > frame.Length)
            throw Malformed();
        ReadOnlySpan<byte> taken = frame[..count];
        frame = frame[count..];
        return taken;
    }

    private static InvalidDataException Malformed() => new("a malformed answer");
}
