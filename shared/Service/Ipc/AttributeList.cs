using System.Buffers.Binary;
using PostfixNet.Mail;

namespace PostfixNet.Ipc;

/// <summary>Names with typed values: the only thing that our processes say to each other.</summary>
/// <remarks>Encoded as a sequence of: type (one byte), name (length, bytes), value. Strings keep invalid UTF-8 (see
/// <see cref="ByteText"/>). A receiver takes the names it knows and ignores the rest, so that programs of two versions
/// can talk during an upgrade.</remarks>
public sealed class AttributeList
{
    private const int MaximumDepth = 3;
    private readonly List<(string Name, object Value)> _items = [];
    private int _next;

    private enum ValueType : byte { Text = 1, Number = 2, Bytes = 3, Lists = 4 }

    /// <summary>Adds a text.</summary>
    public AttributeList Add(string name, string value)
    {
        _items.Add((name, value));
        return this;
    }

    /// <summary>Adds a number.</summary>
    public AttributeList Add(string name, long value)
    {
        _items.Add((name, value));
        return this;
    }

    /// <summary>Adds a text that may not be known; then it is left out.</summary>
    public AttributeList AddOptional(string name, string? value) => string.IsNullOrEmpty(value) ? this : Add(name, value);

    /// <summary>Adds a list that may not be there.</summary>
    public AttributeList AddOptional(string name, AttributeList? value) => value is null ? this : Add(name, [value]);

    /// <summary>Adds lists, if there are any.</summary>
    public AttributeList AddOptional(string name, IReadOnlyList<AttributeList> value) => value is { Count: > 0 } ? Add(name, value) : this;

    /// <summary>Adds what is true or false.</summary>
    public AttributeList Add(string name, bool value) => Add(name, value ? 1 : 0);

    /// <summary>Adds bytes.</summary>
    public AttributeList Add(string name, byte[] value)
    {
        _items.Add((name, value));
        return this;
    }

    /// <summary>Adds lists, e.g. one per recipient.</summary>
    public AttributeList Add(string name, IReadOnlyList<AttributeList> value)
    {
        _items.Add((name, value));
        return this;
    }

    /// <summary>True when an attribute of that name is there.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <exception cref="IpcException">Missing, or not a text.</exception>
    public string Text(string name) => Find(name) as string ?? throw Wrong(name, "text");

    /// <summary>Text of an optional attribute; null when it is not there, or empty.</summary>
    public string? OptionalText(string name) => Find(name) is string { Length: > 0 } text ? text : null;

    /// <exception cref="IpcException">Missing, or not a number.</exception>
    public long Number(string name) => Find(name) is long n ? n : throw Wrong(name, "number");

    /// <summary>Number of an optional attribute.</summary>
    public long Number(string name, long otherwise) => Find(name) is long n ? n : otherwise;

    /// <summary>Whether an optional attribute is there and is true.</summary>
    public bool IsTrue(string name) => Number(name, 0) != 0;

    /// <exception cref="IpcException">Missing, or not bytes.</exception>
    public byte[] Bytes(string name) => Find(name) as byte[] ?? throw Wrong(name, "bytes");

    /// <exception cref="IpcException">Missing, or not lists.</exception>
    public IReadOnlyList<AttributeList> Lists(string name) => Find(name) as IReadOnlyList<AttributeList> ?? throw Wrong(name, "lists");

    /// <summary>A list of its own; null when it is not there.</summary>
    public AttributeList? OptionalList(string name) => Find(name) is IReadOnlyList<AttributeList> and [var first, ..] ? first : null;

    private object? Find(string name)
    {
        // Asked for in the order in which they were added, each is found at once.
        for (int i = 0; i < _items.Count; i++, _next++)
        {
            if (_next >= _items.Count)
                _next = 0;
            if (_items[_next].Name == name)
                return _items[_next++].Value;
        }
        return null;
    }

    private IpcException Wrong(string name, string type) =>
        new(Has(name) ? $"attribute {name} is not a {type}" : $"attribute {name} is missing");

    /// <summary>Appends the encoded form.</summary>
    internal void Encode(OutputBuffer output)
    {
        foreach ((string name, object value) in _items)
        {
            switch (value)
            {
                case string text:
                    Begin(output, ValueType.Text, name);
                    Block(output, ByteText.Encode(text));
                    break;
                case long number:
                    Begin(output, ValueType.Number, name);
                    BinaryPrimitives.WriteInt64LittleEndian(output.Take(8), number);
                    break;
                case byte[] bytes:
                    Begin(output, ValueType.Bytes, name);
                    Block(output, bytes);
                    break;
                case IReadOnlyList<AttributeList> lists:
                    Begin(output, ValueType.Lists, name);
                    Length(output, lists.Count);
                    OutputBuffer inner = new(256);
                    foreach (AttributeList list in lists)
                    {
                        inner.Clear();
                        list.Encode(inner);
                        Block(output, inner.Written);
                    }
                    break;
            }
        }
    }

    /// <summary>Reads an encoded list; every byte must belong to it.</summary>
    /// <exception cref="IpcException">Malformed.</exception>
    internal static AttributeList Decode(ReadOnlySpan<byte> input, int depth = 0)
    {
        if (depth > MaximumDepth)
            throw new IpcException("malformed message: lists nested too deep");
        AttributeList result = new();
        while (!input.IsEmpty)
        {
            ValueType type = (ValueType)input[0];
            input = input[1..];
            string name = ByteText.Decode(TakeBlock(ref input));
            switch (type)
            {
                case ValueType.Text:
                    result.Add(name, ByteText.Decode(TakeBlock(ref input)));
                    break;
                case ValueType.Number:
                    result.Add(name, BinaryPrimitives.ReadInt64LittleEndian(Take(ref input, 8)));
                    break;
                case ValueType.Bytes:
                    result.Add(name, TakeBlock(ref input).ToArray());
                    break;
                case ValueType.Lists:
                    int count = TakeLength(ref input);
                    List<AttributeList> lists = [];
                    for (int i = 0; i < count; i++)
                        lists.Add(Decode(TakeBlock(ref input), depth + 1));
                    result.Add(name, lists);
                    break;
                default:
                    throw new IpcException($"malformed message: value type {(byte)type}");
            }
        }
        return result;
    }

    private static void Begin(OutputBuffer output, ValueType type, string name)
    {
        output.Take(1)[0] = (byte)type;
        Block(output, ByteText.Encode(name));
    }

    private static void Block(OutputBuffer output, ReadOnlySpan<byte> bytes)
    {
        Length(output, bytes.Length);
        output.Write(bytes);
    }

    private static void Length(OutputBuffer output, int length) => BinaryPrimitives.WriteInt32LittleEndian(output.Take(4), length);

    private static int TakeLength(ref ReadOnlySpan<byte> input)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(Take(ref input, 4));
        // Nothing that is counted is shorter than a byte.
        return length >= 0 && length <= input.Length ? length : throw new IpcException("malformed message: bad length");
    }

    private static ReadOnlySpan<byte> TakeBlock(ref ReadOnlySpan<byte> input)
    {
        int length = TakeLength(ref input);
        return Take(ref input, length);
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> input, int count)
    {
        if (count > input.Length)
            throw new IpcException("malformed message: cut short");
        ReadOnlySpan<byte> taken = input[..count];
        input = input[count..];
        return taken;
    }
}
