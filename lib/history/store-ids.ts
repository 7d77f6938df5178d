type Run = <Row = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Row[]>;

/**
 * The number under which the store keeps a server: by its id and its cluster, so that another cluster under the same id
 * begins anew. Where the cluster is not known (empty), it is the one that was there last; where one becomes known, what
 * was kept without is its.
 */
export async function serverIdOf(run: Run, id: string, cluster: string, now: number): Promise<number> {
  const find = async () => {
    const rows = await run<{ server_id: number; system_identifier: string }>(
      `select /* pgdeck:store */ s.server_id, s.system_identifier from pgdeck.server as s
where s.id = $1 order by s.first_seen desc, s.server_id desc`,
      [id],
    );
    const own = rows.find((row) => row.system_identifier === cluster);
    return own ?? (cluster === '' ? rows[0] : rows.find((row) => row.system_identifier === ''));
  };
  let found = await find();
  if (!found) {
    await run(
      `insert /* pgdeck:store */ into pgdeck.server (id, system_identifier, first_seen) values ($1, $2, $3::timestamptz)
on conflict (id, system_identifier) do nothing`,
      [id, cluster, new Date(now).toISOString()],
    );
    found = await find();
  } else if (cluster !== '' && found.system_identifier === '')
    await run(
      "update /* pgdeck:store */ pgdeck.server set system_identifier = $2 where server_id = $1 and system_identifier = ''",
      [found.server_id, cluster],
    );
  if (!found) throw new Error(`the history store has no server ${id}`);
  return found.server_id;
}

/** Where each figure stands in the arrays of the metric tables, by `<series>.<column>`; places are only ever added. */
export class MetricPlaces {
  #places = new Map<string, number>();

  /** Learns the places of figures; any number of processes may do it at once. */
  async learn(run: Run, names: Iterable<string>): Promise<void> {
    const wanted = [...names];
    for (let attempt = 0; attempt < 5; attempt++) {
      const missing = wanted.filter((name) => !this.#places.has(name));
      if (missing.length === 0) return;
      const rows = await run<{ idx: number; name: string }>(
        'select /* pgdeck:store */ m.idx, m.name from pgdeck.metric as m',
      );
      for (const { idx, name } of rows) this.#places.set(name, idx);
      let next = Math.max(0, ...this.#places.values()) + 1;
      for (const name of missing)
        if (!this.#places.has(name))
          await run('insert /* pgdeck:store */ into pgdeck.metric (idx, name) values ($1, $2) on conflict do nothing', [
            next++,
            name,
          ]);
    }
    throw new Error('the history store has no place for every figure');
  }

  /** Figures as the text of an array, each at its place. */
  array(figures: Map<string, number>): string {
    const values: (string | number)[] = [];
    for (const [name, value] of figures) values[(this.#places.get(name) ?? 1) - 1] = Number(value.toPrecision(7));
    return `{${Array.from(values, (value) => value ?? 'NULL').join(',')}}`;
  }

  /** Forgets everything: the store may be another one. */
  clear(): void {
    this.#places.clear();
  }
}
