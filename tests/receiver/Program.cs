using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.Receiver;

/// <summary>
/// smtp-receiver: an SMTP server that keeps what it is sent and misbehaves as told.
/// <code>
/// smtp-receiver [--listen ADDRESS:PORT] [--port-file FILE] [--dir DIR] [--rule RULE]... [--rules FILE]
///               [--ehlo KEYWORD,...] [--delay MS] [--refuse-percent P] [--certificate FILE] [--until-eof]
/// </code>
/// It prints one line when it is ready: <c>smtp-receiver: listening on 127.0.0.1:40123</c>. Port 0, the
/// default, takes a free port. With <c>--dir</c> each accepted message becomes N.eml (the bytes received,
/// dots unstuffed) and then N.env (connection, helo, mail, rcpt), both before the reply 250. Rules are
/// described at <see cref="Rule"/>; the rules file may change while the program runs. With a certificate and
/// its private key, both in one PEM file, it offers STARTTLS. It ends on TERM or INT and, with <c>--until-eof</c>, when its standard input does, so that it never outlives who started it.
/// Exit status 0, or 64 for wrong usage, or 71 when it cannot listen.
/// </summary>
internal static class Program
{
    private const string Usage = "usage: smtp-receiver [--listen ADDRESS:PORT] [--port-file FILE] [--dir DIR] [--rule RULE] "
        + "[--rules FILE] [--ehlo KEYWORD,...] [--delay MS] [--refuse-percent P] [--certificate FILE] [--until-eof]";

    private static int Main(string[] arguments)
    {
        try
        {
            return Run(arguments);
        }
        catch (FormatException error)
        {
            Console.Error.WriteLine($"smtp-receiver: {error.Message}");
            return 64;
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            Console.Error.WriteLine($"smtp-receiver: {error.Message}");
            return 71;
        }
    }

    private static int Run(string[] arguments)
    {
        var options = new ReceiverOptions();
        var rules = new List<Rule>();
        string? portFile = null;
        bool untilEof = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (name == "--until-eof")
            {
                untilEof = true;
                continue;
            }
            if (++i == arguments.Length)
                throw new FormatException(Usage);
            string value = arguments[i];
            switch (name)
            {
                case "--listen":
                    options = options with { Listen = IPEndPoint.Parse(value) };
                    break;
                case "--port-file":
                    portFile = value;
                    break;
                case "--dir":
                    options = options with { Directory = value };
                    break;
                case "--rule":
                    rules.Add(Rule.Parse(value));
                    break;
                case "--rules":
                    options = options with { RulesFile = value };
                    break;
                case "--ehlo":
                    options = options with { Keywords = value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) };
                    break;
                case "--delay":
                    options = options with { Delay = TimeSpan.FromMilliseconds(Number(name, value, 3_600_000)) };
                    break;
                case "--refuse-percent":
                    options = options with { RefusePercent = Number(name, value, 100) };
                    break;
                case "--certificate":
                    options = options with { Certificate = X509Certificate2.CreateFromPemFile(value) };
                    break;
                default:
                    throw new FormatException($"unknown option {name}; {Usage}");
            }
        }

        using var end = new ManualResetEventSlim();
        using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave);
        using var receiver = new SmtpReceiver(options with { Rules = rules });
        if (portFile != null)
        {
            File.WriteAllText(portFile + ".tmp", receiver.Port.ToString(CultureInfo.InvariantCulture) + "\n");
            File.Move(portFile + ".tmp", portFile, overwrite: true);
        }
        Console.WriteLine($"smtp-receiver: listening on {receiver.EndPoint}");
        if (untilEof)
            new Thread(WaitForEof) { IsBackground = true }.Start();
        end.Wait();
        return 0;

        void Leave(PosixSignalContext context)
        {
            context.Cancel = true;
            end.Set();
        }

        void WaitForEof()
        {
            using Stream input = Console.OpenStandardInput();
            byte[] unused = new byte[4096];
            while (input.Read(unused) > 0)
            {
                // Whatever is said to us means only that somebody is still there.
            }
            end.Set();
        }
    }

    private static int Number(string option, string text, int limit) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= limit
            ? number
            : throw new FormatException($"{option} wants a number from 0 to {limit}, not \"{text}\"");
}
