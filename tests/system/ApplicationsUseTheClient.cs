using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using PostfixNet.Client;

namespace PostfixNet.SystemTests;

/// <summary>An application in .NET hands its mail over with the package of ours: the sample, as in a container, and the package by itself.</summary>
public sealed class ApplicationsUseTheClient
{
    private const string Service = "\n[service.submit]\nprivate = false\ncommand = \"smtpd\"\n";
    private const int Uid = 12345;

    // Its root has the system's libraries, the runtime, the application, and two directories of the host: that of public sockets, and one for its own socket.
    // It has no network, not even the loopback interface, no rights, and nobody's account.
    private const string Stage = """
        set -eu
        root=$1 public=$2 web=$3 app=$4 runtime=$5
        mount -t tmpfs none "$root"
        for name in usr bin lib lib64 sbin; do
            if [ -L /$name ]; then cp -P /$name "$root/$name"
            elif [ -d /$name ]; then mkdir "$root/$name"; mount --rbind /$name "$root/$name"; fi
        done
        mkdir "$root/proc" "$root/dev" "$root/tmp" "$root/run" "$root/run/mail" "$root/run/web" "$root/app" "$root/runtime"
        chmod 1777 "$root/tmp"
        mount -t proc proc "$root/proc"
        for name in null urandom; do touch "$root/dev/$name"; mount --bind /dev/$name "$root/dev/$name"; done
        mount --bind "$public" "$root/run/mail"; mount -o remount,bind,ro "$root/run/mail"
        mount --bind "$web" "$root/run/web"
        mount --bind "$app" "$root/app"
        mount --bind "$runtime" "$root/runtime"
        cd /
        exec chroot "$root" setpriv --reuid=12345 --regid=12345 --clear-groups --no-new-privs --bounding-set=-all env -i PATH=/usr/bin \
            DOTNET_EnableDiagnostics=0 ASPNETCORE_URLS=http://unix:/run/web/socket PostfixNet__Socket=/run/mail/submit /runtime/dotnet /app/PostfixNet.Client.Sample.dll
        """;

