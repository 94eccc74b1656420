using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PostfixNet.SystemTests.Harness;

/// <summary>A real DNS server (nsd) on loopback with zones of our own.</summary>
internal sealed class NameServer : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly Process process;

    /// <param name="zones">zone name, e.g. two.test, and its records in zone file syntax, relative to it</param>
    public NameServer(params (string Name, string Records)[] zones) : this(static _ => { }, zones)
    {
    }

    /// <param name="finish">What else is done to the file of each zone before it is served.</param>
    public NameServer(Action<string> finish, params (string Name, string Records)[] zones)
    {
        Port = Ports.Take("127.0.0.1");
        var config = new StringBuilder();
        config.Append(CultureInfo.InvariantCulture, $"""
            server:
              ip-address: 127.0.0.1@{Port}
              username: ""
              chroot: ""
              pidfile: "{directory["nsd.pid"]}"
              zonesdir: "{directory.Path}"
              zonelistfile: "{directory["zone.list"]}"
              xfrdfile: "{directory["xfrd.state"]}"
              xfrdir: "{directory.Path}"
              database: ""
              server-count: 1
              verbosity: 1
            remote-control:
              control-enable: no

            """);
        foreach ((string name, string records) in zones)
        {
            config.Append(CultureInfo.InvariantCulture, $"zone:\n  name: \"{name}\"\n  zonefile: \"{name}.zone\"\n");
            File.WriteAllText(directory[name + ".zone"],
                $"$ORIGIN {name}.\n$TTL 60\n@ IN SOA ns.{name}. root.{name}. 1 60 60 60 60\n@ IN NS ns.{name}.\nns IN A 127.0.0.1\n{records}\n");
            finish(directory[name + ".zone"]);
        }
        File.WriteAllText(directory["nsd.conf"], config.ToString());
        process = Command.Start("nsd", ["-d", "-c", directory["nsd.conf"]], ("OWNER_DIRECTORY", directory.Path));
        Task<string> messages = process.StandardError.ReadToEndAsync();
        try
        {
            Wait.For("the name server", () => process.HasExited || Answers(Port, zones[0].Name));
            if (process.HasExited)
                throw new XunitException("nsd ended: " + messages.Result);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The port it answers on, at 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The value for dns_nameservers.</summary>
    public string Toml => $"[\"127.0.0.1:{Port}\"]";

    public void Dispose()
    {
        // nsd is several processes; the others do not outlive a kill of all that name our directory.
        RunningPrograms.KillAll(directory.Path);
        process.Dispose();
        directory.Dispose();
    }

    // A question for the SOA record, put together by hand: the product's resolver is not to vouch for itself.
    internal static bool Answers(int port, string zone, string address = "127.0.0.1")
    {
        var question = new List<byte> { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
        foreach (string label in zone.Split('.'))
        {
            question.Add((byte)label.Length);
            question.AddRange(Encoding.ASCII.GetBytes(label));
        }
        question.AddRange([0, 0, 6, 0, 1]);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 100 };
        try
        {
            socket.Connect(IPAddress.Parse(address), port);
            socket.Send(question.ToArray());
            byte[] reply = new byte[512];
            return socket.Receive(reply) > 12 && (reply[3] & 15) == 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
