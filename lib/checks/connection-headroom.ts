import { exact, percent, plural } from '@/lib/format';
import type { Row } from '@/lib/topics/index';
import type { Check, Draft, FindingObject } from './check';
import { isNotJudged, rowsOf } from './check';

type Connection = Row<'connections'>;

const total = (rows: Connection[]) => rows.reduce((sum, row) => sum + row.connections, 0);

/** Whether applications can still connect: against max_connections less the reserved slots, and the limits of databases and roles. */
export const connectionHeadroom: Check = {
  id: 'connection-headroom',
  title: 'Connection headroom',
  topics: ['connections'],
  wholeServer: true,
  judge: (input) => {
    const seen = rowsOf(input, 'connections');
    if (isNotJudged(seen)) return seen;
    const { rows } = seen;
    const ceiling = rows[0]?.ceiling ?? 0;
    const { connectionsWarning, connectionsCritical } = input.limits;

    const judgeAgainst = (
      group: Connection[],
      limit: number,
      subject: (taken: number) => string,
      object: FindingObject,
    ): Draft[] => {
      const taken = total(group);
      const share = limit > 0 ? taken / limit : 1;
      if (share < connectionsWarning) return [];
      const critical = share >= connectionsCritical;
      return [
        {
          severity: critical ? 'critical' : 'warning',
          title: `${subject(taken)} (${percent(share)}).`,
          detail: `${mostOf(group)}${critical ? `Critical from ${percent(connectionsCritical)}` : `Warning from ${percent(connectionsWarning)}`}.`,
          evidence: [
            { name: 'connections', value: taken, unit: 'count', limit },
            { name: 'share', value: share, unit: 'ratio', limit: critical ? connectionsCritical : connectionsWarning },
          ],
          confidence: 'high',
          object,
          key: `${object.kind}:${object.name ?? ''}`,
        },
      ];
    };

    const findings = judgeAgainst(
      rows,
      ceiling,
      (taken) => `${exact(taken)} of ${exact(ceiling)} connections for applications are taken`,
      { kind: 'server', database: null, schema: null, name: null },
    );
    for (const [datname, group] of groupBy(rows, 'datname'))
      findings.push(
        ...judgeAgainst(
          group,
          group[0]?.datconnlimit ?? Number.POSITIVE_INFINITY,
          (taken) =>
            `${exact(taken)} of ${exact(group[0]?.datconnlimit ?? 0)} connections that database ${datname} allows are taken`,
          { kind: 'database', database: datname, schema: null, name: datname },
        ),
      );
    for (const [usename, group] of groupBy(rows, 'usename'))
      findings.push(
        ...judgeAgainst(
          group,
          group[0]?.rolconnlimit ?? Number.POSITIVE_INFINITY,
          (taken) =>
            `${exact(taken)} of ${exact(group[0]?.rolconnlimit ?? 0)} connections that role ${usename} may have are taken`,
          { kind: 'role', database: null, schema: null, name: usename },
        ),
      );
    return {
      findings,
      sentence: `${exact(total(rows))} of ${exact(ceiling)} connections for applications are taken (${percent(total(rows) / Math.max(1, ceiling))})`,
    };
  },
};

function groupBy(rows: Connection[], column: 'datname' | 'usename'): Map<string, Connection[]> {
  const groups = new Map<string, Connection[]>();
  for (const row of rows) {
    const name = row[column];
    if (name !== null) groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return groups;
}

/** Who has most of them, and how many do nothing, as sentences. */
function mostOf(rows: Connection[]): string {
  const byApplication = new Map<string, number>();
  for (const row of rows) {
    const name = row.application_name || row.usename || 'unnamed';
    byApplication.set(name, (byApplication.get(name) ?? 0) + row.connections);
  }
  const [top] = [...byApplication].sort((a, b) => b[1] - a[1]);
  const idle = total(rows.filter((row) => row.state === 'idle'));
  const parts = [
    top && top[1] * 2 >= total(rows) && `${exact(top[1])} of them are those of ${top[0]}.`,
    idle > 0 && `${plural(idle, 'is', 'are')} idle.`,
  ].filter(Boolean);
  return parts.length > 0 ? `${parts.join(' ')} ` : '';
}