    [Fact]
    public void AWebShopInNamespacesOfItsOwnSendsReceipts() => MailSystem.Run((mail, receiver) =>
    {
        File.AppendAllText(Path.Combine(mail.ConfigDirectory, "master.toml"), Service);
        mail.Start();
        using Shop shop = new(mail);
        Wait.For($"the application: {shop.Said}", () => shop.Health() == "Healthy", TimeSpan.FromSeconds(60));
        (HttpStatusCode status, JsonElement queued) = shop.Post(7, "ann@sink.test");
        Assert.Equal(HttpStatusCode.Accepted, status);
        string id = queued.GetProperty("queueId").GetString()!;
        Wait.For("the message", () => receiver.Messages.Count == 1);
        Assert.Equal("ann@sink.test", Assert.Single(receiver.Messages[0].Recipients).Address);
        Assert.Contains("Message-Id: <order-7@shop.example.com>", receiver.Messages[0].Text, StringComparison.OrdinalIgnoreCase);
        mail.WaitForLog($"{id}: .*status=sent");
        uint uid = MailSystem.IsRoot ? Uid : mail.OwnerUid;
        Assert.Single(mail.Log($"{id}: client=localhost\\[local\\], uid={uid}$"));

        // What waits can be asked for, and what is done is gone.
        mail.Master("pause").Ok();
        string waits = shop.Post(8, "bob@sink.test").Answer.GetProperty("queueId").GetString()!;
        JsonElement told = shop.Get(waits)!.Value;
        Assert.Equal((waits, "shop@example.com"), (told.GetProperty("queueId").GetString(), told.GetProperty("sender").GetString()));
        JsonElement recipient = Assert.Single(told.GetProperty("recipients").EnumerateArray());
        Assert.Equal("bob@sink.test", recipient.GetProperty("address").GetString());
        mail.Master("resume").Ok();
        Wait.For("the second message", () => receiver.Messages.Count == 2);
        Wait.For("the end of the second message", () => shop.Get(waits) is null);

        // The mail system goes and comes again, with new sockets.
        mail.Stop();
        Assert.Equal("Unhealthy", shop.Health());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, shop.Post(9, "carol@sink.test").Status);
        mail.Start();
        Assert.Equal(HttpStatusCode.Accepted, shop.Post(9, "carol@sink.test").Status);
        Wait.For("the third message", () => receiver.Messages.Count == 3);
        Assert.Equal("Healthy", shop.Health());
    });

    // RFC 8689; at a socket of this host nobody is on the way
    [Fact]
    public void TlsCanBeRequiredAtASocket() => MailSystem.Run((mail, receiver) =>
    {
        File.AppendAllText(Path.Combine(mail.ConfigDirectory, "master.toml"), Service);
        mail.Start();
        using MailQueue queue = new(new PostfixNetOptions { Socket = Path.Combine(mail.QueueDirectory, "public", "submit") });
        using MemoryStream content = new(Encoding.ASCII.GetBytes("Subject: secret\r\n\r\nx\r\n"));
        QueuedMessage queued = queue.SendAsync(content, new MailEnvelope("", "ann@sink.test"), new SendOptions { RequireTls = true }).GetAwaiter().GetResult();
        mail.WaitForLog($"{queued.QueueId}: .*dsn=5\\.7\\.");
        Assert.Empty(receiver.Messages);
    });

    /// <summary>The sample, and a browser.</summary>
    private sealed class Shop : IDisposable
    {
        // Not below that of the mail system, to whom its processes do not belong.
        private readonly TemporaryDirectory _directory = new();
        private readonly Process _process;
        private readonly HttpClient _http;
        private readonly StringBuilder _said = new();

        internal Shop(MailSystem mail)
        {
            string web = Directory.CreateDirectory(_directory["web"]).FullName, root = Directory.CreateDirectory(_directory["root"]).FullName;
            string sockets = File.CreateSymbolicLink(_directory["public"], Path.Combine(mail.QueueDirectory, "public")).FullName;
            string app = Path.GetDirectoryName(typeof(ApplicationsUseTheClient).Assembly.Location)!;
            app = Path.GetFullPath(Path.Combine(Repository.Root, "client", "sample", "bin", Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(app)!))!, "net10.0"));
            string runtime = Path.GetDirectoryName(new FileInfo(Command.Find("dotnet")).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? Command.Find("dotnet"))!;
            string submit = Path.Combine(sockets, "submit"), socket = Path.Combine(web, "socket");
            if (MailSystem.IsRoot)
            {
                File.SetUnixFileMode(web, (UnixFileMode)0b111_111_111);
                _process = Command.Start("unshare", ["--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "sh", "-c", Stage, "stage",
                    root, sockets, web, app, runtime]);
            }
            else
            {
                _process = Command.Start("dotnet", [Path.Combine(app, "PostfixNet.Client.Sample.dll")], ("ASPNETCORE_URLS", $"http://unix:{socket}"), ("PostfixNet__Socket", submit));
            }
            foreach (StreamReader output in (StreamReader[])[_process.StandardOutput, _process.StandardError])
                _ = Listen(output);
            _http = new HttpClient(new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancelled) =>
                {
                    Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancelled);
                    return new NetworkStream(connection, ownsSocket: true);
                },
            })
            { BaseAddress = new Uri("http://shop/") };
        }

        internal string Said
        {
            get
            {
                lock (_said)
                    return _said.ToString();
            }
        }

        private async Task Listen(StreamReader output)
        {
            while (await output.ReadLineAsync() is { } line)
            {
                lock (_said)
                    _said.AppendLine(line);
            }
        }

        /// <returns>The state; why there is none.</returns>
        internal string Health()
        {
            try
            {
                return _http.GetStringAsync("health").GetAwaiter().GetResult();
            }
            catch (HttpRequestException e)
            {
                if (_process.HasExited)
                    throw new XunitException($"the application ended: {Said}");
                return e.StatusCode == HttpStatusCode.ServiceUnavailable ? "Unhealthy" : e.Message;
            }
        }

        internal (HttpStatusCode Status, JsonElement Answer) Post(int order, string to)
        {
            using HttpResponseMessage answer = _http.PostAsJsonAsync("receipts", new { order, to }).GetAwaiter().GetResult();
            return (answer.StatusCode, answer.Content.ReadFromJsonAsync<JsonElement>().GetAwaiter().GetResult());
        }

        internal JsonElement? Get(string id)
        {
            using HttpResponseMessage answer = _http.GetAsync($"receipts/{id}").GetAwaiter().GetResult();
            return answer.StatusCode == HttpStatusCode.NotFound ? null : answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>().GetAwaiter().GetResult();
        }

        public void Dispose()
        {
            _http.Dispose();
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
            _process.Dispose();
            RunningPrograms.KillAll(_directory.Path);
            _directory.Dispose();
        }
    }
}
