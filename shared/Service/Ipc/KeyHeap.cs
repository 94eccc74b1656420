namespace PostfixNet.Ipc;

/// <summary>A binary heap of nodes that know their place: the smallest key first, and any node can be moved or taken out.</summary>
/// <remarks>Not the base library's PriorityQueue: it has no cheap way to move or remove what is somewhere in the middle.</remarks>
public sealed class KeyHeap
{
    private Node?[] _nodes = [];

    /// <summary>Something that can stand in one heap at a time.</summary>
    public class Node
    {
        /// <summary>What decides; smaller goes first.</summary>
        public long Key { get; internal set; }

        /// <summary>What decides between equal keys.</summary>
        public long Tie { get; internal set; }

        /// <summary>Whether it stands in a heap.</summary>
        public bool IsIn => Index >= 0;

        internal int Index { get; set; } = -1;

        internal bool IsBefore(Node other) => Key < other.Key || (Key == other.Key && Tie < other.Tie);
    }

    /// <summary>Nodes in the heap.</summary>
    public int Count { get; private set; }

    /// <summary>Moves of nodes so far: what the order has cost.</summary>
    public long Moves { get; private set; }

    /// <summary>The node with the smallest key; null when the heap is empty.</summary>
    public Node? First => Count > 0 ? _nodes[0] : null;

    /// <summary>Whether a node stands in this heap.</summary>
    public bool Contains(Node node) => node.IsIn && node.Index < Count && _nodes[node.Index] == node;

    /// <summary>Puts a node in, or to the place of its new key.</summary>
    public void Put(Node node, long key, long tie)
    {
        if (node.IsIn && node.Key == key && node.Tie == tie)
            return;
        (node.Key, node.Tie) = (key, tie);
        if (!node.IsIn)
        {
            if (Count == _nodes.Length)
                Array.Resize(ref _nodes, Math.Max(1, Count * 2));
            node.Index = Count++;
        }
        Up(node);
        Down(node);
    }

    /// <summary>Takes a node out, if it is in.</summary>
    public void Remove(Node node)
    {
        if (!node.IsIn)
            return;
        Node last = _nodes[--Count]!;
        _nodes[Count] = null;
        if (last != node)
        {
            last.Index = node.Index;
            Up(last);
            Down(last);
        }
        node.Index = -1;
    }

    private void Up(Node node)
    {
        int at = node.Index;
        while (at > 0 && node.IsBefore(_nodes[(at - 1) / 2]!))
        {
            Place(_nodes[(at - 1) / 2]!, at);
            at = (at - 1) / 2;
        }
        Place(node, at);
    }

    private void Down(Node node)
    {
        int at = node.Index;
        for (int child; (child = at * 2 + 1) < Count; at = child)
        {
            if (child + 1 < Count && _nodes[child + 1]!.IsBefore(_nodes[child]!))
                child++;
            if (!_nodes[child]!.IsBefore(node))
                break;
            Place(_nodes[child]!, at);
        }
        Place(node, at);
    }

    private void Place(Node node, int at)
    {
        _nodes[at] = node;
        node.Index = at;
        Moves++;
    }
}
