using System.Data;
using System.Data.Common;
using System.Globalization;

namespace PostfixNet.Sql;

/// <summary>A prepared statement, whose parameters are @p0, @p1 ...</summary>
public sealed class Statement : IDisposable
{
    private readonly DbCommand _command;

    /// <param name="types">A letter for each parameter, for which a server prepares it: 't', text; 'n', a whole number.</param>
    public Statement(DbConnection connection, string sql, string types = "")
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
        for (int i = 0; i < types.Length; i++)
        {
            DbParameter parameter = _command.CreateParameter();
            parameter.ParameterName = string.Create(CultureInfo.InvariantCulture, $"@p{i}");
            parameter.DbType = types[i] == 'n' ? DbType.Int64 : DbType.String;
            _command.Parameters.Add(parameter);
        }
        if (types.Length > 0)
            _command.Prepare();
    }

    /// <summary>Does it.</summary>
    /// <returns>Rows that were changed.</returns>
    public int Run(params ReadOnlySpan<object?> values)
    {
        Give(values);
        return _command.ExecuteNonQuery();
    }

    /// <summary>Asks.</summary>
    public DbDataReader Read(params ReadOnlySpan<object?> values)
    {
        Give(values);
        return _command.ExecuteReader();
    }

    /// <summary>Asks for one value.</summary>
    public object? Value(params ReadOnlySpan<object?> values)
    {
        Give(values);
        return _command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    private void Give(ReadOnlySpan<object?> values)
    {
        for (int i = 0; i < values.Length; i++)
            _command.Parameters[i].Value = values[i] ?? DBNull.Value;
    }

    /// <inheritdoc/>
    public void Dispose() => _command.Dispose();
}

/// <summary>Columns that may have no value.</summary>
public static class Columns
{
    /// <summary>Text; null: no value.</summary>
    public static string? Text(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    /// <summary>A whole number; null: no value.</summary>
    public static long? Number(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}
