using System.Text.Json;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>Each row of client-cases.json is what Postfix 3.7 did against a server with that script: results with their
/// texts, other log lines, commands on the wire, whether the destination was throttled.</summary>
public sealed class ClientCasesTests
{
    private static readonly JsonElement s_cases = ClientCase.Read("client-cases.json");

    public static TheoryData<string> Cases() => ClientCase.Names(s_cases);

    // A0.1, S1-31, S1-37, S1-50, S1-59, S2-01, S2-02, S2-03, S2-04, S2-05, S2-06, S2-07, S2-12, S2-15, S2-21, S2-23, S3-30, S3-37, S4-05, S4-07, S4-11, S4-14, S4-16, S4-17, S4-20, S4-21, S4-22
    [Theory]
    [MemberData(nameof(Cases))]
    public void Answers_as_Postfix_does(string name) => ClientCase.Check(s_cases, name);
}

/// <summary>Rows of the same kind for what Postfix's table has not, or what we do otherwise on purpose: own-cases.json.</summary>
public sealed class OwnCasesTests
{
    private static readonly JsonElement s_cases = ClientCase.Read("own-cases.json");

    public static TheoryData<string> Cases() => ClientCase.Names(s_cases);

    // A0.13, S2-01, S2-02, S2-03, S2-05, S2-06, S2-07, S2-10, S2-12, S2-21, S4-12, S4-18, S4-20, S4-22
    [Theory]
    [MemberData(nameof(Cases))]
    public void Answers_as_described(string name) => ClientCase.Check(s_cases, name);
}
