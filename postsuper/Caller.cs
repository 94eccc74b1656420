using System.Globalization;
using System.Text;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Postsuper;

/// <summary>Who gives an order, for the log.</summary>
internal static class Caller
{
    private const string LoginFile = "/proc/self/loginuid";

    /// <summary>One line: the user, who had logged in before he became that user, and the command.</summary>
    internal static string Describe(IReadOnlyList<string> arguments)
    {
        StringBuilder line = new("ordered by ");
        line.Append(NameOf(s_uid));
        if (LoginUid() is { } login && login != s_uid)
            line.Append(", logged in as ").Append(NameOf(login));
        line.Append(':');
        foreach (string argument in arguments)
        {
            bool isWord = argument.Length > 0 && !argument.Any(static c => char.IsWhiteSpace(c) || c is '\'' or '"' or '\\');
            line.Append(' ').Append(isWord ? argument : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'");
        }
        return PrintableText.Of(line.ToString());
    }

    // Before the program gives root up.
    private static readonly uint s_uid = Users.RealUid;

    private static string NameOf(uint uid) => string.Create(CultureInfo.InvariantCulture, $"{Users.ByUid(uid)?.Name ?? "user"}({uid})");

    // null: nobody had.
    private static uint? LoginUid()
    {
        try
        {
            return uint.TryParse(Encoding.ASCII.GetString(FileSystem.ReadAll(LoginFile, 64)), NumberStyles.None, CultureInfo.InvariantCulture, out uint uid) && uid != uint.MaxValue ? uid : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
