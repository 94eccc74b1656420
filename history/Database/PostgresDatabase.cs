using System.Data.Common;
using System.Globalization;
using System.Security.Authentication;
using System.Security.Cryptography;
using Npgsql;
using PostfixNet.Sql;

namespace PostfixNet.History;

/// <summary>A server, PostgreSQL; the one place that knows it.</summary>
internal sealed class PostgresDatabase : IDatabase
{
    /// <summary>Schema of the tables, unless the setting names one ("Search Path").</summary>
    internal const string DefaultSchema = "postfix_history";

    private const int LockTries = 20, LockPauseMilliseconds = 100;
    private const int SecondsToConnect = 10, SecondsOfCommand = 30;

    // Any number: who has its lock is the one that writes into this database and schema.
    private const long Lock = 0x706F_7374_6669_78;

    private readonly NpgsqlDataSource _source;
    private readonly string _schema;

    /// <param name="settings">As Npgsql reads them; checked.</param>
    internal PostgresDatabase(NpgsqlConnectionStringBuilder settings)
    {
        _schema = settings.SearchPath ?? DefaultSchema;
        NpgsqlSlimDataSourceBuilder builder = new(settings.ConnectionString);
        builder.ConnectionStringBuilder.SearchPath = _schema;
        builder.ConnectionStringBuilder.Pooling = false;
        builder.ConnectionStringBuilder.Timeout = SecondsToConnect;
        builder.ConnectionStringBuilder.CommandTimeout = SecondsOfCommand;
        builder.ConnectionStringBuilder.ApplicationName ??= "postfix.net history";
        builder.EnableTransportSecurity();
        _source = builder.Build();
    }

    /// <summary>Reads the setting.</summary>
    /// <exception cref="FormatException">It is not one, or holds a secret.</exception>
    internal static NpgsqlConnectionStringBuilder Parse(string text)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception e) when (e is ArgumentException or KeyNotFoundException or FormatException)
        {
            throw new FormatException($"{e.Message.Split(" (Parameter")[0].TrimEnd('.')}; give e.g. \"Host=/run/postgresql;Database=mail;Username=postfix\"", e);
        }
        if (settings.Password is not null || settings.SslPassword is not null)
            throw new FormatException("everybody may read it, so it must not have a password: put that into a file for mail_owner alone, and give \"Passfile=/path\"");
        if (settings.SearchPath?.Contains(',', StringComparison.Ordinal) == true)
            throw new FormatException("\"Search Path\" is not accepted; give one schema, in which the tables are to be");
        if (string.IsNullOrEmpty(settings.Host))
            throw new FormatException("\"Host\" is missing; give e.g. \"Host=/run/postgresql;Database=mail;Username=postfix\"");
        return settings;
    }

    public string Integer => "BIGINT";

    public string KeyedTable => "";

    public DbConnection Connect(bool toWrite, TimeSpan? limit = null)
    {
        NpgsqlConnection connection = Open();
        try
        {
            if (toWrite)
                Prepare(connection);
            else
                OnlyAsk(connection, limit);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private NpgsqlConnection Open()
    {
        try
        {
            return _source.OpenConnection();
        }
        catch (FormatException e)
        {
            // Its words may be a line of the file.
            throw new DatabaseException(DatabaseTrouble.Unavailable, "a line of \"Passfile\" is not \"host:port:database:user:password\"", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or CryptographicException or AuthenticationException)
        {
            // A file that the settings name.
            throw new DatabaseException(DatabaseTrouble.Unavailable, e.Message, e);
        }
    }

    private static void OnlyAsk(NpgsqlConnection connection, TimeSpan? limit)
    {
        using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"SET default_transaction_read_only = on; SET statement_timeout = {(long)(limit?.TotalMilliseconds ?? 0)}");
        _ = command.ExecuteNonQuery();
    }

    private void Prepare(NpgsqlConnection connection)
    {
        using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT pg_try_advisory_lock({Lock.ToString(CultureInfo.InvariantCulture)} + hashtext(@schema))";
        command.Parameters.AddWithValue("schema", _schema);
        // The server may not have noticed yet that the connection before this one is gone.
        for (int i = 0; command.ExecuteScalar() is not true && i < LockTries; i++)
            Thread.Sleep(LockPauseMilliseconds);
        if (command.ExecuteScalar() is not true)
            throw new DatabaseException(DatabaseTrouble.Unavailable, $"another mail system writes into schema {_schema} of this database: give each its own, by \"Search Path\"");
        command.Parameters.Clear();
        // What was lost with the server is read again.
        command.CommandText = $"CREATE SCHEMA IF NOT EXISTS \"{_schema.Replace("\"", "\"\"", StringComparison.Ordinal)}\"; SET synchronous_commit = off; SET client_min_messages = warning";
        _ = command.ExecuteNonQuery();
    }

    // What is in the tables: files of a server do not become smaller when rows are removed.
    public long UsedBytes(DbConnection connection)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM messages";
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    public void Shrink(DbConnection connection)
    {
    }

    public void Interrupt(DbConnection connection)
    {
    }

    // Class 22: data; class 23: constraints.
    public DatabaseTrouble TroubleOf(DbException error) =>
        error.SqlState is ['2', '2' or '3', ..] ? DatabaseTrouble.BadValue : DatabaseTrouble.Unavailable;

    public string? SetAside() => null;

    public void Dispose() => _source.Dispose();
}
