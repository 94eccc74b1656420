using PostfixNet.Native;

namespace PostfixNet.Smtp.Sasl;

/// <summary>A file that somebody else keeps fresh. Read anew for each login.</summary>
internal sealed class TokenFile(string path) : TokenSource
{
    internal override string Get(Action breathe)
    {
        try
        {
            byte[] bytes = FileSystem.ReadAll(path, MostOctets, out FileStatus status);
            const int ForOthers = 7;
            return (status.Mode & ForOthers) == 0
                ? Parse(bytes, path, out _)
                : throw new SaslException($"token file {path} is open to all users; take their rights away (chmod o=)");
        }
        catch (IOException e)
        {
            throw new SaslException($"token file: {e.Message}");
        }
    }

    internal override bool Refused() => false;
}
