using System.Globalization;
using PostfixNet.Native;

namespace PostfixNet.Web;

/// <summary>Who is at the other end.</summary>
/// <param name="Uid">Of a process of this host, by way of the Unix socket; null: somebody by TCP.</param>
/// <param name="Address">Of him, then.</param>
internal sealed record Client(uint? Uid, string Address)
{
    /// <summary>For the log.</summary>
    public override string ToString() => Uid is { } uid ? string.Create(CultureInfo.InvariantCulture, $"{Users.ByUid(uid)?.Name ?? "user"}({uid}) by web") : $"web client {Address}";
}
