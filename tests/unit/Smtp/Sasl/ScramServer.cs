using System.Security.Cryptography;
using System.Text;

namespace PostfixNet.UnitTests.Smtp.Sasl;

/// <summary>The server's side of SCRAM-SHA-256 (RFC 5802), as an answer to each line of the client.</summary>
/// <param name="endPoint">Hash of the certificate that the client must bind to; null: the client must not bind.</param>
/// <param name="header">What the client is to say about binding.</param>
internal sealed class ScramServer(
    string password, bool knowsPassword = true, bool skipsProof = false, byte[]? endPoint = null, string header = "n,,")
{
    private static readonly byte[] s_salt = [1, 2, 3, 4, 5, 6, 7, 8];

    private string _clientFirst = "", _serverFirst = "";
    private int _step;

    internal string Answer(string line)
    {
        switch (_step++)
        {
            case 0:
                string first = Decode(line.Split(' ')[2]);
                if (!first.StartsWith(header, StringComparison.Ordinal))
                    return "535 5.7.8 wrong header";
                _clientFirst = first[header.Length..];
                _serverFirst = $"r={_clientFirst[(_clientFirst.IndexOf("r=", StringComparison.Ordinal) + 2)..]}more,s={Convert.ToBase64String(s_salt)},i=4096";
                return "334 " + Encode(_serverFirst);
            case 1:
                string final = Decode(line);
                byte[] bound = [.. Encoding.ASCII.GetBytes(header), .. endPoint ?? []];
                if (!final.StartsWith($"c={Convert.ToBase64String(bound)},", StringComparison.Ordinal))
                    return "535 5.7.8 bound to something else";
                int proof = final.IndexOf(",p=", StringComparison.Ordinal);
                byte[] signed = Encoding.UTF8.GetBytes($"{_clientFirst},{_serverFirst},{final[..proof]}");
                byte[] salted = Rfc2898DeriveBytes.Pbkdf2(knowsPassword ? password : password + "?", s_salt, 4096, HashAlgorithmName.SHA256, 32);
                byte[] clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
                byte[] signature = HMACSHA256.HashData(SHA256.HashData(clientKey), signed);
                byte[] want = signature.Zip(clientKey, (a, b) => (byte)(a ^ b)).ToArray();
                if (knowsPassword && !want.SequenceEqual(Convert.FromBase64String(final[(proof + 3)..])))
                    return "535 5.7.8 bad proof";
                if (skipsProof)
                    return "235 2.7.0 fine";
                byte[] own = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), signed);
                return "334 " + Encode("v=" + Convert.ToBase64String(own));
            default:
                return line.Length == 0 ? "235 2.7.0 fine" : "501 5.5.2 cancelled";
        }
    }

    private static string Decode(string text) => Encoding.UTF8.GetString(Convert.FromBase64String(text));

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
