using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Milter;
using PostfixNet.Tables;

namespace PostfixNet.Smtpd;

/// <summary>Which milters there are for which client.</summary>
internal sealed class MilterChoice
{
    private readonly IReadOnlyList<MilterOptions> _usual;
    private readonly LookupTable _byClient;

    private MilterChoice(MilterSettings settings, IReadOnlyList<MilterOptions> usual, LookupTable byClient) => (Settings, _usual, _byClient) = (settings, usual, byClient);

    /// <summary>What holds for all of them.</summary>
    internal MilterSettings Settings { get; }

    /// <summary>relayhost: where mail goes, as milters are told.</summary>
    internal required string RelayHost { get; init; }

    /// <summary>myhostname.</summary>
    internal required string MyHostname { get; init; }

    /// <summary>Those of a client. smtpd_milter_maps comes before smtpd_milters, unless it cannot be asked, or is not understood.</summary>
    internal async ValueTask<IReadOnlyList<MilterOptions>> Of(ClientInfo client, AccessServices services)
    {
        if (_byClient.IsEmpty)
            return _usual;
        string problem;
        try
        {
            if (await services.Ask(_byClient, () => _byClient.Find(client.AddressOrLoopback.ToString())) is not { } text)
                return _usual;
            if (Settings.Parse(text, out problem) is { } own)
                return own;
        }
        catch (LookupException e)
        {
            problem = e.Message;
        }
        services.Log.Warning($"{Parameters.SmtpdMilterMaps.Name}: {problem} -- {Parameters.SmtpdMilters.Name} holds");
        return _usual;
    }

    /// <returns>null: there are no milters.</returns>
    /// <exception cref="ConfigurationException">A milter is not understood.</exception>
    internal static MilterChoice? Read(MainConfig config)
    {
        MilterSettings settings = MilterSettings.Read(config);
        IReadOnlyList<MilterOptions> usual = settings.List(config, Parameters.SmtpdMilters);
        LookupTable byClient = config.Get(Parameters.SmtpdMilterMaps);
        string relayHost = config.Get(Parameters.Relayhost).FirstOrDefault(""), myHostname = config.Get(Parameters.MyHostname), problem = "";
        if (byClient.FirstKey((_, value) => settings.Parse(value, out problem) is null) is { } key)
            throw config.Refuse(Parameters.SmtpdMilterMaps, $"entry of {key}: {problem}");
        bool isOmitted = Reception.Read(config).Omits(ReceiveOverrides.Milters);
        return isOmitted || (usual.Count == 0 && byClient.IsEmpty) ? null : new MilterChoice(settings, usual, byClient) { RelayHost = relayHost, MyHostname = myHostname };
    }
}
