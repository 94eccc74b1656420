using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PostfixNet.SystemTests.Harness;

/// <summary>An SMTP client that says what it is told to, a line at a time.</summary>
internal sealed class SmtpDialogue : IDisposable
{
    private readonly TcpClient client;
    private readonly StreamReader reader;

    /// <summary>Connects to 127.0.0.1 and reads the greeting.</summary>
    /// <param name="port">The server's.</param>
    /// <param name="from">The client's address.</param>
    public SmtpDialogue(int port, string from = "127.0.0.1")
    {
        client = new TcpClient(new IPEndPoint(IPAddress.Parse(from), 0)) { ReceiveTimeout = 60_000, SendTimeout = 60_000 };
        client.Connect(IPAddress.Loopback, port);
        reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        Greeting = Answer();
    }

    /// <summary>What the server said first.</summary>
    public string Greeting { get; }

    /// <summary>What is written to the server.</summary>
    public Stream Stream => client.GetStream();

    /// <summary>Sends a line and reads the answer.</summary>
    /// <returns>Its last line; empty when the server has closed the connection.</returns>
    public string Say(string line)
    {
        Stream.Write(Encoding.ASCII.GetBytes(line + "\r\n"));
        return Answer();
    }

    /// <summary>Reads one answer.</summary>
    /// <returns>Its last line; empty when the server has closed the connection.</returns>
    public string Answer()
    {
        string? line;
        do
        {
            line = reader.ReadLine();
        }
        while (line is [_, _, _, '-', ..]);
        return line ?? "";
    }

    /// <summary>Sends one message, from MAIL to its end.</summary>
    /// <returns>The first answer that is a refusal, or the one to the end of the message.</returns>
    public string Send(string content)
    {
        string answer = "";
        foreach (string line in (string[])["MAIL FROM:<alice@origin.test>", "RCPT TO:<bob@sink.test>", "DATA", content + "\r\n."])
        {
            answer = Say(line);
            if (answer is not ['2' or '3', ..])
                break;
        }
        return answer;
    }

    public void Dispose()
    {
        reader.Dispose();
        client.Dispose();
    }
}
