using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace PostfixNet.SystemTests.Harness;

/// <summary>Somebody else's mail server, from an unpacked Debian package (tests/peers.sh). Those that need root see the
/// package in its place, accounts and empty spool directories in a mount namespace of their own: nothing of it is seen
/// outside, and with the first process all end.</summary>
internal sealed class Peer : IDisposable
{
    // $1: the unpacked packages; $2: private directory; the rest: the command.
    private const string Stage = """
        set -e
        packages=$1 private=$2; shift 2
        mount --make-rprivate /
        mkdir -p $private/etc/exim4
        cp /etc/passwd /etc/group $private/etc
        for name in opensmtpd opensmtpq Debian-exim; do
            id=$((id + 1))
            echo "$name:x:$((64100 + id)):" >>$private/etc/group
            echo "$name:x:$((64100 + id)):$((64100 + id))::/var/lib/opensmtpd/empty:/usr/sbin/nologin" >>$private/etc/passwd
        done
        echo $private/peer.conf >$private/etc/exim4/trusted_configs
        mount -t overlay overlay -o "lowerdir=$packages/usr:/usr" /usr
        mount -t overlay overlay -o "lowerdir=$private/etc:/etc" /etc
        mount -t tmpfs tmpfs /run
        mount -t tmpfs tmpfs /var/spool
        mount -t tmpfs tmpfs /var/lib
        mkdir -p /var/lib/opensmtpd/empty /run/dovecot
        mkdir -m 711 /var/spool/smtpd
        exec "$@" >$private/peer.log 2>&1
        """;

    private readonly TemporaryDirectory directory;
    private readonly Process process;

    private Peer(TemporaryDirectory directory, Process process) => (this.directory, this.process) = (directory, process);

    /// <summary>The unpacked packages.</summary>
    public static string Packages => Path.Combine(Repository.Root, "artifacts", "peers", "root");

    /// <summary>Starts a server and waits until it accepts connections.</summary>
    /// <param name="directory">Private, holds its configuration; removed with the server.</param>
    /// <param name="port">Where it will listen on 127.0.0.1.</param>
    /// <param name="asRoot">It needs root, and gets the stage described above.</param>
    public static Peer Start(TemporaryDirectory directory, int port, bool asRoot, params string[] command)
    {
        string[] line = asRoot
            ? ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", Stage, "stage", Packages, directory.Path, .. command]
            : command;
        Process process = Command.Start(line[0], line[1..], ("OWNER_DIRECTORY", directory.Path),
            ("PYTHONPATH", Path.Combine(Packages, "usr/lib/python3/dist-packages")));
        Peer peer = new(directory, process);
        try
        {
            Wait.For($"{command[0]} on port {port}", () => process.HasExited || Accepts(port));
            if (process.HasExited)
                throw new XunitException($"{command[0]} ended: {process.StandardError.ReadToEnd()} {peer.Log()}");
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    /// <summary>What it said so far.</summary>
    public string Log() => File.Exists(directory["peer.log"]) ? File.ReadAllText(directory["peer.log"]) : "";

    /// <summary>Runs a scenario, and adds what the server said to a failure.</summary>
    public void During(Action scenario)
    {
        try
        {
            scenario();
        }
        catch (Exception error)
        {
            throw new XunitException($"{error.Message}\n{error.StackTrace}\n---- the peer\n{Log()}");
        }
    }

    /// <summary>Makes a certificate and its key, cert.pem and key.pem.</summary>
    public static void MakeCertificate(TemporaryDirectory directory) => Command.Run("openssl",
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", directory["key.pem"], "-out", directory["cert.pem"],
            "-subj", "/CN=peer.test", "-days", "2"]).Ok();

    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
        RunningPrograms.KillAll(directory.Path);
        directory.Dispose();
    }

    private static bool Accepts(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>A test with other people's servers; skipped, with the reason, where they cannot run.</summary>
internal sealed class PeerTheoryAttribute : TheoryAttribute
{
    public PeerTheoryAttribute(bool needsRoot = true)
    {
        if (!File.Exists(Path.Combine(Peer.Packages, "..", "complete")))
            Skip = "the servers are not unpacked: run tests/peers.sh where there are Debian packages";
        else if (needsRoot && !MailSystem.IsRoot)
            Skip = "these servers need root";
    }
}
