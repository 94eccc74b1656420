using System.Globalization;
using System.Text;

namespace PostfixNet.SystemTests.Harness;

/// <summary>
/// Reads a queue file record by record, on its own: tests must not judge the product's reader and writer by
/// themselves. Follows pointers. Text is Latin-1, one character for each byte.
/// </summary>
internal sealed class QueueFileRecords
{
    private QueueFileRecords(List<(char Type, string Value)> records) => Records = records;

    /// <summary>All records in reading order, pointers resolved, up to and with E.</summary>
    public IReadOnlyList<(char Type, string Value)> Records { get; }

    /// <summary>The envelope sender.</summary>
    public string Sender => Records.First(record => record.Type == 'S').Value;

    /// <summary>Recipients still to do.</summary>
    public string[] Recipients => Values('R');

    /// <summary>Recipients that are done.</summary>
    public string[] Done => Values('D');

    /// <summary>The message, lines ended by CR LF.</summary>
    public string Content
    {
        get
        {
            var text = new StringBuilder();
            bool open = false; // an L record, or padding, was last: the line still waits for its end
            bool inside = false;
            foreach ((char type, string value) in Records)
            {
                if (type == 'M')
                    inside = true;
                else if (type == 'X')
                    break;
                else if (inside && type is 'N' or 'L')
                {
                    text.Append(value);
                    open = type == 'L';
                    if (!open)
                        text.Append("\r\n");
                }
            }
            return open ? text.Append("\r\n").ToString() : text.ToString();
        }
    }

    /// <exception cref="InvalidDataException">it is no complete queue file</exception>
    public static QueueFileRecords Read(string path) => Parse(File.ReadAllBytes(path));

    /// <exception cref="InvalidDataException">they are no complete queue file</exception>
    public static QueueFileRecords Parse(byte[] bytes)
    {
        var records = new List<(char, string)>();
        int position = 0;
        for (int jumps = 0; jumps < 1000;)
        {
            if (position >= bytes.Length)
                throw new InvalidDataException("no end record");
            char type = (char)bytes[position++];
            int length = 0;
            for (int shift = 0; ; shift += 7)
            {
                if (position >= bytes.Length || shift > 28)
                    throw new InvalidDataException("bad record length");
                byte part = bytes[position++];
                length |= (part & 0x7f) << shift;
                if (part < 0x80)
                    break;
            }
            if (length > bytes.Length - position)
                throw new InvalidDataException("record longer than the file");
            string value = Encoding.Latin1.GetString(bytes, position, length);
            position += length;
            if (type == 'p')
            {
                int target = int.Parse(value.Trim(), CultureInfo.InvariantCulture);
                if (target > 0)
                {
                    position = target;
                    jumps++;
                }
                continue;
            }
            records.Add((type, value));
            if (type == 'E')
                return new QueueFileRecords(records);
        }
        throw new InvalidDataException("pointers go round in a circle");
    }

    private string[] Values(char type) =>
        Records.Where(record => record.Type == type).Select(record => record.Value).ToArray();
}
