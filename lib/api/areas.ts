/** A part of the API as it is listed. */
export type Area = { name: string; description: string; paths: RegExp };

const belowServer = (names: string) => new RegExp(`^/api/servers/\\{server\\}/(${names})(/|$)`);

/** The parts of the API, in the order in which they are listed. */
export const areas: Area[] = [
  {
    name: 'Health',
    description: 'Whether pgdeck answers, and how its own connections and caches are.',
    paths: /^\/api\/health(\/|$)|^\/metrics$/,
  },
  {
    name: 'Servers',
    description: 'What is watched, and what is known of it now.',
    paths: new RegExp(
      `^/api/(servers$|performance/)|${belowServer('\\{topic\\}|findings|table|definition|settings|rights|reveal').source}`,
    ),
  },
  {
    name: 'History',
    description: 'What was: charts, comparisons, kept moments, changes and what pgdeck cost.',
    paths: new RegExp(`^/api/(history|annotations)$|${belowServer('series|top|compare|moments|changes|cost').source}`),
  },
  {
    name: 'Actions',
    description: 'What can be done: preview first, then run exactly that; each run is verified and audited.',
    paths: new RegExp(`^/api/(actions|runs)(/|$)|${belowServer('actions|ddl|schedules').source}`),
  },
  {
    name: 'Access',
    description: 'Who one is, signing in and out, and who did what.',
    paths: /^\/api\/(session|oidc|embed|audit)(\/|$)/,
  },
  { name: 'Description', description: 'This description.', paths: /^\/api\/openapi\.json$/ },
];

/** The area of a path; throws where nobody thought of one. */
export function areaOf(path: string): Area {
  const area = areas.find(({ paths }) => paths.test(path));
  if (!area) throw new Error(`${path} is in no area of lib/api/areas.ts.`);
  return area;
}
