/** Who takes slots: as which role and in which database, where all its connections share one. */
type Taker = { role: string | null; database: string | null; slots_most: number };

type Limited = {
  datname: string | null;
  usename: string | null;
  datconnlimit?: number | null;
  rolconnlimit?: number | null;
};

/** The limit of a role or database that its pools come closest to; null: none is known. */
export type PoolLimit = {
  limit_of: 'role' | 'database' | null;
  limit_name: string | null;
  limit: number | null;
  limit_most: number | null;
};

const none: PoolLimit = { limit_of: null, limit_name: null, limit: null, limit_most: null };

/**
 * Adds to each row the limit (rolconnlimit, datconnlimit) that all pools of its role or database share, with what these
 * pools may open together. Limits are known of roles and databases that are connected.
 */
export function withLimits<Row extends Taker>(
  rows: Row[],
  connections: readonly Limited[],
): (Omit<Row, 'role' | 'database'> & PoolLimit)[] {
  const limits = new Map<string, number>();
  for (const { usename, rolconnlimit, datname, datconnlimit } of connections) {
    if (usename !== null && typeof rolconnlimit === 'number') limits.set(`role ${usename}`, rolconnlimit);
    if (datname !== null && typeof datconnlimit === 'number') limits.set(`database ${datname}`, datconnlimit);
  }
  const found = (['role', 'database'] as const).flatMap((of) =>
    [...new Set(rows.flatMap((row) => row[of] ?? []))].flatMap((name) => {
      const limit = limits.get(`${of} ${name}`);
      const most = rows.filter((row) => row[of] === name).reduce((sum, { slots_most }) => sum + slots_most, 0);
      return limit === undefined ? [] : [{ limit_of: of, limit_name: name, limit, limit_most: most }];
    }),
  );
  return rows.map(({ role, database, ...row }) => {
    const theirs = found.filter(({ limit_of, limit_name }) => limit_name === { role, database }[limit_of]);
    const [nearest] = theirs.sort((a, b) => b.limit_most - b.limit - (a.limit_most - a.limit));
    return { ...row, ...(nearest ?? none) };
  });
}
