using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Log;

/// <summary>Which conversations of this process are logged line by line: those of debug_peer_list, and what an operator asked for with "master verbose", from one conversation to
/// the next, without a reload (S1-39).</summary>
/// <param name="queueDirectory">E.g. ".".</param>
/// <param name="service">This service.</param>
/// <param name="always">debug_peer_list; null: empty.</param>
public sealed class Verbosity(string queueDirectory, string service, PeerList? always = null)
{
    private readonly string _path = $"{queueDirectory}/{VerboseList.FileName}";
    private VerboseList _list = VerboseList.None;
    private FileStatus? _seen;

    /// <summary>Whether this one is. Costs a look at a name that is usually not there.</summary>
    /// <param name="host">Name of the other end, as far as it is known.</param>
    /// <param name="address">Its address.</param>
    public bool Has(string host, IPAddress? address)
    {
        if (always is not null && always.Has(host, address))
            return true;
        FileStatus? there = Look();
        if (there != _seen)
            (_list, _seen) = (there is null ? VerboseList.None : VerboseList.Read(queueDirectory), there);
        return there is not null && _list.Has(service, host, address, MailTime.NowSeconds);
    }

    /// <summary>debug_peer_list; null: it is empty.</summary>
    /// <exception cref="ConfigurationException">It is none.</exception>
    public static PeerList? Peers(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        try
        {
            return PeerList.Read(config.Get(Parameters.DebugPeerList));
        }
        catch (FormatException e)
        {
            throw config.Refuse(Parameters.DebugPeerList, e.Message);
        }
    }

    private FileStatus? Look()
    {
        try
        {
            return FileSystem.Status(_path);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
