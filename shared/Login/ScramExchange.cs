using System.Security.Cryptography;
using PostfixNet.Mail;

namespace PostfixNet.Login;

/// <summary>SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, RFC 5802 and 7677: the password is not sent, and both sides prove themselves.</summary>
/// <param name="bindsChannel">-PLUS.</param>
/// <param name="couldBind">-PLUS was offered, too.</param>
internal sealed class ScramExchange(PasswordFile file, string domain, LoginClient client, bool bindsChannel, bool couldBind) : LoginExchange
{
    private static readonly HashAlgorithmName s_hash = HashAlgorithmName.SHA256;

    private State _state = State.First;
    private string _user = "";
    private string? _name;
    private ScramVerifier? _verifier;
    private byte[] _bound = [];
    private string _clientFirst = "", _serverFirst = "", _nonce = "";

    private enum State
    {
        First,
        Proof,
        End,
    }

    private protected override ValueTask<LoginStep> NextAsync(byte[]? response)
    {
        if (response is null)
            return new(_state == State.First ? Ask("") : Malformed("SCRAM"));
        return new(_state switch
        {
            State.First => First(ByteText.Decode(response)),
            State.Proof => Proof(ByteText.Decode(response)),
            // It has seen our signature, and found it good.
            _ => response.Length == 0 ? new LoginStep.Done(PrintableText.Of(_name!)) : Malformed("SCRAM"),
        });
    }

    // gs2-cbind-flag "," [ "a=" authzid ] "," "n=" name "," "r=" nonce [ "," extensions ]
    private LoginStep First(string message)
    {
        string[] parts = message.Split(',', 3);
        if (parts is not [var flag, var authority, var bare] || bare.Split(',') is not [var userPart, var noncePart, ..]
            || Scram.Value(userPart, 'n') is not { Length: > 0 } userText || Scram.Unescape(userText) is not { } user
            || Scram.Value(noncePart, 'r') is not { Length: > 0 } nonce || nonce.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return Malformed("SCRAM");
        _user = user;
        // GNU SASL writes "a=" for none.
        if (authority is not ("" or "a=") && (Scram.Value(authority, 'a') is not { } other || Scram.Unescape(other) != user))
            return Failed("wants the rights of another user");
        if (Bind(flag) is { } problem)
            return Failed(problem);
        _bound = [.. ByteText.Encode($"{flag},{authority},"), .. _bound];
        _clientFirst = bare;
        (Verifier verifier, _name) = file.Table().Find(user, domain, scramOnly: true);
        _verifier = (ScramVerifier)verifier;
        _nonce = nonce + Scram.NewNonce();
        _serverFirst = $"r={_nonce},s={Convert.ToBase64String(_verifier.Salt)},i={_verifier.Iterations}";
        _state = State.Proof;
        return Ask(_serverFirst);
    }

    // RFC 5802 section 6. What is bound to is part of what the client signs.
    private string? Bind(string flag)
    {
        switch (flag)
        {
            case "n":
                return bindsChannel ? "binds to no channel" : null;
            case "y":
                // It has not seen the offer: somebody between took it away.
                return bindsChannel ? "binds to no channel" : couldBind ? "did not see that channel binding was offered" : null;
        }
        if (!bindsChannel)
            return "binds to a channel, which is for SCRAM-SHA-256-PLUS";
        _bound = flag switch
        {
            "p=tls-server-end-point" => client.ServerEndPoint ?? [],
            "p=tls-exporter" => client.Exporter ?? [],
            _ => [],
        };
        return _bound.Length == 0 ? "wants a kind of channel binding that is not there" : null;
    }

    // "c=" header and channel, "," "r=" nonce [ "," extensions ] "," "p=" proof
    private LoginStep Proof(string message)
    {
        int last = message.LastIndexOf(',');
        if (last < 0 || message[..last].Split(',') is not [var boundPart, var noncePart, ..] || Scram.Value(boundPart, 'c') is not { } boundText
            || Base64Line.TryDecode(boundText) is not { } bound || Scram.Value(noncePart, 'r') is not { } nonce
            || Scram.Value(message[(last + 1)..], 'p') is not { } proofText || Base64Line.TryDecode(proofText) is not { Length: 32 } proof)
            return Malformed("SCRAM");
        if (nonce != _nonce)
            return Failed("another nonce");
        if (!CryptographicOperations.FixedTimeEquals(bound, _bound))
            return Failed("bound to another channel");
        byte[] signed = ByteText.Encode($"{_clientFirst},{_serverFirst},{message[..last]}");
        byte[] clientKey = Scram.Xor(proof, Scram.Sign(s_hash, _verifier!.StoredKey, signed));
        bool isProof = _verifier.IsProof(clientKey);
        if (!isProof || _name is null)
            return Failed(_name is null ? "no such user, or none with a SCRAM verifier" : "wrong password");
        _state = State.End;
        return Ask($"v={Convert.ToBase64String(Scram.Sign(s_hash, _verifier.ServerKey, signed))}");
    }

    private LoginStep.Failed Failed(string reason) => new(reason) { User = PrintableText.Of(_user) };
}
