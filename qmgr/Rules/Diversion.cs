using PostfixNet.Selection;

namespace PostfixNet.Qmgr;

/// <summary>What becomes of a message in place of its delivery: what is under way goes on, and nothing more of it starts.</summary>
/// <param name="Rule">By which; null: it could not be looked at, and is to be taken in anew.</param>
internal sealed record Diversion(StandingRule? Rule);
