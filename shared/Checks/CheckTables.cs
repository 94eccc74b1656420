using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Checks;

/// <summary>A table of checks.</summary>
/// <param name="Name">Its parameter.</param>
/// <param name="Table">Patterns, and what to do with lines that match.</param>
public sealed record CheckTable(string Name, LookupTable Table)
{
    /// <summary>Octets of a line that are looked at are all of them, as text; null: nothing is to be done with it.</summary>
    /// <exception cref="Tables.LookupException">It cannot be said now.</exception>
    public string? Find(ReadOnlySpan<byte> text) => text.IsEmpty ? null : Table.Find(ByteText.Decode(text));

    /// <returns>null: the table is empty.</returns>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal static CheckTable? Read(MainConfig config, Parameter<LookupTable> parameter, bool ofHeaders)
    {
        LookupTable table = config.Get(parameter);
        if (table.IsEmpty)
            return null;
        if (table.FirstValue(value => CheckAction.Parse(value).Problem(value, parameter.Name, ofHeaders) is not null) is { } wrong)
            config.Remark(parameter, $"nothing is done about what matches: {CheckAction.Parse(wrong).Problem(wrong, parameter.Name, ofHeaders)}");
        return new CheckTable(parameter.Name, table);
    }
}

/// <summary>The tables that look at what a message has in it: one for each kind of header, one for text.</summary>
/// <param name="Headers">By <see cref="HeaderPlace"/>; null where there is none.</param>
/// <param name="Body">null: there is none.</param>
/// <param name="BodyLimit">Octets of each text that are looked at; 0: all.</param>
/// <param name="Limits">How much of the structure is seen.</param>
public sealed record CheckTables(IReadOnlyList<CheckTable?> Headers, CheckTable? Body, long BodyLimit, MimeLimits Limits)
{
    /// <summary>Those for mail that comes in: header_checks and its kin.</summary>
    /// <returns>null: all are empty.</returns>
    /// <exception cref="ConfigurationException">One cannot be used.</exception>
    public static CheckTables? ReadIncoming(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        MimeLimits limits = new(config.Get(Parameters.MimeNestingLimit), config.Get(Parameters.MimeBoundaryLengthLimit), config.Get(Parameters.HeaderSizeLimit),
            !config.Get(Parameters.DisableMimeInputProcessing));
        CheckTables tables = new(
        [
            CheckTable.Read(config, Parameters.HeaderChecks, ofHeaders: true),
            CheckTable.Read(config, Parameters.MimeHeaderChecks, ofHeaders: true),
            CheckTable.Read(config, Parameters.NestedHeaderChecks, ofHeaders: true),
        ], CheckTable.Read(config, Parameters.BodyChecks, ofHeaders: false), config.Get(Parameters.BodyChecksSizeLimit), limits);
        return tables.Body is null && tables.Headers.All(static table => table is null) ? null : tables;
    }
}
