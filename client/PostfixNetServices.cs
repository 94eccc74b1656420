using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using PostfixNet.Client;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Postfix.Net to an application.</summary>
public static class PostfixNetServices
{
    /// <summary>Adds <see cref="IMailQueue"/> and <see cref="IMailEvents"/>, one of each for the whole application.</summary>
    /// <param name="services">Of the application.</param>
    /// <param name="configure">Sets the options. What is wrong with them is said when the application starts.</param>
    public static IServiceCollection AddPostfixNet(this IServiceCollection services, Action<PostfixNetOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<PostfixNetOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PostfixNetOptions>, OptionsCheck>());
        services.TryAddSingleton<IMailQueue>(static provider => new MailQueue(provider.GetRequiredService<IOptions<PostfixNetOptions>>().Value));
        services.TryAddSingleton<IMailEvents>(static provider => new MailEvents(provider.GetRequiredService<IOptions<PostfixNetOptions>>().Value));
        return services;
    }

    /// <summary>Adds the question whether the mail system answers.</summary>
    /// <param name="builder">Of the application's checks.</param>
    /// <param name="name">Of the check.</param>
    /// <param name="failureStatus">When it does not; default: unhealthy. An application that can work without mail takes degraded.</param>
    /// <param name="tags">Of the check.</param>
    /// <param name="timeout">For the check; default: none besides those of the options.</param>
    public static IHealthChecksBuilder AddPostfixNet(this IHealthChecksBuilder builder, string name = "postfixnet", HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(name, static provider => new MailQueueHealthCheck(provider.GetRequiredService<IMailQueue>()), failureStatus, tags, timeout));
    }
}
