using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Tables;

namespace PostfixNet.Configuration;

/// <summary>Every parameter of main.toml that works: name, kind, range and default. Names, meanings and defaults are Postfix's unless
/// its entry says otherwise. One file for each program that reads them.</summary>
/// <remarks>The C# name is the Postfix name in Pascal case. A default that begins with "$" follows another parameter. Times:
/// the unit in the default is also the unit of a bare number. What else Postfix has stands in <see cref="UnsupportedTable"/>.</remarks>
public static partial class Parameters
{
    private const string Feedbacks = "is not accepted; give a number from 0 to 1, or number/concurrency, or number/sqrt_concurrency";
    private const string SaslSecurityOptions = "noplaintext noactive nodictionary noanonymous mutual_auth forward_secrecy";
    private const string EhloKeywords = "8bitmime auth chunking dsn enhancedstatuscodes etrn limits pipelining requiretls silent-discard size smtputf8 starttls verp xclient xforward";
    private const string Facilities = "auth authpriv cron daemon ftp kern lpr mail news syslog user uucp local0 local1 local2 local3 local4 local5 local6 local7";

    // Asked by way of a field of this class, so that all parameters are there: a class is made when its first field is used.
    private static readonly Dictionary<string, Parameter> s_byName = Index.ByName;

    /// <summary>All parameters.</summary>
    internal static IReadOnlyCollection<Parameter> All => s_byName.Values;

    /// <summary>The parameter of that name; null when there is none.</summary>
    internal static Parameter? Find(string name) => s_byName.GetValueOrDefault(name);

    // A class of its own, so that it is there before the first parameter is added, whatever the order of files.
    private static class Index
    {
        internal static readonly Dictionary<string, Parameter> ByName = new(256, StringComparer.Ordinal);
    }

    private static T Add<T>(T parameter) where T : Parameter
    {
        Index.ByName.Add(parameter.Name, parameter);
        return parameter;
    }

    private static Parameter<string> Text(string name, string? defaultText) => Add(new Parameter<string>(name, defaultText, static value => Conversion.Text(value)));

    /// <param name="problem">What is said of other values, after the value.</param>
    private static Parameter<string> Checked(string name, string? defaultText, Predicate<string> isGood, string problem) =>
        Add(new Parameter<string>(name, defaultText, value => Conversion.Text(value, isGood, problem)));

    private static Parameter<string> HostName(string name) => Add(new Parameter<string>(name, null, Conversion.HostName));

    private static Parameter<string> MailAddress(string name, string defaultText) => Add(new Parameter<string>(name, defaultText, Conversion.MailAddress));

    private static Parameter<IReadOnlyList<string>> NextHops(string name, string defaultText) => Add(new Parameter<IReadOnlyList<string>>(name, defaultText, Conversion.NextHops));

    private static Parameter<string> Transport(string name, string defaultText) => Add(new Parameter<string>(name, defaultText, Conversion.Transport));

    private static Parameter<string> AbsolutePath(string name, string? defaultText) => Add(new Parameter<string>(name, defaultText, Conversion.AbsolutePath));

    private static Parameter<string> Choice(string name, string defaultText, string choices, bool mayBeEmpty = false)
    {
        // A default that is to be expanded becomes one of the choices.
        string[] words = [.. choices.Split(' ').Concat(defaultText.Contains('$', StringComparison.Ordinal) ? [] : [defaultText]).Concat(mayBeEmpty ? [""] : []).Distinct()];
        return Add(new Parameter<string>(name, defaultText, value => Conversion.Choice(value, words)));
    }

    private static Parameter<bool> Flag(string name, string defaultText) => Add(new Parameter<bool>(name, defaultText, Conversion.Flag));

    private static Parameter<int> Number(string name, string defaultText, int minimum = 0, int maximum = int.MaxValue) =>
        Add(new Parameter<int>(name, defaultText, value => (int)Conversion.Number(value, minimum, maximum)));

    private static Parameter<long> Size(string name, string defaultText, long minimum = 0) =>
        Add(new Parameter<long>(name, defaultText, value => Conversion.Number(value, minimum, long.MaxValue)));

    private static Parameter<int> Port(string name, string defaultText) => Add(new Parameter<int>(name, defaultText, Conversion.Port));

    private static Parameter<TimeSpan> Time(string name, string defaultText, int minimum = 0, int maximum = int.MaxValue)
    {
        char unit = char.IsAsciiLetter(defaultText[^1]) && char.IsAsciiDigit(defaultText[0]) ? defaultText[^1] : 's';
        return Add(new Parameter<TimeSpan>(name, defaultText, value => Conversion.Time(value, unit, minimum, maximum)));
    }

    private static Parameter<IReadOnlyList<string>> List(string name, string defaultText, string? choices = null)
    {
        string[]? words = choices?.Split(' ');
        return Add(new Parameter<IReadOnlyList<string>>(name, defaultText, value => Conversion.List(value, words)));
    }

    private static Parameter<IPAddress> Address(string name, AddressFamily family) =>
        Add(new Parameter<IPAddress>(name, "", value => Conversion.Address(value, family)));

    private static Parameter<UserList> Users(string name) => Add(new Parameter<UserList>(name, "static:anyone", UserList.Read));

    private static Parameter<MatchList> Hosts(string name, string defaultText) => Add(new Parameter<MatchList>(name, defaultText, MatchList.Hosts));

    private static Parameter<MatchList> Domains(string name, string defaultText) => Add(new Parameter<MatchList>(name, defaultText, MatchList.Domains));

    private static Parameter<MatchList> Words(string name, string defaultText) => Add(new Parameter<MatchList>(name, defaultText, MatchList.Words));

    private static Parameter<LookupTable> Table(string name, string defaultText) => Add(new Parameter<LookupTable>(name, defaultText, LookupTable.Open));

    /// <param name="limits">What its user does not take.</param>
    private static Parameter<LookupTable> Table(string name, string defaultText, TableLimits limits) =>
        Add(new Parameter<LookupTable>(name, defaultText, value => LookupTable.Open(value, limits)));

    private static Parameter<ActionList> Actions(string name, string defaultText, string actions)
    {
        string[] words = actions.Split(' ');
        return Add(new Parameter<ActionList>(name, defaultText, value => ActionList.Read(value, words)));
    }

    private static Parameter<LookupTable> Secrets(string name) => Add(new Parameter<LookupTable>(name, "", LookupTable.OpenSecrets));

    // Levels are numbers with dots; 3.10 comes after 3.6.
    private static bool IsSupportedLevel(string text) => Version.TryParse(text.Contains('.', StringComparison.Ordinal) ? text : text + ".0", out Version? level) && level >= new Version(3, 6);

    private static bool IsFeedback(string text)
    {
        string[] parts = text.Split('/', 2, StringSplitOptions.TrimEntries);
        return double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number is >= 0 and <= 1
            && (parts.Length == 1 || parts[1] is "concurrency" or "sqrt_concurrency");
    }
}
