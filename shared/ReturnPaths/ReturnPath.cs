using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.ReturnPaths;

/// <summary>What an address of report_domain says, once it is verified.</summary>
/// <param name="Day">On which the mail left, days since 1970 (UTC).</param>
/// <param name="Place">Where that day's file has who it was from and to (<see cref="SentMail"/>).</param>
/// <param name="Digest">Of the recipient.</param>
public readonly record struct ReturnPath(int Day, long Place, long Digest);

/// <summary>Makes and verifies envelope senders that tell one recipient of one message, and that nobody else can make: day, place and digest, and a MAC over them and the domain, as
/// 40 letters and digits, the same in capitals.</summary>
/// <remarks>The address says nothing of sender and recipient themselves: whoever sees it learns no more than how many octets were written that day.</remarks>
/// <param name="key">Of <see cref="ReturnKey"/>.</param>
/// <param name="domain">report_domain.</param>
/// <param name="lifetime">Seconds for which an address is good.</param>
public sealed class ReturnPathMaker(byte[] key, string domain, long lifetime)
{
    private const char Mark = 'r';
    private const int DayAt = 0, PlaceAt = 2, DigestAt = 7, MacAt = 12, Length = 24;
    private const long SecondsOfDay = 86_400, Largest = 0xFF_FFFF_FFFF;

    private readonly string _domain = domain.ToLowerInvariant();

    /// <summary>report_domain.</summary>
    public string Domain => _domain;

    /// <summary>The day of a time, seconds since 1970.</summary>
    public static int DayOf(long now) => (int)(now / SecondsOfDay);

    /// <summary>The first day whose addresses are still good.</summary>
    public int FirstDay(long now) => DayOf(now - lifetime);

    /// <summary>The address for one recipient.</summary>
    /// <param name="day">Today.</param>
    /// <param name="place">What <see cref="SentMail"/> said.</param>
    /// <param name="recipient">Internal form.</param>
    public string Make(int day, long place, string recipient)
    {
        Span<byte> octets = stackalloc byte[Length];
        BinaryPrimitives.WriteUInt16BigEndian(octets[DayAt..], (ushort)day);
        Write40(octets[PlaceAt..], place);
        Write40(octets[DigestAt..], DigestOf(recipient));
        Mac(octets[..MacAt], octets[MacAt..]);
        return $"{Mark}{Base32.Encode(octets)}@{_domain}";
    }

    /// <summary>An address is of this domain, good or not.</summary>
    /// <param name="address">Internal form.</param>
    public bool IsOfDomain(string address) => Address.DomainOf(address).Equals(_domain, StringComparison.OrdinalIgnoreCase);

    /// <summary>Verifies an address.</summary>
    /// <param name="address">Internal form; capitals do not matter.</param>
    /// <param name="now">Seconds since 1970.</param>
    /// <param name="path">What it says.</param>
    public ReturnPathState Verify(string address, long now, out ReturnPath path)
    {
        path = default;
        (string local, _) = Address.Split(address);
        Span<byte> octets = stackalloc byte[Length], mac = stackalloc byte[Length - MacAt];
        if (!IsOfDomain(address) || local is not ([Mark or 'R', ..]) || !Base32.TryDecode(local.AsSpan(1), octets))
            return ReturnPathState.Forged;
        Mac(octets[..MacAt], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, octets[MacAt..]))
            return ReturnPathState.Forged;
        path = new ReturnPath(BinaryPrimitives.ReadUInt16BigEndian(octets[DayAt..]), Read40(octets[PlaceAt..]), Read40(octets[DigestAt..]));
        return path.Day < FirstDay(now) ? ReturnPathState.TooOld : path.Day > DayOf(now) + 1 ? ReturnPathState.Forged : ReturnPathState.Good;
    }

    /// <summary>An address stands for a recipient.</summary>
    public bool IsFor(in ReturnPath path, string recipient) => path.Digest == DigestOf(recipient);

    private void Mac(ReadOnlySpan<byte> said, Span<byte> mac)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, [.. "return path 1\n"u8, .. Encoding.UTF8.GetBytes(_domain), (byte)'\n', .. said], whole);
        whole[..mac.Length].CopyTo(mac);
    }

    private long DigestOf(string recipient)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, [.. "recipient 1\n"u8, .. Encoding.UTF8.GetBytes(recipient.ToLowerInvariant())], whole);
        return Read40(whole);
    }

    private static void Write40(Span<byte> octets, long value)
    {
        value = Math.Clamp(value, 0, Largest);
        octets[0] = (byte)(value >> 32);
        BinaryPrimitives.WriteUInt32BigEndian(octets[1..], (uint)value);
    }

    private static long Read40(ReadOnlySpan<byte> octets) => ((long)octets[0] << 32) | BinaryPrimitives.ReadUInt32BigEndian(octets[1..]);
}

/// <summary>What an address of report_domain is.</summary>
public enum ReturnPathState
{
    /// <summary>We made it, and not long ago.</summary>
    Good,
    /// <summary>We made it; report_lifetime is over.</summary>
    TooOld,
    /// <summary>We did not make it.</summary>
    Forged,
}
