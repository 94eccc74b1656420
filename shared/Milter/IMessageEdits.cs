namespace PostfixNet.Milter;

/// <summary>What a milter can do to a message, once it has seen all of it. Positions are those of the protocol.</summary>
/// <remarks>An IOException means that it could not be done; the milter is heard to its end all the same, so that its connection can be used again.</remarks>
public interface IMessageEdits
{
    /// <summary>Adds a header after all others.</summary>
    /// <param name="value">As it stands after the colon: with a blank or without; LF between lines.</param>
    public void AddHeader(string name, string value);

    /// <summary>Inserts a header.</summary>
    /// <param name="index">0: before all others, our own Received: too.</param>
    /// <param name="value">As above.</param>
    public void InsertHeader(int index, string name, string value);

    /// <summary>Puts another header in the place of one.</summary>
    /// <param name="index">1: the first of that name.</param>
    /// <param name="value">As above.</param>
    public void ChangeHeader(int index, string name, string value);

    /// <summary>Takes a header away.</summary>
    public void DeleteHeader(int index, string name);

    /// <summary>Another sender.</summary>
    /// <param name="address">As it stands in MAIL FROM.</param>
    /// <param name="parameters">ESMTP parameters; empty: none.</param>
    public void ChangeSender(string address, string parameters);

    /// <summary>Another recipient.</summary>
    public void AddRecipient(string address, string parameters);

    /// <summary>Takes a recipient away, with all that became of it.</summary>
    public void DeleteRecipient(string address);

    /// <summary>Takes a piece of the body that is to stand in the place of the present one.</summary>
    public void ReplaceBody(ReadOnlySpan<byte> piece);

    /// <summary>The new body is complete.</summary>
    public void EndBody();
}

/// <summary>A message as a milter sees it, piece by piece.</summary>
public interface IMilterContent
{
    /// <summary>Takes the next header.</summary>
    /// <param name="name">Without colon.</param>
    /// <param name="value">What follows the colon; LF between lines.</param>
    /// <returns>False: there are no more.</returns>
    public bool NextHeader(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value);

    /// <summary>Takes the next piece of the body, with CR LF at the end of lines; empty: it is over.</summary>
    public ReadOnlySpan<byte> NextBody();
}
