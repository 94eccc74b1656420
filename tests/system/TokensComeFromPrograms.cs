using System.Diagnostics;
using System.Globalization;

namespace PostfixNet.SystemTests;

/// <summary>A login whose token a program tells.</summary>
public sealed class TokensComeFromPrograms
{
    // One session after the other; prints what AUTH says.
    private const string Relay = """
        import socket, sys
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", int(sys.argv[1])))
        listener.listen()
        while True:
            client, _ = listener.accept()
            with client, client.makefile("rwb") as f:
                def say(text):
                    f.write(text.encode() + b"\r\n")
                    f.flush()
                say("220 relay ESMTP")
                isData = False
                for line in f:
                    word = line[:4].upper()
                    if isData:
                        if line == b".\r\n":
                            isData = False
                            say("250 ok")
                    elif word == b"EHLO":
                        say("250-relay\r\n250 AUTH XOAUTH2")
                    elif word == b"AUTH":
                        print(line.decode().strip(), flush=True)
                        say("235 ok")
                    elif word == b"DATA":
                        isData = True
                        say("354 go on")
                    elif word == b"QUIT":
                        say("221 bye")
                        break
                    else:
                        say("250 ok")
        """;

    // The program may keep what it fetched where its account may write, outside of the queue.
    [Fact]
    public void TheProgramIsCalledAndMayKeepWhatItKnows() => MailSystem.Run(mail =>
    {
        int port = Ports.Take("127.0.0.1");
        using Process relay = Command.Start("python3", ["-c", Relay, port.ToString(CultureInfo.InvariantCulture)], ("OWNER_DIRECTORY", mail.Root));
        string cache = Directory.CreateDirectory(mail.PathOf("cache")).FullName, program = mail.PathOf("token");
        mail.Give(cache);
        File.WriteAllText(program, $"#!/bin/sh\necho kept > '{cache}/token'\necho 'a-token'\n");
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        mail.Set("relayhost", $"[127.0.0.1]:{port}");
        mail.Set("smtp_sasl_auth_enable", true);
        mail.Set("smtp_sasl_security_options", "noanonymous");
        mail.AddTable($"[smtp_sasl_password_maps]\n\"[127.0.0.1]:{port}\" = \"shop:token-command={program}\"");
        mail.Start();
        mail.Submit(MailSystem.Message("token"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForEmptyQueue();
        Assert.Equal("kept\n", File.ReadAllText(Path.Combine(cache, "token")));
        relay.Kill();
        string said = relay.StandardOutput.ReadToEnd();
        string token = System.Text.Encoding.ASCII.GetString(Convert.FromBase64String(said.Split('\n')[0].Split(' ')[2]));
        Assert.Equal("user=shop\u0001auth=Bearer a-token\u0001\u0001", token);
    });
}
