using PostfixNet.Configuration;

namespace PostfixNet.Qmgr;

/// <summary>When a small job may overtake the oldest one (S5-30).</summary>
/// <remarks>Every delivery of the oldest job earns it 1/cost of a slot; every delivery of a job that overtakes it costs it
/// one. So it is slowed by the factor cost/(cost-1) at most, apart from the loan, and a mail with one recipient waits for
/// no mailing.</remarks>
/// <param name="Cost">delivery_slot_cost: deliveries that earn one slot; below 2 nothing overtakes.</param>
/// <param name="Loan">delivery_slot_loan: slots given in advance.</param>
/// <param name="Discount">delivery_slot_discount: percent of the slots a job needs that may still be missing when it begins.</param>
/// <param name="Minimum">minimum_delivery_slots: a job that will not earn so many is not overtaken.</param>
internal sealed record SlotRules(int Cost, int Loan, int Discount, int Minimum)
{
    internal static SlotRules Of(MainConfig config, string transport) => new(
        config.ForTransport(Parameters.DefaultDeliverySlotCost, transport),
        config.ForTransport(Parameters.DefaultDeliverySlotLoan, transport),
        config.ForTransport(Parameters.DefaultDeliverySlotDiscount, transport),
        config.ForTransport(Parameters.DefaultMinimumDeliverySlots, transport));

    internal bool MayOvertake(Job oldest, Job small)
    {
        if (Cost < 2 || small.Size >= oldest.Size || oldest.Size < (long)Minimum * Cost)
            return false;
        return small.Overtakes || (long)small.Size * (100 - Discount) * Cost <= (oldest.Credit + (long)Loan * Cost) * 100;
    }

    /// <summary>A delivery of the oldest job begins. Credit is counted in parts of a slot: cost of them are one.</summary>
    internal static void Earn(Job oldest) => oldest.Credit++;

    /// <summary>A delivery of another job begins in its place.</summary>
    internal void Pay(Job oldest, Job small)
    {
        oldest.Credit -= Cost;
        small.Overtakes = true;
    }
}
