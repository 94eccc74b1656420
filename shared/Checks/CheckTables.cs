using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Checks;

/// <summary>A table of checks.</summary>
/// <param name="Parameter">Names it.</param>
/// <param name="Table">Patterns, and what to do with lines that match.</param>
public sealed record CheckTable(Parameter Parameter, LookupTable Table)
{
    /// <summary>Name of its parameter, as the log has it.</summary>
    public string Name { get; private init; } = Parameter.Name;

    /// <summary>Octets of a line that are looked at are all of them, as text; null: nothing is to be done with it.</summary>
    /// <exception cref="Tables.LookupException">It cannot be said now.</exception>
    public string? Find(ReadOnlySpan<byte> text) => text.IsEmpty ? null : Table.Find(ByteText.Decode(text));

    /// <param name="transport">Service that sends mail with it; null: it is for mail that comes in.</param>
    /// <returns>null: the table is empty.</returns>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal static CheckTable? Read(MainConfig config, Parameter<LookupTable> parameter, bool ofHeaders, string? transport = null, CheckUse use = CheckUse.Incoming)
    {
        LookupTable table = transport is null ? config.Get(parameter) : config.ForTransport(parameter, transport);
        if (table.IsEmpty)
            return null;
        string name = transport == "lmtp" ? $"lmtp_{parameter.Name["smtp_".Length..]}" : parameter.Name;
        if (table.FirstValue(value => Problem(value) is not null) is { } wrong)
            config.Remark(parameter, $"nothing is done about what matches: {Problem(wrong)}", transport);
        return new CheckTable(parameter, table) { Name = name };

        string? Problem(string value) => CheckAction.Parse(value).Problem(value, name, ofHeaders, transport is null ? use : CheckUse.Outgoing);
    }
}

/// <summary>The tables that look at what a message has in it: one for each kind of header, one for text.</summary>
/// <param name="Headers">By <see cref="HeaderPlace"/>; null where there is none.</param>
/// <param name="Body">null: there is none.</param>
/// <param name="BodyLimit">Octets of each text that are looked at; 0: all.</param>
/// <param name="Limits">How much of the structure is seen.</param>
public sealed record CheckTables(IReadOnlyList<CheckTable?> Headers, CheckTable? Body, long BodyLimit, MimeLimits Limits)
{
    /// <summary>All tables, by their parameters.</summary>
    public IReadOnlyList<(Parameter Parameter, LookupTable Table)> Parameters => [.. Headers.Append(Body).OfType<CheckTable>().Select(static check => (check.Parameter, check.Table))];

    /// <summary>Those for mail that comes in: header_checks and its kin.</summary>
    /// <returns>null: there is nothing to look for.</returns>
    /// <exception cref="ConfigurationException">One cannot be used.</exception>
    public static CheckTables? ReadIncoming(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        MimeLimits limits = new(config.Get(Configuration.Parameters.MimeNestingLimit), config.Get(Configuration.Parameters.MimeBoundaryLengthLimit), config.Get(Configuration.Parameters.HeaderSizeLimit), StrictnessOf(config),
            !config.Get(Configuration.Parameters.DisableMimeInputProcessing));
        CheckTables tables = new(
        [
            CheckTable.Read(config, Configuration.Parameters.HeaderChecks, ofHeaders: true),
            CheckTable.Read(config, Configuration.Parameters.MimeHeaderChecks, ofHeaders: true),
            CheckTable.Read(config, Configuration.Parameters.NestedHeaderChecks, ofHeaders: true),
        ], CheckTable.Read(config, Configuration.Parameters.BodyChecks, ofHeaders: false), config.Get(Configuration.Parameters.BodyChecksSizeLimit), limits);
        return tables.Body is null && tables.Headers.All(static table => table is null) && (limits.Strictness == MimeStrictness.None || !limits.IsSeen) ? null : tables;
    }

    /// <summary>The table for headers that milters add: milter_header_checks.</summary>
    /// <returns>null: it is empty.</returns>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    public static CheckTable? ReadOfMilters(MainConfig config) => CheckTable.Read(config, Configuration.Parameters.MilterHeaderChecks, ofHeaders: true, use: CheckUse.OfMilters);

    /// <summary>Those for mail that goes out: smtp_header_checks and its kin.</summary>
    /// <param name="transport">Name of the service: "lmtp" has tables of its own.</param>
    /// <returns>null: there is nothing to look for.</returns>
    /// <exception cref="ConfigurationException">One cannot be used.</exception>
    public static CheckTables? ReadOutgoing(MainConfig config, string transport)
    {
        ArgumentNullException.ThrowIfNull(config);
        CheckTables tables = new(
        [
            CheckTable.Read(config, Configuration.Parameters.SmtpHeaderChecks, ofHeaders: true, transport),
            CheckTable.Read(config, Configuration.Parameters.SmtpMimeHeaderChecks, ofHeaders: true, transport),
            CheckTable.Read(config, Configuration.Parameters.SmtpNestedHeaderChecks, ofHeaders: true, transport),
        ], CheckTable.Read(config, Configuration.Parameters.SmtpBodyChecks, ofHeaders: false, transport), BodyLimit: 0, new MimeLimits(
            config.Get(Configuration.Parameters.MimeNestingLimit), config.Get(Configuration.Parameters.MimeBoundaryLengthLimit), config.Get(Configuration.Parameters.HeaderSizeLimit),
            MimeStrictness.None, IsSeen: true));
        return tables.Body is null && tables.Headers.All(static table => table is null) ? null : tables;
    }

    private static MimeStrictness StrictnessOf(MainConfig config)
    {
        bool isStrict = config.Get(Configuration.Parameters.Strict8bitmime);
        MimeStrictness strictness = MimeStrictness.None;
        if (config.Get(Configuration.Parameters.Strict7bitHeaders) || isStrict)
            strictness |= MimeStrictness.Headers;
        if (config.Get(Configuration.Parameters.Strict8bitmimeBody) || isStrict)
            strictness |= MimeStrictness.Bodies;
        if (config.Get(Configuration.Parameters.StrictMimeEncodingDomain))
            strictness |= MimeStrictness.Encodings;
        return strictness;
    }
}
