using System.Text.Json;

namespace PostfixNet.Metrics;

/// <summary>What master says of itself and its services.</summary>
/// <param name="IsStopping">The system is being stopped.</param>
/// <param name="Started">Seconds since 1970.</param>
/// <param name="Services">Those of master.toml.</param>
internal sealed record MasterState(bool IsStopping, long Started, IReadOnlyList<ServiceNumbers> Services)
{
    /// <summary>Of its status.</summary>
    internal static MasterState From(JsonElement status) => new(status.GetProperty("stopping").GetBoolean(), status.GetProperty("started").GetInt64(),
        [.. status.GetProperty("services").EnumerateArray().Select(ServiceNumbers.From)]);
}

/// <summary>A service.</summary>
/// <param name="Name">In master.toml.</param>
/// <param name="State">In master's words.</param>
/// <param name="Processes">Now.</param>
/// <param name="Busy">Of these, with a client.</param>
/// <param name="Limit">Processes at most; null: no limit.</param>
/// <param name="Requests">Times that a process began to serve.</param>
/// <param name="Starts">Processes started.</param>
/// <param name="Crashes">Processes that ended with an error.</param>
/// <param name="Throttles">Times that it was held back.</param>
internal sealed record ServiceNumbers(string Name, string State, long Processes, long Busy, long? Limit, long Requests, long Starts, long Crashes, long Throttles)
{
    /// <summary>It could not start, or crashed at once, and is held back.</summary>
    internal bool IsThrottled => State == "throttled";

    internal static ServiceNumbers From(JsonElement service)
    {
        long Of(string name) => service.GetProperty(name).GetInt64();
        return new ServiceNumbers(service.GetProperty("name").GetString()!, service.GetProperty("state").GetString()!, Of("processes"), Of("busy"),
            service.GetProperty("limit").ValueKind == JsonValueKind.Number ? Of("limit") : null, Of("requests"), Of("starts"), Of("crashes"), Of("throttles"));
    }
}
