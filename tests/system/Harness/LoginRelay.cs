using System.Diagnostics;
using System.Globalization;

namespace PostfixNet.SystemTests.Harness;

/// <summary>A relay, written in Python, that takes mail after a login alone, and keeps count of the logins.</summary>
internal sealed class LoginRelay : IDisposable
{
    // Arguments: port, file with the secrets that it takes (one a line), file of its log, mechanisms, certificate with key or "".
    private const string Script = """
        import base64, socket, ssl, sys, threading
        port, secrets, log, mechanisms, certificate = sys.argv[1:]
        lock = threading.Lock()
        def good(secret):
            return secret in open(secrets).read().split("\n")
        def note(text):
            with lock, open(log, "a") as f:
                f.write(text + "\n")
        def serve(client):
            f = client.makefile("rwb")
            secure, user, data = False, None, False
            def say(text):
                f.write(text.encode() + b"\r\n")
                f.flush()
            def read():
                return f.readline().decode("latin1").rstrip("\r\n")
            say("220 relay ESMTP")
            while True:
                line = f.readline()
                if not line:
                    return
                text = line.decode("latin1").rstrip("\r\n")
                word = text.split(" ")[0].upper()
                if data:
                    if text == ".":
                        data = False
                        say("250 ok")
                elif word == "EHLO":
                    say("250-relay\r\n250-" + ("STARTTLS" if certificate and not secure else "8BITMIME") + ("" if certificate and not secure else "\r\n250-AUTH " + mechanisms) + "\r\n250 SIZE")
                elif word == "STARTTLS":
                    say("220 go on")
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain(certificate)
                    client = context.wrap_socket(client, server_side=True)
                    f, secure = client.makefile("rwb"), True
                elif word == "AUTH":
                    words = text.split(" ")
                    if len(words) < 3:
                        say("334 ")
                        words.append(read())
                    answer = base64.b64decode(words[2]).decode("latin1")
                    if words[1].upper() == "PLAIN":
                        name, secret = answer.split("\0")[1:]
                    else:
                        fields = answer.split("\1")
                        name = fields[0].split("=")[-1].rstrip(",") if words[1].upper() == "OAUTHBEARER" else fields[0][5:]
                        secret = [field for field in fields if field.startswith("auth=Bearer ")][0][12:]
                    note("AUTH " + name + " " + secret)
                    if good(secret):
                        user = name
                        say("235 2.7.0 ok")
                    elif words[1].upper() == "PLAIN":
                        say("535 5.7.8 no")
                    else:
                        say("334 " + base64.b64encode(b'{"status":"invalid_token"}').decode())
                        read()
                        say("535 5.7.8 no")
                elif word == "MAIL" and user is None:
                    say("530 5.7.0 log in first")
                elif word == "MAIL":
                    note("MAIL")
                    say("250 ok")
                elif word == "DATA":
                    data = True
                    say("354 go on")
                elif word == "QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 ok")
        def run(client):
            try:
                with client:
                    serve(client)
            except OSError:
                pass
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", int(port)))
        listener.listen(100)
        print("ready", flush=True)
        while True:
            threading.Thread(target=run, args=(listener.accept()[0],), daemon=True).start()
        """;

    private readonly Process _process;
    private readonly string _secrets, _log;

    private LoginRelay(Process process, int port, string secrets, string log) => (_process, Port, _secrets, _log) = (process, port, secrets, log);

    public int Port { get; }

    /// <summary>Logins that were tried, "user secret", in their order.</summary>
    public string[] Logins => [.. Lines.Where(static line => line.StartsWith("AUTH ", StringComparison.Ordinal)).Select(static line => line[5..])];

    /// <summary>Messages that were begun.</summary>
    public int Mails => Lines.Count(static line => line == "MAIL");

    private string[] Lines => File.Exists(_log) ? File.ReadAllLines(_log) : [];

    /// <param name="mail">For its directory.</param>
    /// <param name="secret">Password or token that it takes.</param>
    /// <param name="certificate">With it it offers STARTTLS, and logins over TLS alone.</param>
    public static LoginRelay Start(MailSystem mail, string secret, string mechanisms = "PLAIN", string certificate = "")
    {
        int port = Ports.Take("127.0.0.1");
        (string secrets, string log) = (mail.PathOf($"relay{port}.secrets"), mail.PathOf($"relay{port}.log"));
        File.WriteAllText(secrets, secret);
        Process process = Command.Start("python3", ["-c", Script, port.ToString(CultureInfo.InvariantCulture), secrets, log, mechanisms, certificate], ("OWNER_DIRECTORY", mail.Root));
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        return new LoginRelay(process, port, secrets, log);
    }

    /// <summary>What it takes from now on.</summary>
    public void Accept(string secret) => File.WriteAllText(_secrets, secret);

    /// <summary>Nobody listens there any more.</summary>
    public void Stop()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }
}
