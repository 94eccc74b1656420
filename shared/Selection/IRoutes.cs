using PostfixNet.Delivery;

namespace PostfixNet.Selection;

/// <summary>Knows where mail goes.</summary>
public interface IRoutes
{
    /// <summary>These will be asked for: together they cost less.</summary>
    /// <param name="pairs">Sender and recipient, internal form.</param>
    public void Prepare(IReadOnlyList<(string Sender, string Address)> pairs);

    /// <summary>The route of a recipient; null: it cannot be found out.</summary>
    /// <param name="sender">Envelope sender, internal form.</param>
    /// <param name="address">Of the recipient, likewise.</param>
    public MailRoute? RouteOf(string sender, string address);
}
