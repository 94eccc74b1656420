using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.SystemTests.Harness;

/// <summary>An authorization server of OAuth 2.0 on loopback, over HTTPS, written in Python: gives tokens t1, t2, ..., each with a refresh token r1, r2, ... that takes the place of the one before.</summary>
internal sealed class TokenEndpoint : IDisposable
{
    public const string Host = "login.oauth.test";

    // Arguments: port, certificate with key, directory with the files "lifetime", "refresh" (the one that counts; empty: client credentials), "log" and "refuse" (there: everything is refused).
    private const string Script = """
        import http.server, json, os, ssl, sys, urllib.parse
        port, certificate, place = sys.argv[1:]
        count = 0
        def read(name):
            return open(os.path.join(place, name)).read().strip() if os.path.exists(os.path.join(place, name)) else ""
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *rest):
                pass
            def do_POST(self):
                global count
                fields = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                with open(os.path.join(place, "log"), "a") as f:
                    f.write(fields["grant_type"] + " " + fields.get("refresh_token", "-") + " " + fields.get("scope", "-") + "\n")
                wanted = read("refresh")
                if read("refuse") or fields.get("client_id") != "me" or fields.get("client_secret") != "s3cret" or fields.get("refresh_token", "") != wanted:
                    status, answer = 400, {"error": "invalid_grant", "error_description": "AADSTS70008: expired\r\nTrace ID: 1"}
                else:
                    count += 1
                    status, answer = 200, {"token_type": "Bearer", "access_token": "t%d" % count, "expires_in": int(read("lifetime"))}
                    if wanted:
                        answer["refresh_token"] = "r%d" % count
                        with open(os.path.join(place, "refresh"), "w") as f:
                            f.write(answer["refresh_token"])
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print("ready", flush=True)
        server.serve_forever()
        """;

    private readonly Process _process;
    private readonly NameServer _names;
    private readonly string _place;

    private TokenEndpoint(Process process, NameServer names, int port, string place, string authority) => (_process, _names, Url, _place, CAfile) = (process, names, $"https://{Host}:{port}/token", place, authority);

    public string Url { get; }

    /// <summary>Its certificate.</summary>
    public string CAfile { get; }

    /// <summary>Requests, "grant refresh-token scope", "-" for what is not there.</summary>
    public string[] Requests => File.Exists(Path.Combine(_place, "log")) ? File.ReadAllLines(Path.Combine(_place, "log")) : [];

    /// <param name="mail">Gets a name server that knows the host.</param>
    /// <param name="refresh">The refresh token that counts first; empty: client credentials.</param>
    public static TokenEndpoint Start(MailSystem mail, int lifetime, string refresh = "")
    {
        string place = Directory.CreateDirectory(mail.PathOf("endpoint")).FullName, authority = mail.PathOf("endpoint.ca"), certificate = mail.PathOf("endpoint.pem");
        using (ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            CertificateRequest request = new($"CN={Host}", key, HashAlgorithmName.SHA256);
            SubjectAlternativeNameBuilder names = new();
            names.AddDnsName(Host);
            request.CertificateExtensions.Add(names.Build());
            using X509Certificate2 own = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            File.WriteAllText(authority, own.ExportCertificatePem());
            File.WriteAllText(certificate, $"{own.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        }
        File.WriteAllText(Path.Combine(place, "lifetime"), lifetime.ToString(CultureInfo.InvariantCulture));
        File.WriteAllText(Path.Combine(place, "refresh"), refresh);
        int port = Ports.Take("127.0.0.1");
        NameServer dns = new(("oauth.test", "login IN A 127.0.0.1"));
        mail.SetRaw("dns_nameservers", dns.Toml);
        Process process = Command.Start("python3", ["-c", Script, port.ToString(CultureInfo.InvariantCulture), certificate, place], ("OWNER_DIRECTORY", mail.Root));
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        return new TokenEndpoint(process, dns, port, place, authority);
    }

    /// <summary>From now on everything is refused, or no longer.</summary>
    public void Refuse(bool refuse)
    {
        if (refuse)
            File.WriteAllText(Path.Combine(_place, "refuse"), "yes");
        else
            File.Delete(Path.Combine(_place, "refuse"));
    }

    /// <summary>Somebody has given his consent anew.</summary>
    public void Issue(string refresh) => File.WriteAllText(Path.Combine(_place, "refresh"), refresh);

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
        _names.Dispose();
    }
}
