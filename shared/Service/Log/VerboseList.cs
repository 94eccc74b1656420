using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Log;

/// <summary>Conversations that are logged line by line because an operator wants to see them just now.</summary>
/// <param name="Until">Second since 1970; 0: until he has seen enough.</param>
/// <param name="Service">Name of a service in master.toml; empty: of any.</param>
/// <param name="Peer">As in debug_peer_list; empty: with anybody.</param>
public sealed record Verbose(long Until, string Service, string Peer);

/// <summary>All of them. Kept in a small file of the queue directory, one a line: until when, service, peer, "*" for any.</summary>
/// <remarks>What cannot be read of it is not logged: whoever wants to see more looks at what he is told.</remarks>
public sealed class VerboseList
{
    /// <summary>Below queue_directory.</summary>
    public const string FileName = "verbose";

    /// <summary>So many at most.</summary>
    public const int Most = 100;

    private const string Any = "*";
    private const int SizeLimit = 64 * 1024, WritableByOthers = 0x12 /* 022 */;

    private readonly (Verbose Entry, PeerList? Peers)[] _entries;

    private VerboseList(IEnumerable<(Verbose, PeerList?)> entries) => _entries = [.. entries];

    /// <summary>Nothing is.</summary>
    public static VerboseList None { get; } = new([]);

    /// <summary>What an operator asked for, the oldest first.</summary>
    public IReadOnlyList<Verbose> Entries => [.. _entries.Select(static entry => entry.Entry)];

    /// <summary>Whether a conversation is logged.</summary>
    /// <param name="service">Which holds it.</param>
    /// <param name="host">Name of the other end, as far as it is known.</param>
    /// <param name="address">Its address.</param>
    /// <param name="now">Seconds since 1970.</param>
    public bool Has(string service, string host, IPAddress? address, long now)
    {
        foreach ((Verbose entry, PeerList? peers) in _entries)
        {
            if ((entry.Until == 0 || entry.Until > now) && (entry.Service.Length == 0 || entry.Service == service) && (peers is null || peers.Has(host, address)))
                return true;
        }
        return false;
    }

    /// <summary>The same with one more, in the place of one for the same conversations; without those that are over.</summary>
    /// <param name="now">Seconds since 1970.</param>
    /// <exception cref="FormatException">Its peer is none, or there are too many.</exception>
    public VerboseList With(Verbose added, long now)
    {
        ArgumentNullException.ThrowIfNull(added);
        VerboseList list = new([.. _entries.Where(entry => (entry.Entry.Until == 0 || entry.Entry.Until > now) && entry.Entry with { Until = added.Until } != added), Entry(added)]);
        return list._entries.Length <= Most ? list : throw new FormatException($"{Most} are enough: end some");
    }

    /// <summary>Reads the file. Never throws.</summary>
    /// <param name="queueDirectory">E.g. ".".</param>
    public static VerboseList Read(string queueDirectory)
    {
        List<(Verbose, PeerList?)> entries = [];
        try
        {
            string path = $"{queueDirectory}/{FileName}";
            if (FileSystem.Status(path) is null)
                return None;
            using SafeFileHandle file = FileSystem.Open(path);
            FileStatus status = FileSystem.Status(file);
            if (status.Kind != FileKind.Regular || status.Size > SizeLimit || (status.Uid != 0 && status.Uid != FileSystem.Status(queueDirectory)?.Uid) || (status.Mode & WritableByOthers) != 0)
                return None;
            byte[] bytes = new byte[status.Size];
            foreach (string line in Encoding.UTF8.GetString(bytes, 0, FileSystem.ReadAt(file, bytes, 0)).Split('\n'))
            {
                if (line.Split(' ') is [var until, var service, var peer] && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds))
                    entries.Add(Entry(new Verbose(seconds, service == Any ? "" : service, peer == Any ? "" : peer)));
            }
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return None;
        }
        return new VerboseList(entries);
    }

    /// <summary>Puts the list in the place of the file.</summary>
    /// <exception cref="IOException">Not done.</exception>
    public void Write(string queueDirectory)
    {
        string path = $"{queueDirectory}/{FileName}";
        if (_entries.Length == 0)
        {
            FileSystem.TryRemove(path);
            return;
        }
        StringBuilder text = new();
        foreach (Verbose entry in Entries)
            text.Append(string.Create(CultureInfo.InvariantCulture, $"{entry.Until} {(entry.Service.Length == 0 ? Any : entry.Service)} {(entry.Peer.Length == 0 ? Any : entry.Peer)}\n"));
        WholeFile.Replace(path, Encoding.UTF8.GetBytes(text.ToString()), 0x1A4 /* 0644 */);
    }

    private static (Verbose, PeerList?) Entry(Verbose entry) => (entry, entry.Peer.Length == 0 ? null : PeerList.Read([entry.Peer]));
}
