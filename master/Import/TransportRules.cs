using PostfixNet.Configuration;

namespace PostfixNet.Master.Import;

/// <summary>Parameters that name transports which are not taken: mail for them waits, and goes nowhere else.</summary>
/// <param name="plan">Its parameters are changed.</param>
/// <param name="ways">Which transports are there.</param>
internal sealed class TransportRules(Plan plan, Ways ways)
{
    private static readonly string[] s_one = ["default_transport", "relay_transport", "local_transport", "best_mx_transport"];

    internal void Run()
    {
        foreach (PlannedParameter parameter in plan.Parameters.Where(static parameter => s_one.Contains(parameter.Name)))
        {
            string name = Name(parameter.Expanded);
            if (name.Length == 0 || (parameter.Name == "local_transport" && name == "local") || ways.Missing(name) is not { } missing)
                continue;
            parameter.Finding.Lose($"mail would wait in the queue, and not go by {name}: {missing.Why}", missing.Decides);
            parameter.Change(Ways.Waiting(name));
        }
        Filters();
        if (plan.Find("defer_transports") is { } deferred && MainConfig.Words(deferred.Expanded) is var words && words.Any(word => ways.Missing(word) is not null))
            deferred.Change(string.Join(", ", words.Where(word => ways.Missing(word) is null)));
        foreach (PlannedParameter parameter in plan.Parameters.ToArray())
        {
            if (PostfixParameters.TransportOf(parameter.Name) is not { } transport || plan.Services.Exists(service => service.Name == transport && service.Command == "smtp"))
                continue;
            plan.Parameters.Remove(parameter);
            parameter.Finding.Lose($"there is no transport {transport} that it would be for", decides: false);
        }
    }

    private void Filters()
    {
        foreach (PlannedParameter parameter in plan.Parameters.Concat(plan.Services.SelectMany(static service => service.Options)).Where(static parameter => parameter.Name == "content_filter").ToArray())
        {
            string name = Name(parameter.Expanded);
            if (name.Length == 0 || ways.Missing(name) is not { } missing)
                continue;
            parameter.Finding.Lose($"mail would not pass through the filter {name}, but go to its recipients unfiltered: {missing.Why}", missing.Decides);
            parameter.Change("");
        }
    }

    private static string Name(string transport) => transport.Trim() is var text && text.IndexOf(':', StringComparison.Ordinal) is >= 0 and int colon ? text[..colon] : text.Trim();
}
